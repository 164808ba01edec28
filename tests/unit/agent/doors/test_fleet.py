"""Commands find the port that has the point."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from agent.domain.effects import Relock, Show, ShowAtDoor, Shown, Unlock
from agent.doors.fleet import Fleet
from agent.doors.wiring import ReaderPlace, Wiring
from drivers.contract import (
    Ability,
    CardRead,
    Command,
    Emit,
    Event,
    Failed,
    Indicate,
    InputChanged,
    InputState,
    Lock,
    Release,
    Signal,
    Why,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

WIRING = Wiring(
    readers={"in": ReaderPlace("lobby", "in", ("H10301",)), "out": ReaderPlace("lobby", "out", ("H10301",))},
    locks={"lobby": "lock", "garage": "nowhere"},
    contacts={"contact": "lobby"},
    exits={},
)


@dataclass
class Port:
    """A port that notes what it is asked: the whole of the contract, with no hardware."""

    name: str
    devices: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    asked: list[Command] = field(default_factory=list)
    stopped: bool = False
    emit: Emit | None = None

    @property
    def abilities(self) -> frozenset[Ability]:
        return frozenset(Ability)

    def start(self, emit: Emit) -> None:
        self.emit = emit

    def do(self, command: Command) -> None:
        self.asked.append(command)

    def stop(self, within_s: float) -> None:
        self.stopped = within_s > 0

    def device_of(self, point: str) -> str | None:
        return self.name if point in (*self.outputs, *self.inputs) else None

    def line_health(self) -> Mapping[str, int | float | str]:
        return {"polls": 3}


@pytest.fixture
def ports() -> tuple[Port, Port]:
    return Port("line", readers=("in", "out")), Port("relays", outputs=("lock",))


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def fleet(ports: tuple[Port, Port], told: list[Event]) -> Fleet:
    made = Fleet([(port, port) for port in ports], WIRING, lambda: 9.0)
    made.start(told.append)
    return made


def test_a_release_goes_to_the_port_of_the_lock(fleet: Fleet, ports: tuple[Port, Port]) -> None:
    fleet.act(Unlock(5, "lobby", 4.0, 12.0))
    fleet.act(Relock(6, "lobby"))

    assert ports[1].asked == [Release(5, "lock", 4.0, 12.0), Lock(6, "lock")]
    assert ports[0].asked == []


def test_a_signal_goes_to_one_reader_or_to_all_of_a_door(fleet: Fleet, ports: tuple[Port, Port]) -> None:
    fleet.act(Show("in", Shown.GRANTED))
    fleet.act(ShowAtDoor("lobby", Shown.WARNING))

    shown = [(each.reader, each.signal) for each in ports[0].asked if isinstance(each, Indicate)]
    assert shown == [("in", Signal.GRANTED), ("in", Signal.WARNING), ("out", Signal.WARNING)]
    numbers = [each.id for each in ports[0].asked]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < 0


def test_a_lock_on_no_port_is_answered_all_the_same(fleet: Fleet, told: list[Event]) -> None:
    fleet.act(Unlock(5, "garage", 4.0, 12.0))

    assert told == [Failed(5, Why.UNKNOWN_POINT, "no port has it", 9.0)]


def test_every_port_is_stopped_and_can_tell_its_health(fleet: Fleet, ports: tuple[Port, Port]) -> None:
    assert fleet.health() == {"line": {"polls": 3}, "relays": {"polls": 3}}

    fleet.stop(1.0)

    assert all(port.stopped for port in ports)


@dataclass
class HangingPort(Port):
    """A port that is not through with its end before another one has ended."""

    other: threading.Event = field(default_factory=threading.Event)
    in_time: bool = False

    def stop(self, within_s: float) -> None:
        self.in_time = self.other.wait(within_s)


@dataclass
class QuickPort(Port):
    """A port that ends at once."""

    ended: threading.Event = field(default_factory=threading.Event)

    def stop(self, within_s: float) -> None:
        assert within_s > 0
        self.ended.set()


def test_a_port_that_hangs_keeps_no_other_lock_free() -> None:
    quick = QuickPort("quick")
    hanging = HangingPort("hanging", other=quick.ended)
    Fleet([(port, port) for port in (hanging, quick)], WIRING, lambda: 9.0).stop(2.0)
    assert hanging.in_time


@dataclass
class AttentivePort(Port):
    """A port that asks its readers by turns."""

    expected: list[str] = field(default_factory=list)

    def attend(self, reader: str) -> None:
        self.expected.append(reader)


def test_a_door_that_opens_draws_attention_to_its_readers_wherever_its_contact_hangs() -> None:
    line, other = AttentivePort("line", readers=("in",)), Port("spoken", readers=("out",))
    relays = Port("relays", inputs=("contact",))
    fleet = Fleet([(port, port) for port in (line, other, relays)], WIRING, lambda: 9.0)
    fleet.see(InputChanged("contact", InputState.ACTIVE, 0.0))
    assert line.expected == ["in"]
    for event in (
        InputChanged("contact", InputState.INACTIVE, 0.0),
        InputChanged("fire", InputState.ACTIVE, 0.0),
        CardRead("in", "0", 0.0),
    ):
        fleet.see(event)
    assert line.expected == ["in"]
