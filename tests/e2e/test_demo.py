"""`menshen demo`, as a newcomer and as a machine run it: whole processes, both brokers, and every way out."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from agent.clock import SystemClock
from agent.demo.people import RESIDENTS, bits_of, number_of
from agent.errors import EX_DATAERR, EX_USAGE
from tests.peers.log_watch import LogWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN_S = 90.0
"""For a story of 10 seconds (20 with amqtt) on a box that others use too."""
AS_AT_A_TERMINAL = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from agent.cli.app import main
sys.exit(main())
"""
"""Whoever runs the tests in the background has them ignore ^C, and what they start inherits that."""
DEMO = (sys.executable, "-c", AS_AT_A_TERMINAL, "demo")

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def either_first(one: str, other: str) -> str:
    """Return what finds both lines, which two threads may tell in either order."""
    return rf"(?s:{one}.*?{other}|{other}.*?{one})"


STORY = (
    r"1 A resident's card opens the lobby",
    either_first(r"relay +lobby: lock driven for 3 s", r"centre +#\d+ lobby: entry granted · person p-"),
    r"✓ \d+ ms from the card to the lock",
    r"2 An unknown card stays outside",
    r"centre +#\d+ lobby: entry denied · unknown_credential: ",
    r"✓ the lock was not touched",
    r"3 A phone opens by a signed command",
    r"phone +is told “opened” after \d+ ms",
    r"✓ \d+ ms from the phone",
    r"4 The office revokes a card",
    r"office +revokes card B02: revision \d+",
    r"office +signed receipt: revision \d+ is enforced at (lobby|garage), \d+ ms after it was published",
    r"centre +#\d+ lobby: entry denied · revoked: ",
    r"✓ proved by 2 doors, \d+ ms after publishing",
    r"5 The broker goes away",
    r"relay +lobby: lock driven for 3 s",
    r"relay +garage: lock driven for 3 s",
    r"broker +comes back",
    r"centre +#\d+ lobby: entry granted .* marked historical",
    r"centre +#\d+ garage: entry granted .* marked historical",
    r"✓ \d+ events \(#\d+ to #\d+\) in order, none missing",
    r"6 The way out never waits",
    r"centre +#\d+ FIRE",
    r"✓ exit button \d+ ms, fire release of both doors \d+ ms",
    r"All 6 steps happened",
)
"""What the output says, in this order."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Give the demo's temporary folder; at the end it is empty, and no process has a file in it."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []
    assert processes_of(folder) == []


def processes_of(folder: Path) -> list[str]:
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = line.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended
            continue
        if str(folder) in said:
            found.append(said)
    return found


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(home), "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def demo(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *args],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
def test_the_story_happens_without_a_person(home: Path, broker: str) -> None:
    done = demo(home, "--headless", "--seconds", "60", "--broker", broker)
    assert (done.returncode, done.stderr) == (0, "")
    at = 0
    for line in (rf"broker +{broker} listens on 127\.0\.0\.1:\d+", *STORY):
        found = re.compile(line).search(done.stdout, at)
        assert found is not None, f"no {line!r} after {done.stdout[:at]!r}, but {done.stdout[at:]}"
        at = found.end()
    assert "\x1b" not in done.stdout
    assert "menshen>" not in done.stdout
    watch = LogWatch()
    for card, resident in RESIDENTS.items():
        watch.forbid(resident.name, resident.number, resident.home, str(number_of(card)), bits_of(card))
    assert not watch.leaks(done.stdout)


def test_time_that_is_over_says_where_it_was_and_is_a_failure(home: Path) -> None:
    done = demo(home, "--headless", "--seconds", "3", "--broker", "mosquitto")
    assert done.returncode == 1
    assert re.search(r"(step \d \(\w+\)|the demo did not come up): 3 seconds are over", done.stderr)
    assert "All 6 steps happened" not in done.stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--seconds", "0"), EX_DATAERR),
        (("--seconds", "nan"), EX_DATAERR),
        (("--seconds", "soon"), EX_USAGE),
        (("--broker", "carrier-pigeon"), EX_USAGE),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_starts(
    home: Path, args: tuple[str, ...], code: int
) -> None:
    done = demo(home, "--headless", *args)
    assert done.returncode == code
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("number", "when", "code"),
    [
        (signal.SIGINT, "starts the building", 130),
        (signal.SIGINT, "2 An unknown card", 130),
        (signal.SIGTERM, "holds card A17", 128 + signal.SIGTERM),
    ],
)
def test_whenever_it_is_ended_nothing_is_left(home: Path, number: int, when: str, code: int) -> None:
    process = subprocess.Popen(
        [*DEMO, "--headless", "--broker", "mosquitto"],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if when in line:
                process.send_signal(number)
                break
        rest, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == code
    assert "Every process is stopped" in rest


def test_a_reader_that_goes_away_ends_it(home: Path) -> None:
    process = subprocess.Popen(
        [*DEMO, "--headless", "--broker", "mosquitto"],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.wait(WITHIN_S)
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 128 + signal.SIGHUP


class Person:
    """Somebody at a terminal: reads what is shown, and types."""

    def __init__(self, home: Path, *args: str) -> None:
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, 160))
        self.process = subprocess.Popen(
            [*DEMO, *args], env=environment(home), stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self._bytes = b""
        self.shown = ""
        self._clock = SystemClock()
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(WITHIN_S)
        os.close(self._ours)

    def sees(self, *patterns: str) -> None:
        """Wait until what was not seen before holds all of `patterns`, in any order."""
        until = self._clock.monotonic() + WITHIN_S
        ends = []
        for pattern in patterns:
            while (found := re.compile(pattern).search(self.shown, self._read)) is None:
                assert self._clock.monotonic() < until, f"no {pattern!r} in {self.shown[self._read :]!r}"
                assert self._more(), f"it ended: {self.shown[self._read :]!r}"
            ends.append(found.end())
        self._read = max(ends)

    def types(self, line: str) -> None:
        os.write(self._ours, line.encode())

    def leaves(self) -> int:
        """Read to the end, and return the exit code."""
        while self._more():
            pass
        return self.process.wait(WITHIN_S)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], 1.0)
        if not ready:
            return True
        try:
            data = os.read(self._ours, 4096)
        except OSError:  # the far side has closed
            return False
        self._bytes += data
        self.shown = COLOURS.sub("", self._bytes.decode(errors="replace"))
        return bool(data)


PLAY = (
    ("card A17\n", ["lobby: lock driven for 3 s", "lobby: entry granted"]),
    ("revoke A17\n", [r"signed receipt: revision 10 is enforced", r"signed receipt: revision 10"]),
    ("card A17\n", ["lobby: entry denied · revoked"]),
    ("card A99\n", [r"which card\? A17, B02, C05, stranger"]),
    ("phone garage\n", ["is told “opened”"]),
    ("hold lobby\n", ["lobby: mode held", "lobby: lock driven", "is told “done”"]),
    ("lock\n", ["lobby: mode locked"]),
    ("card C05\n", ["door_locked: the door is locked down"]),
    ("normal lobby\n", ["lobby: mode normal"]),
    ("cut\n", ["broker.*goes away"]),
    ("phone\n", ["the broker is away"]),
    ("card C05\n", ["lobby: lock driven"]),
    ("issue A17\n", ["it is pushed when the broker is back"]),
    ("restore\n", ["lobby: entry granted .*marked historical"]),
    ("card A17\n", ["lobby: entry granted"]),
    ("exit\n", ["lobby: opened from inside"]),
    ("fire\n", ["#[0-9]+ FIRE"]),
    ("fire\n", ["fire over"]),
    ("status\n", [r"roster +revision 11", "broker +online"]),
    ("hel\t\n", ["stop everything and leave"]),
)


def test_a_person_plays_and_quits(home: Path) -> None:
    with Person(home, "--broker", "mosquitto") as person:
        person.sees("All 6 steps happened", "Your turn")
        for typed, seen in PLAY:
            person.sees("menshen> ")
            person.types(typed)
            person.sees(*seen)
        person.sees("menshen> ")
        person.types("card C05\n")
        person.sees("menshen> ")
        person.types("sta")  # and while somebody thinks, the door moves
        person.sees(r"lock let go|door (opened|closed)")
        person.sees("menshen> sta")
        person.types("tus\n")
        person.sees("broker +online")
        person.sees("menshen> ")
        person.types("quit\n")
        person.sees("Every process is stopped")
        assert person.leaves() == 0
        assert "Traceback" not in person.shown
