from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivers.modbus.find import FoundBoard, find_boards
from drivers.ports import PortError
from drivers.simulator.relay_board import RelayBoard
from tests.peers.hand_wire import HandWire

if TYPE_CHECKING:
    from tests.peers.hand_clock import HandClock


def find(
    clock: HandClock, boards: list[RelayBoard], right_baud: int = 9600, right_parity: str = "none"
) -> tuple[list[FoundBoard], list[HandWire]]:
    wires: list[HandWire] = []

    def open_wire(baud: int, parity: str) -> HandWire:
        wires.append(HandWire(clock, boards if (baud, parity) == (right_baud, right_parity) else []))
        return wires[-1]

    found = find_boards(open_wire, clock.monotonic, bauds=(115200, 9600), addresses=range(1, 8))
    return list(found), wires


def test_a_board_is_found_at_its_speed_and_address_with_its_family(clock: HandClock) -> None:
    found, wires = find(clock, [RelayBoard(clock.monotonic, address=5, outputs=8, inputs=4)])
    assert found == [FoundBoard(5, 9600, "none", ("waveshare",), 8, 4, "2.00")]
    assert all(wire.closed for wire in wires)


def test_a_board_with_a_parity_is_found_after_every_speed_without_one(clock: HandClock) -> None:
    (board,), wires = find(clock, [RelayBoard(clock.monotonic, address=5)], 115200, "even")
    assert (board.baud, board.parity) == (115200, "even")
    assert len(wires) == 6  # two speeds, three parities


def test_a_parity_that_the_port_cannot_do_is_passed_over(clock: HandClock) -> None:
    def open_wire(_baud: int, parity: str) -> HandWire:
        if parity != "none":
            raise PortError("invalid argument")
        return HandWire(clock, [])

    assert list(find_boards(open_wire, clock.monotonic, bauds=(9600,), addresses=(1,))) == []


def test_a_port_that_goes_meanwhile_is_an_error(clock: HandClock) -> None:
    opened: list[str] = []

    def open_wire(_baud: int, parity: str) -> HandWire:
        opened.append(parity)
        if len(opened) > 1:
            raise PortError("gone")
        return HandWire(clock, [])

    with pytest.raises(PortError, match="gone"):
        list(find_boards(open_wire, clock.monotonic, bauds=(9600,), addresses=(1,)))


def test_nothing_more_is_opened_once_every_address_is_found(clock: HandClock) -> None:
    found, wires = find(clock, [RelayBoard(clock.monotonic, address=each) for each in range(1, 8)], 115200)
    assert (len(found), len(wires)) == (7, 1)


@pytest.mark.parametrize(
    ("family", "families", "inputs", "version"),
    [
        ("waveshare", ("waveshare",), 4, "2.00"),
        ("wirenboard", ("wirenboard",), 4, "WBMR6C"),
        ("eletechsup", ("eletechsup",), 4, None),
        ("zlan", ("zlan",), 4, None),
        ("juying", (), 4, None),  # the simulated board has not the register that tells a real one
    ],
)
def test_a_family_is_told_only_where_something_tells_it(
    clock: HandClock, family: str, families: tuple[str, ...], inputs: int | None, version: str | None
) -> None:
    (board,), _ = find(clock, [RelayBoard(clock.monotonic, address=2, family=family, inputs=4)])
    assert (board.families, board.outputs, board.inputs) == (families, 8, inputs)
    assert board.version == version


def test_looking_writes_nothing(clock: HandClock) -> None:
    boards = [RelayBoard(clock.monotonic, address=each) for each in (1, 2, 3)]
    found, wires = find(clock, boards)
    assert [board.address for board in found] == [1, 2, 3]
    functions = {frame[1] for wire in wires for frame in wire.written}
    assert functions <= {1, 2, 3, 4}
    assert [board.history for board in boards] == [(), (), ()]
    assert 0 not in {frame[0] for wire in wires for frame in wire.written}
