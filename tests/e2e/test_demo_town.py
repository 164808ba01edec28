"""The demo's town from inside: what its prompt leads to, and what makes a step of its story fail."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from agent.broker import Broker, BrokerSettings
from agent.cli.app import main
from agent.clock import SystemClock
from agent.demo.broker import BrokerKind, DemoBroker
from agent.demo.building import GATEWAY, LOBBY
from agent.demo.centre import Centre
from agent.demo.child import Child
from agent.demo.feed import Feed, NotSeen, Told
from agent.demo.lines import Lines
from agent.demo.script import Step, StepFailed, TimeIsUp, phone_opens, play
from agent.demo.session import converse
from agent.demo.town import RETURN_WITHIN_S, STEP_S, Town
from agent.errors import Unavailable
from protocols.mqtt.events import backfill_body, event_text
from protocols.mqtt.payloads import Ack, Replay
from protocols.mqtt.topics import Kind, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLOCK = SystemClock()
WITHIN_S = 20.0


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town(tmp_path, CLOCK, Feed(CLOCK.monotonic), BrokerKind.MOSQUITTO) as made:
        yield made


def typed(town: Town, *commands: str) -> str:
    """Give the prompt these lines and then the end of the input; return all that was shown."""
    waiting = iter(commands)
    told: list[str] = []

    def ask() -> str:
        line = next(waiting, None)
        if line is None:
            raise EOFError
        return line

    def tell(*lines: object) -> None:
        told.extend(str(line) for line in lines)

    mark = town.feed.mark()
    converse(town, town.feed, CLOCK, ask, tell)
    lines = Lines()
    shown = [line.plain for sight in town.feed.since(mark) for line in lines.of(sight)]
    return "\n".join([*told, *shown])


def test_the_story_happens_in_this_process_and_leaves_no_thread(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--headless", "--seconds", "60", "--broker", "mosquitto"]) == 0
    said = capsys.readouterr().out
    assert "All 6 steps happened" in said
    assert said.endswith("Every process is stopped and every file of the demo is gone.\n")


def test_the_prompt_does_what_it_is_told(town: Town) -> None:
    said = typed(
        town,
        "card A17",
        "",
        "nonsense",
        "phone garage",
        "revoke A17",
        "revoke A17",
        "card A17",
        "issue A17",
        "hold",
        "lock",
        "card A17",
        "phone",
        "normal",
        "exit",
        "fire",
        "fire",
        "restore",
        "cut",
        "cut",
        "hold",
        "phone",
        "card C05 garage",
        "revoke B02",
        "restore",
        "card B02",
        "status",
        "help",
        "quit",
        "card A17",
    )
    at = 0
    for expected in (
        "  card CARD [door]",
        "roster    revision 1",
        "holds card A17 to the reader of lobby",
        "lobby: lock driven for 3 s",
        "nonsense? Type help",
        "open garage",
        "is told “opened”",
        "revokes card A17: revision 9",
        "signed receipt: revision 9 is enforced",
        "lobby: entry denied · revoked",
        "gives card A17 out again: revision 10",
        "hold lobby open",
        "is told “done”",
        "lock lobby down",
        "lobby: entry denied · door_locked",
        "is told “refused”: door_locked: the door is locked down",
        "lobby back to normal",
        "presses the exit button",
        "the fire panel asks for release",
        "the fire panel is at rest again",
        "the broker is there",
        "goes away",
        "the broker is away",
        "garage: lock driven",
        "it is pushed when the broker is back",
        "comes back",
        "marked historical",
        "signed receipt: revision 11 is enforced",
        "lobby: entry denied · revoked",
    ):
        found = said.find(expected, at)
        assert found >= 0, f"no {expected!r} in {said[at:]!r}"
        at = found + len(expected)
    assert said.count("holds card") == 5  # what stands after quit is not asked any more


def test_a_gateway_that_is_slow_to_come_back_does_not_keep_the_prompt(town: Town) -> None:
    os.kill(town._gateway.pid, signal.SIGSTOP)
    began = CLOCK.monotonic()
    try:
        said = typed(town, "cut", "revoke B02", "restore", "status")
    finally:
        os.kill(town._gateway.pid, signal.SIGCONT)
    took_s = CLOCK.monotonic() - began

    assert "not back yet" in said
    assert took_s < RETURN_WITHIN_S / 2
    town.wait(lambda _: town.proven(), since=town.feed.mark(), within_s=RETURN_WITHIN_S, what="receipts")


def test_time_that_is_over_ends_the_prompt(town: Town) -> None:
    def over() -> str:
        raise TimeIsUp("5 seconds are over")

    with pytest.raises(TimeIsUp):
        converse(town, town.feed, CLOCK, over, lambda *_: None)


def test_a_step_that_cannot_happen_fails_the_story(town: Town) -> None:
    town.cut()
    with pytest.raises(
        StepFailed, match=r"step 1 \(phone\): the broker at 127\.0\.0\.1:\d+ does not let us in"
    ):
        play([Step("phone", phone_opens)], town, town.feed, CLOCK.monotonic)


def test_a_daemon_that_ended_is_named_with_its_last_words(town: Town) -> None:
    mark = town.feed.mark()
    daemon = Child(("sh", "-c", "echo the disk is on fire"), town.building.folder / "last.log")
    daemon.start()
    before, town._gateway = town._gateway, daemon
    try:
        with pytest.raises(NotSeen, match=r"(?s)not seen.*the daemon has ended.*disk is on fire"):
            town.wait(lambda _: False, since=mark, within_s=WITHIN_S, what="anything")
    finally:
        daemon.stop()
        town._gateway = before


@pytest.mark.parametrize("kind", BrokerKind)
def test_a_broker_is_cut_and_comes_back_on_its_port(tmp_path: Path, kind: BrokerKind) -> None:
    broker = DemoBroker(tmp_path, kind)
    ups = [broker.up]
    for _ in range(2):
        broker.start()
        broker.start()  # it runs: nothing to do
        ups.append(broker.up)
        with Broker(BrokerSettings("127.0.0.1", broker.port), "somebody") as there:
            assert there.version_5 is (kind is BrokerKind.MOSQUITTO)
        broker.stop()
        ups.append(broker.up)
    broker.stop()
    assert ups == [False, True, False, True, False]


def test_a_broker_that_does_not_start_is_shown_with_its_last_words(tmp_path: Path) -> None:
    broker = DemoBroker(tmp_path, BrokerKind.MOSQUITTO)
    broker.port = 70_000
    with pytest.raises(Unavailable, match=r"mosquitto does not start: .*port"):
        broker.start()
    assert not broker.up


def test_a_program_that_there_is_not_cannot_be_started(tmp_path: Path) -> None:
    child = Child((str(tmp_path / "nothing"),), tmp_path / "log")
    with pytest.raises(Unavailable, match="cannot start"):
        child.start()
    child.stop()
    assert (child.pid, child.runs, child.last_words(100)) == (0, False, "")


def test_a_program_that_was_being_started_when_a_signal_came_is_ended_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    os.mkfifo(log)
    ends: list[bytes] = []

    def interrupt() -> None:
        with log.open("rb") as heard:  # opens when the child's output is being opened: its start is under way
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            ends.append(heard.read())  # until nobody has the other end; the program has it while it lives

    other = threading.Thread(target=interrupt)
    other.start()
    child = Child(("sleep", "600"), log)
    with pytest.raises(KeyboardInterrupt):
        child.start()
    child.stop()
    other.join(WITHIN_S)
    assert (child.pid, ends) == (0, [b""])


def test_the_centre_confirms_what_has_no_hole_and_asks_for_what_is_missing(tmp_path: Path) -> None:
    feed = Feed(CLOCK.monotonic)
    broker = DemoBroker(tmp_path, BrokerKind.MOSQUITTO)
    broker.start()
    settings = BrokerSettings("127.0.0.1", broker.port)
    centre = Centre(GATEWAY, feed, CLOCK.monotonic)
    try:
        with Broker(settings, "gateway") as gateway:
            gateway.subscribe((plain(GATEWAY, Kind.ACK), plain(GATEWAY, Kind.REPLAY), "ready"))
            gateway.publish("ready", b"")
            assert gateway.take(WITHIN_S) is not None  # it hears by now
            centre.start(settings)
            first = gateway.take(WITHIN_S)
            assert first is not None
            assert Replay.read(first.payload).from_ == 1
            for seq in (1, 4):
                gateway.publish(plain(GATEWAY, Kind.LIVE), row(seq, historical=False).encode())
            gateway.publish(plain(GATEWAY, Kind.LIVE), b"no event at all")
            confirmed, replay = gateway.take(WITHIN_S), gateway.take(WITHIN_S)
            assert confirmed is not None
            assert replay is not None
            assert Ack.read(confirmed.payload).confirmed == 1
            wanted = Replay.read(replay.payload)
            assert (wanted.from_, wanted.to) == (2, 3)
            missing = backfill_body(GATEWAY, 2, 3, [row(2, historical=True), row(3, historical=True)])
            gateway.publish(plain(GATEWAY, Kind.BACKFILL), missing)
            rest = gateway.take(WITHIN_S)
            while rest is not None and rest.topic == plain(GATEWAY, Kind.REPLAY):  # it asks until it has it
                rest = gateway.take(WITHIN_S)
            assert rest is not None
            assert Ack.read(rest.payload).confirmed == 4
    finally:
        centre.stop()
        broker.stop()
    told = [sight.what.event.seq for sight in feed.since(0) if isinstance(sight.what, Told)]
    assert told == [1, 4, 2, 3]
    assert threading.active_count() == 1


def test_the_centre_asks_for_what_was_sent_while_it_was_away(town: Town) -> None:
    """The broker takes what nobody listens to, and the gateway then knows it as sent."""
    mark = town.feed.mark()
    town._centre.stop()
    town.present("A17")
    town.driven(LOBBY, mark)
    town.feed.rest(STEP_S)
    assert not any(isinstance(sight.what, Told) for sight in town.feed.since(mark))
    town._centre.start(BrokerSettings("127.0.0.1", town.broker.port))
    assert town.event("entry.granted", mark, LOBBY, WITHIN_S).event.historical


def row(seq: int, *, historical: bool) -> str:
    return event_text(
        gateway=GATEWAY,
        seq=seq,
        at=CLOCK.utc(),
        boot_id="b",
        mono_ms=1,
        clock="synced",
        kind="door.opened",
        door=LOBBY,
        body_text="{}",
        historical=historical,
    )
