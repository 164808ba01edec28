"""`menshen bus find`, the half that looks for Modbus boards: it asks, and never writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.cli.words import say
from agent.clock import SystemClock
from drivers.modbus.find import ADDRESSES, BAUD_RATES, PARITIES, FoundBoard, find_boards
from drivers.ports import Port

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

UNKNOWN = "?"


def boards(args: argparse.Namespace, tell: Callable[[int, int], None]) -> Iterator[FoundBoard]:
    """Give the boards on `args.port`, at the speeds and addresses that were named, or the usual ones."""
    named = ADDRESSES if args.address is None else [each for each in args.address if each > 0]
    return find_boards(
        lambda baud, parity: Port(args.port, baud, parity=parity[0].upper()),
        SystemClock().monotonic,
        bauds=args.baud or BAUD_RATES,
        parities=args.parity or PARITIES,
        addresses=named,
        tell=tell,
    )


def print_board(board: FoundBoard, *, as_json: bool) -> None:
    """Print one board as a JSON object or as a line of words."""
    if as_json:
        told = {
            "ev": "board",
            "address": board.address,
            "baud": board.baud,
            "parity": board.parity,
            "families": list(board.families),
            "outputs": board.outputs,
            "inputs": board.inputs,
            "version": board.version,
        }
        print(json.dumps(told), flush=True)
        return
    words = {
        "baud": board.baud,
        "parity": "" if board.parity == PARITIES[0] else say("bus.parity", parity=board.parity),
        "address": board.address,
        "families": " / ".join(board.families) or say("bus.no_family"),
        "outputs": UNKNOWN if board.outputs is None else board.outputs,
        "inputs": UNKNOWN if board.inputs is None else board.inputs,
        "version": "" if board.version is None else say("bus.board_version", version=board.version),
    }
    print(say("bus.found_board", **words), flush=True)
