from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivers.modbus.find import FoundBoard, find_boards
from drivers.simulator.relay_board import RelayBoard
from tests.peers.hand_wire import HandWire

if TYPE_CHECKING:
    from tests.peers.hand_clock import HandClock


def find(
    clock: HandClock, boards: list[RelayBoard], right_baud: int = 9600
) -> tuple[list[FoundBoard], list[HandWire]]:
    wires: list[HandWire] = []

    def open_wire(baud: int) -> HandWire:
        wires.append(HandWire(clock, boards if baud == right_baud else []))
        return wires[-1]

    found = find_boards(open_wire, clock.monotonic, bauds=(115200, 9600), addresses=range(1, 8))
    return list(found), wires


def test_a_board_is_found_at_its_speed_and_address_with_its_family(clock: HandClock) -> None:
    found, wires = find(clock, [RelayBoard(clock.monotonic, address=5, outputs=8, inputs=4)])
    assert found == [FoundBoard(5, 9600, ("waveshare",), 8, 4, "2.00")]
    assert all(wire.closed for wire in wires)


@pytest.mark.parametrize(
    ("family", "families", "outputs"), [("wirenboard", (), 8), ("eletechsup", ("eletechsup",), None)]
)
def test_a_family_is_told_only_where_something_tells_it(
    clock: HandClock, family: str, families: tuple[str, ...], outputs: int | None
) -> None:
    (board,), _ = find(clock, [RelayBoard(clock.monotonic, address=2, family=family, inputs=0)])
    assert (board.families, board.outputs, board.inputs) == (families, outputs, None)


def test_looking_writes_nothing(clock: HandClock) -> None:
    boards = [RelayBoard(clock.monotonic, address=each) for each in (1, 2, 3)]
    found, wires = find(clock, boards)
    assert [board.address for board in found] == [1, 2, 3]
    functions = {frame[1] for wire in wires for frame in wire.written}
    assert functions <= {1, 2, 3, 4}
    assert [board.history for board in boards] == [(), (), ()]
    assert 0 not in {frame[0] for wire in wires for frame in wire.written}
