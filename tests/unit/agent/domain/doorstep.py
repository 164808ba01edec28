"""One door taken through facts with their times, for the tests of the door."""

from __future__ import annotations

from agent.domain.door import Bolt, Door, DoorFact, DoorRules, Drive, Leaf, LeafSeen, Move, Say
from agent.domain.door_step import step

RULES = DoorRules("lobby")
CLOSED = LeafSeen(Leaf.CLOSED)
OPEN = LeafSeen(Leaf.OPEN)
SHUT = Door(leaf=Leaf.CLOSED)


def run(
    door: Door, *facts: tuple[float, DoorFact], rules: DoorRules = RULES
) -> tuple[Door, list[tuple[float, Move]]]:
    """Step `door` through facts with their times; return it and its moves with theirs."""
    moves: list[tuple[float, Move]] = []
    for at, fact in facts:
        door, more = step(door, rules, fact, at)
        moves += [(at, move) for move in more]
    return door, moves


def acts(moves: list[tuple[float, Move]]) -> list[tuple[float, Move]]:
    return [(at, move) for at, move in moves if isinstance(move, Drive | Bolt)]


def kinds(moves: list[tuple[float, Move]]) -> list[str]:
    return [move.kind for _, move in moves if isinstance(move, Say)]
