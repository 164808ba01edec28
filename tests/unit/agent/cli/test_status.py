"""`menshen status` and `doctor`: the daemon's picture, and how far to believe it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent.cli.app import main
from agent.cli.diagnosis import diagnose
from agent.cli.live import Seen, look
from agent.cli.status import lines
from agent.cli.words import Language, say_in
from agent.clock import SystemClock, boot_id
from agent.doors.snapshot import (
    FILE_NAME,
    STALE_AFTER_S,
    BrokerView,
    DoorView,
    FlappingView,
    JournalView,
    PortView,
    RosterView,
    write,
)
from agent.errors import EX_SOFTWARE, EX_TEMPFAIL, EX_UNAVAILABLE, AgentError, Unavailable
from tests.peers.hand_clock import HandClock
from tests.peers.site_files import lay_out
from tests.peers.snapshots import LOBBY, READERS, SNAPSHOT

if TYPE_CHECKING:
    from pathlib import Path

    from agent.doors.snapshot import Snapshot

NO_PROCESS = 2**22 + 1  # beyond the kernel's largest process number


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def alive(**changes: object) -> Snapshot:
    """Return a picture that this very process might have written just now."""
    now = SystemClock().monotonic()
    return replace(SNAPSHOT, pid=os.getpid(), boot_id=boot_id(), written_mono_s=now, **changes)  # type: ignore[arg-type] # fields by name


def test_a_fresh_picture_is_shown_in_words_and_as_json(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(alive(), config.parent / "data")
    assert main(["status", "-c", str(config)]) == 0
    shown = capsys.readouterr().out
    for word in (
        "gw-1",
        "大堂",
        "OFFLINE lobby-out",
        "no reply",
        "tamper",
        "revision 7",
        "4 unsent",
        "expired 2",
    ):
        assert word in shown
    assert main(["status", "--json", "-c", str(config)]) == 0
    assert json.loads(capsys.readouterr().out)["roster"]["revision"] == 7


def test_a_daemon_that_is_late_is_shown_and_said_to_be_late(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = alive()
    write(replace(picture, written_mono_s=picture.written_mono_s - 60), config.parent / "data")
    assert main(["status", "-c", str(config)]) == EX_TEMPFAIL
    assert "STALE" in capsys.readouterr().err
    assert main(["doctor", "-c", str(config)]) == 1
    assert capsys.readouterr().out.startswith("1. the daemon has not written for ")


@pytest.mark.parametrize(
    "changes",
    [{"pid": NO_PROCESS}, {"boot_id": "0" * 32}, {"pid": 2**80}],
    ids=["dead", "rebooted", "absurd"],
)
def test_a_picture_of_a_daemon_that_is_gone_is_not_shown(
    config: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, object]
) -> None:
    write(replace(alive(), **changes), config.parent / "data")  # type: ignore[arg-type] # fields by name
    for group in ("status", "doctor"):
        assert main([group, "-c", str(config)]) == EX_UNAVAILABLE
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "no daemon runs" in shown.err


def test_where_no_daemon_ever_ran_that_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "-c", str(config)]) == EX_UNAVAILABLE
    assert "no daemon has run here" in capsys.readouterr().err


def test_a_file_that_is_no_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"v": 1}')
    with pytest.raises(AgentError, match="not what this version writes") as caught:
        look(tmp_path, HandClock())
    assert caught.value.exit_code == EX_SOFTWARE


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        look(tmp_path, HandClock())


def test_a_clock_that_starts_anew_makes_no_picture_from_the_future(tmp_path: Path) -> None:
    write(replace(SNAPSHOT, boot_id=boot_id(), pid=os.getpid(), written_mono_s=5000.0), tmp_path)
    assert look(tmp_path, HandClock(monotonic=4000.0)).age_s == 0.0


def test_the_bound_of_staleness_is_the_snapshots() -> None:
    assert not Seen(SNAPSHOT, STALE_AFTER_S).stale
    assert Seen(SNAPSHOT, STALE_AFTER_S + 0.1).stale


def test_what_is_rare_has_its_own_line() -> None:
    picture = replace(
        SNAPSHOT,
        fire=True,
        roster=RosterView(),
        journal=JournalView(writable=False),
        step_downs=("clear text",),
        warnings=("unplugged",),
    )
    shown = "\n".join(lines(picture))
    for word in ("FIRE", "none has come", "JOURNAL", "given up  clear text", "warning   unplugged"):
        assert word in shown


# --- doctor ---------------------------------------------------------------------------------------------

SOUND = replace(SNAPSHOT, ports=(PortView("relays", "modbus", "/dev/ttyUSB1", READERS.devices[:1]),))
SILENT, TALKING = replace(READERS.devices[1], troubles=()), READERS.devices[0]


def port(*devices: object, **line: int) -> tuple[PortView, ...]:
    return (PortView("relays", "modbus", "/dev/ttyUSB1", devices, line),)  # type: ignore[arg-type] # devices


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"fire": True, "fire_waits_for": "line"}, ["fire_line"]),
        ({"fire": True, "fire_waits_for": "acknowledgement"}, ["fire_acknowledgement"]),
        ({"journal": JournalView(writable=False)}, ["unwritable"]),
        ({"journal": JournalView(fill=0.79)}, []),
        ({"journal": JournalView(fill=0.8, hours_to_full=7.0)}, ["filling"]),
        ({"journal": JournalView(fill=0.97)}, ["filling"]),
        ({"ports": port(SILENT, SILENT)}, ["port_silent"]),
        ({"ports": port(SILENT, TALKING)}, ["device_silent"]),
        (
            {"ports": (PortView("relays", "modbus", "10.0.0.9:502", (SILENT,)),)},
            ["gateway_silent"],
        ),
        ({"ports": port(replace(SILENT, why="refuses to be read"), TALKING)}, ["device_refuses"]),
        ({"ports": port(SILENT, TALKING, **{"lobby-out.strangers": 3})}, ["device_elsewhere"]),
        ({"ports": (READERS,)}, ["device_silent", "trouble_tamper"]),
        (
            {"ports": port(replace(TALKING, troubles=("power", "clear_channel")))},
            ["trouble_power", "trouble"],
        ),
        ({"ports": port(TALKING, questions=100, timeouts=50)}, []),
        ({"ports": port(TALKING, questions=1000, timeouts=21, answers=979)}, ["replies_lost"]),
        ({"ports": port(TALKING, questions=1000, answers=1000, noise_bytes=101)}, ["noise"]),
        ({"ports": port(TALKING, **{"lobby-in.sent": 1000, "lobby-in.timeouts": 30})}, ["replies_lost"]),
        ({"ports": port(TALKING, **{"lobby-in.sent": 1000, "lobby-in.damaged": 200})}, ["noise"]),
        ({"ports": port(TALKING, **{"lobby-in.sent": 1000, "lobby-in.strangers": 1})}, ["strangers"]),
        (
            {"ports": port(TALKING, SILENT, **{"lobby-out.sent": 1000, "lobby-out.timeouts": 999})},
            ["device_silent"],
        ),
        ({"ports": port(SILENT, questions=1000, timeouts=1000)}, ["port_silent"]),
        ({"doors": (replace(LOBBY, fault="lock_found_on"),)}, ["lock_found_on"]),
        (
            {"doors": (replace(LOBBY, fault="release failed", contact="unknown"),)},
            ["door_fault", "contact_unknown"],
        ),
        ({"doors": (replace(LOBBY, alarm="forced", mode="held"),)}, ["door_forced", "door_mode"]),
        ({"doors": (replace(LOBBY, alarm="held", fault="lock_offline"),)}, ["lock_offline", "door_held"]),
        (
            {"doors": (replace(LOBBY, alarm="held_warning"), replace(LOBBY, alarm="odd"))},
            ["door_held_warning", "door_alarm"],
        ),
        ({"roster": RosterView()}, ["no_roster"]),
        ({"broker": BrokerView("offline", "centre:8883", why="refused")}, ["broker"]),
        ({"broker": BrokerView("off")}, []),
        ({"clock": "unset"}, ["clock_unset"]),
        (
            {"clock": "holdover", "warnings": ("w",), "step_downs": ("s",)},
            ["clock_holdover", "warning", "step_down"],
        ),
    ],
)
def test_each_ill_has_its_finding(changes: dict[str, object], expected: list[str]) -> None:
    found = diagnose(replace(SOUND, **changes))  # type: ignore[arg-type] # fields by name
    assert [each.key for each in found] == expected
    for each in found:
        for tongue in Language:
            assert "{" not in say_in(tongue, f"doctor.{each.key}", **each.about)


def test_what_ails_every_device_of_a_line_is_told_once_of_what_they_share() -> None:
    twin = replace(TALKING, name="yard-in")
    noisy = {"lobby-in.sent": 1000, "lobby-in.damaged": 300, "yard-in.sent": 500, "yard-in.damaged": 90}
    (found,) = diagnose(replace(SOUND, ports=port(TALKING, twin, **noisy)))
    assert (found.key, dict(found.about)) == ("noise", {"place": "relays", "stray": 390, "questions": 1500})


def test_a_port_that_goes_and_comes_back_is_told_unless_that_is_long_ago() -> None:
    plugged = replace(SOUND, started_at=SOUND.written_at - timedelta(hours=2))
    (found,) = diagnose(replace(plugged, ports=port(TALKING, port_opened=5)))
    assert (found.key, found.about["times"]) == ("port_flaps", 4)
    assert "{" not in say_in(Language.CHINESE, "doctor.port_flaps", **found.about)
    assert diagnose(replace(plugged, ports=port(TALKING, port_opened=3))) == ()
    silent = diagnose(replace(plugged, ports=port(SILENT, port_opened=5)))
    assert [each.key for each in silent] == ["port_silent"]
    long_ago = replace(SOUND, started_at=SOUND.written_at - timedelta(hours=50))
    assert diagnose(replace(long_ago, ports=port(TALKING, port_opened=5))) == ()


def test_what_ails_one_device_of_several_is_told_of_its_own_branch() -> None:
    twin = replace(TALKING, name="yard-in")
    noisy = {"lobby-in.sent": 1000, "lobby-in.damaged": 300, "yard-in.sent": 1000, "yard-in.timeouts": 30}
    found = diagnose(replace(SOUND, ports=port(TALKING, twin, **noisy)))
    assert [(each.key, each.about["place"]) for each in found] == [
        ("noise", "lobby-in"),
        ("replies_lost", "yard-in"),
    ]


def test_the_forecast_is_shown_when_there_is_something_to_forecast() -> None:
    new = replace(SOUND, journal=JournalView(events=5, fill=0.0001, hours_to_full=None))
    filling = replace(SOUND, journal=JournalView(events=5000, fill=0.5, hours_to_full=2.0))
    assert "to full" not in "\n".join(lines(new))
    assert "2 h to full" in "\n".join(lines(filling))


def test_figures_of_a_device_stand_under_it_and_zeros_are_left_out() -> None:
    line = {"opened": 1, "babble_bytes": 0, "lobby-in.sent": 7, "lobby-in.naks": 0}
    shown = list(lines(replace(SOUND, ports=(replace(SOUND.ports[0], line=line),))))
    place = next(number for number, text in enumerate(shown) if text.startswith("port "))
    assert shown[place + 1].strip() == "opened 1"
    assert shown[place + 2].startswith("  online  lobby-in")
    assert shown[place + 3].strip() == "sent 7"


def test_life_safety_comes_first() -> None:
    ill = replace(
        SOUND,
        fire=True,
        roster=RosterView(),
        ports=port(SILENT),
        doors=(DoorView("a", "locked", "open", "held"),),
    )
    assert [each.key for each in diagnose(ill)] == ["fire_line", "port_silent", "door_mode", "no_roster"]


def test_doctor_says_when_nothing_is_wrong_and_numbers_what_is(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(alive(ports=SOUND.ports), config.parent / "data")
    assert main(["doctor", "-c", str(config)]) == 0
    assert capsys.readouterr().out == "nothing is wrong that can be seen from here\n"
    write(alive(), config.parent / "data")
    assert main(["doctor", "-c", str(config)]) == 1
    assert [line[:3] for line in capsys.readouterr().out.splitlines()] == ["1. ", "2. "]
    assert main(["doctor", "--json", "-c", str(config)]) == 1
    assert json.loads(capsys.readouterr().out)[0] == {
        "finding": "device_silent",
        "device": "lobby-out",
        "port": "readers",
        "why": "no reply",
    }


@pytest.mark.parametrize(
    ("role", "key", "english", "chinese"),
    [
        ("contact", "flapping_contact", "the contact of lobby (p) changes 300 times a minute", "磁铁"),
        ("exit", "flapping_exit", "the exit button of lobby (p) is pressed 300 times a minute", "出门按钮"),
        ("fire_line", "flapping_fire_line", "stay released until it is steady", "消防联动线"),
        ("fire_key", "flapping_fire_key", "ends no release until it is steady", "钥匙开关"),
        ("device", "flapping_device", "p goes silent and comes back, 300 changes a minute", "供电"),
        ("trouble", "flapping_trouble", "p comes and goes", "时有时无"),
        ("output", "flapping_output", "the relay p of lobby is found on for nobody", "继电器"),
        ("reader", "flapping_reader", "p at lobby sends bits that are no card", "接地"),
        ("of_a_newer_version", "flapping", "p changes 300 times a minute", "接线"),
    ],
)
def test_what_flaps_is_shown_with_what_to_look_at(role: str, key: str, english: str, chinese: str) -> None:
    picture = replace(SNAPSHOT, flapping=(FlappingView("p", role, "lobby", 300),))
    assert f"FLAPPING  p  {role}  lobby  300 changes a minute, summed up in the journal" in lines(picture)
    (found,) = (finding for finding in diagnose(picture) if finding.key == key)
    assert english in say_in(Language.ENGLISH, f"doctor.{found.key}", **found.about)
    assert chinese in say_in(Language.CHINESE, f"doctor.{found.key}", **found.about)
