"""The person's turn: lines from the prompt become deeds in the town, until it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from agent.cli.live import look
from agent.cli.status import lines as status_lines
from agent.cli.words import say
from agent.demo.building import LOBBY
from agent.demo.commands import CARDS, TAKES, NotUnderstood, Takes, Verb, parse
from agent.demo.feed import Note, Phrase, Title, Told
from agent.demo.script import TimeIsUp
from agent.demo.town import drives
from agent.errors import AgentError
from protocols.tokens.command import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agent.clock import Clock
    from agent.demo.commands import Ask
    from agent.demo.feed import Feed, Sight
    from agent.demo.town import Town

DECIDED_WITHIN_S: Final = 2.0
"""How long the prompt waits for what a card leads to; after that the lines come while the person types."""
BACK_WITHIN_S: Final = 8.0
"""How long the prompt waits for the gateway after an outage. It may need a minute, and is told of then."""
USAGE_CELLS: Final = 22
DOOR_SHOWN: Final = "[door]"
MODES: Final = {Verb.HOLD: Mode.HELD, Verb.LOCK: Mode.LOCKED, Verb.NORMAL: Mode.NORMAL}


def converse(town: Town, feed: Feed, clock: Clock, ask: Callable[[], str], tell: Callable[..., None]) -> None:
    """Do what the person asks for until they quit or the input ends. Raises TimeIsUp.

    ask: gives the next line, or raises EOFError. tell: prints lines.
    """
    feed.put(Title(None, Phrase("turn"), Phrase("turn_about")))
    tell(*help_lines())
    while True:
        try:
            town.proven()  # what has come while the person typed
            asked = parse(ask())
            if asked is None:
                continue
            if asked.verb is Verb.QUIT:
                return
            _do(asked, town, feed, clock, tell)
        except EOFError:
            return
        except NotUnderstood as error:
            feed.put(Note("demo", error.phrase, good=False))
        except TimeIsUp:
            raise
        except AgentError as error:  # the broker is away, a card is revoked already: said, and on it goes
            feed.put(Note("demo", Phrase("trouble", {"why": str(error)}), good=False))


def help_lines() -> Iterator[str]:
    """Give a line for each command."""
    shown = {Takes.CARD: "CARD", Takes.RESIDENT: "CARD", Takes.DOOR: DOOR_SHOWN}
    for verb in Verb:
        usage = " ".join((verb, *(shown[takes] for takes in TAKES.get(verb, ()))))
        about = say(f"demo.help_{verb}", **({"cards": ", ".join(CARDS)} if verb is Verb.CARD else {}))
        yield f"  {usage:<{USAGE_CELLS}}{about}"


def _do(  # noqa: C901, PLR0912 - a case a command
    asked: Ask, town: Town, feed: Feed, clock: Clock, tell: Callable[..., None]
) -> None:
    match asked.verb:
        case Verb.CARD:
            mark = feed.mark()
            town.present(asked.card, asked.door)
            _follow(town, feed, mark, asked.door)
        case Verb.PHONE:
            _need_broker(town)
            mark = feed.mark()
            town.open_by_phone(asked.door)
            _follow(town, feed, mark, asked.door)
        case Verb.REVOKE:
            town.revoke(asked.card)
        case Verb.ISSUE:
            town.issue(asked.card)
        case Verb.CUT:
            _need_broker(town)
            town.cut()
        case Verb.RESTORE:
            if town.broker.up:
                raise NotUnderstood(Phrase("is_there"))
            town.restore()
            if not town.proven(BACK_WITHIN_S):
                feed.put(Note("gateway", Phrase("comes_back_later")))
        case Verb.HOLD | Verb.LOCK | Verb.NORMAL:
            _need_broker(town)
            town.set_mode(asked.door, MODES[asked.verb])
        case Verb.EXIT:
            mark = feed.mark()
            town.press_exit()
            _follow(town, feed, mark, LOBBY)
        case Verb.FIRE:
            town.ring_fire(on=not town.burns)
        case Verb.STATUS:
            tell(*status_lines(look(town.building.data_dir, clock).snapshot))
        case Verb.HELP:
            tell(*help_lines())
        case Verb.QUIT:
            pass
        case _:
            assert_never(asked.verb)


def _need_broker(town: Town) -> None:
    if not town.broker.up:
        raise NotUnderstood(Phrase("is_cut"))


def _follow(town: Town, feed: Feed, mark: int, door: str) -> None:
    """Give what was done a moment to be decided; walk through the lobby's door where it opened."""

    def decided(sight: Sight) -> bool:
        refused = isinstance(sight.what, Told) and sight.what.event.kind in {"entry.denied", "order.refused"}
        return drives(sight, door) or refused

    feed.glance(decided, since=mark, within_s=DECIDED_WITHIN_S)
    if door == LOBBY and any(drives(sight, door) for sight in feed.since(mark)):
        town.walk_through()
