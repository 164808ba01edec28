"""The story that the demo tells: what must happen at a building, and the proof that it did.

Each step acts, waits a bounded time for what it must lead to, checks that what must not happen did not, and
returns what it saw. One that does not see it raises NotSeen with what was missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.demo.building import GARAGE, LOBBY
from agent.demo.feed import NotSeen, Phrase, Title, Told, Verdict
from agent.demo.people import STRANGER
from agent.demo.town import RETURN_WITHIN_S, SEEN_WITHIN_S, STEP_S, drives
from agent.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agent.demo.feed import Feed, Sight
    from agent.demo.town import Town
    from drivers.contract import Monotonic

NOTHING_WITHIN_S: Final = 0.5
"""How long a door is watched that must stay shut: an order takes some 30 ms to its relay."""
FIRE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story. `name`: its phrases are `name` and `name_about`, its verdict `name_seen`."""

    name: str
    run: Callable[[Town], dict[str, object]]


class TimeIsUp(NotSeen):
    """The time that the person gave the demo is over."""


class StepFailed(NotSeen):
    """A step of the story did not happen. `number` from 1."""

    def __init__(self, number: int, name: str, why: str) -> None:
        super().__init__(f"step {number} ({name}): {why}")
        self.number = number
        self.name = name
        self.why = why


def play(steps: Sequence[Step], town: Town, feed: Feed, clock: Monotonic) -> None:
    """Run the steps in order. Raises StepFailed at the first that does not happen."""
    for number, step in enumerate(steps, 1):
        feed.put(Title(number, Phrase(step.name), Phrase(f"{step.name}_about")))
        began = clock()
        try:
            seen = step.run(town)
        except AgentError as error:
            failed = Phrase("not_seen", {"why": str(error)})
            feed.put(Verdict(number, failed, clock() - began, good=False))
            raise StepFailed(number, step.name, str(error)) from error
        feed.put(Verdict(number, Phrase(f"{step.name}_seen", seen), clock() - began))


def card_opens(town: Town) -> dict[str, object]:
    """See a resident's card open the lobby, and the lock drop behind them."""
    return {"ms": _enter(town, "A17")}


def stranger_refused(town: Town) -> dict[str, object]:
    """See a card refused that is in nobody's book, and the centre told why."""
    return {"reason": _refused(town, STRANGER)}


def phone_opens(town: Town) -> dict[str, object]:
    """See a phone's signed command open the lobby, and the phone told so once the relay was driven."""
    mark = town.feed.mark()
    outcome = town.open_by_phone()
    if not outcome.carried_out or outcome.took_s is None:
        raise NotSeen(f"the phone heard {outcome.outcome!r}, because of {outcome.reason!r}")
    if not any(drives(sight, LOBBY) for sight in town.feed.since(mark)):
        raise NotSeen("the phone heard that the door is open, and the relay was not driven")
    town.event("entry.granted", mark, LOBBY)
    _walk(town)
    return {"ms": round(outcome.took_s * 1000)}


def card_revoked(town: Town) -> dict[str, object]:
    """See a card open; revoke it, and see every door prove so; then see it refused."""
    _enter(town, "B02")
    proofs = town.revoke("B02")
    latencies = [each.evidence.latency_s for each in proofs if each.evidence is not None]
    if len(latencies) < len(proofs) or None in latencies:
        raise NotSeen("a receipt without the time of its list's publication")
    reason = _refused(town, "B02")
    if reason != "revoked":
        raise NotSeen(f"the revoked card was refused for another reason: {reason}")
    slowest_s = max(latency for latency in latencies if latency is not None)
    return {"ms": round(slowest_s * 1000), "doors": len(proofs)}


def broker_gone(town: Town) -> dict[str, object]:
    """Take the broker away, see the doors go on; bring it back, see the record arrive whole and in order."""
    town.cut()
    mark = town.feed.mark()
    for card, door in (("A17", LOBBY), ("C05", GARAGE)):
        before = town.feed.mark()
        town.present(card, door)
        town.driven(door, before)
        if door == LOBBY:
            _walk(town, told=False)
    town.feed.rest(STEP_S)
    if any(isinstance(sight.what, Told) for sight in town.feed.since(mark)):
        raise NotSeen("the centre heard something while the broker was away")
    back = town.restore()
    last = town.event("door.released", mark, GARAGE, RETURN_WITHIN_S)
    backlog = [
        sight.what.event
        for sight in town.feed.since(mark)
        if isinstance(sight.what, Told) and sight.what.event.seq <= last.event.seq
    ]
    doors = [event.door for event in backlog if event.kind == "entry.granted"]
    if doors != [LOBBY, GARAGE]:
        raise NotSeen(f"both entries of the outage in the record; it has {doors}")
    numbers = [event.seq for event in backlog]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise NotSeen(f"the record in order and without a hole; it came as {numbers}")
    if not all(event.historical for event in backlog):
        raise NotSeen("the mark of history on every event of the outage")
    arrived = next(sight.at for sight in town.feed.since(mark) if sight.what == last)
    return {"events": len(backlog), "first": numbers[0], "last": numbers[-1], "s": arrived - back.at}


def way_out(town: Town) -> dict[str, object]:
    """See the exit button open at once, and a fire free every door until it is over."""
    mark = town.feed.mark()
    pressed = town.press_exit()
    exit_ms = _ms(pressed, town.driven(LOBBY, mark))
    town.event("exit.opened", mark, LOBBY)
    _walk(town)
    mark = town.feed.mark()
    rung = town.ring_fire(on=True)
    try:
        fire_ms = max(_ms(rung, town.driven(door, mark)) for door in (LOBBY, GARAGE))
        town.event("fire.on", mark)
        town.feed.rest(FIRE_S)
    finally:
        calm = town.feed.mark()
        town.ring_fire(on=False)
    town.event("fire.off", calm)
    for door in (LOBBY, GARAGE):
        town.locked(door)
    return {"exit": exit_ms, "fire": fire_ms}


STORY: Final = (
    Step("card", card_opens),
    Step("stranger", stranger_refused),
    Step("phone", phone_opens),
    Step("revoked", card_revoked),
    Step("outage", broker_gone),
    Step("out", way_out),
)


def _enter(town: Town, card: str) -> int:
    """Let a resident in at the lobby; return the milliseconds from the card to the relay."""
    mark = town.feed.mark()
    shown = town.present(card, LOBBY)
    driven = town.driven(LOBBY, mark)
    town.event("entry.granted", mark, LOBBY)
    _walk(town)
    return _ms(shown, driven)


def _walk(town: Town, *, told: bool = True) -> None:
    """Go through the lobby's door, and see the lock drop behind."""
    mark = town.feed.mark()
    town.walk_through()
    town.locked(LOBBY)
    if told:
        town.event("door.closed", mark, LOBBY)


def _refused(town: Town, card: str) -> str:
    """Hold a card to the lobby's reader that must not open; return the reason that the centre heard."""
    mark = town.feed.mark()
    town.present(card, LOBBY)
    denied = town.event("entry.denied", mark, LOBBY, SEEN_WITHIN_S)
    town.feed.rest(NOTHING_WITHIN_S)
    if any(drives(sight, LOBBY) for sight in town.feed.since(mark)):
        raise NotSeen(f"the card {card} was refused, and the relay was driven all the same")
    return str(denied.event.body.get("reason"))


def _ms(first: Sight, second: Sight) -> int:
    return round((second.at - first.at) * 1000)
