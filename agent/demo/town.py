"""The whole demo, wired: building, broker, office, centre, phone, duty desk, and the daemon amid them.

What a person can do here is a method; what follows from it is seen in the feed. All methods are for one
thread, which owns the office's book.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.broker import Broker, BrokerSettings
from agent.demo import people
from agent.demo.broker import HOST, DemoBroker
from agent.demo.building import GARAGE, GATEWAY, LOBBY, LOCKS, Building
from agent.demo.centre import Centre
from agent.demo.feed import Act, Feed, Note, NotSeen, Phrase, Relay, Sight, Told
from agent.demo.gateway import LAST_WORDS, daemon
from agent.demo.office import Office
from agent.office.book import Book
from agent.orders.command import Wish
from agent.orders.sender import Sender
from protocols.tokens.command import Do
from protocols.tokens.keys import public_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.clock import Clock
    from agent.demo.broker import BrokerKind
    from agent.office.push import Standing
    from agent.orders.sender import Outcome
    from drivers.simulator.relay_board import Switched
    from protocols.tokens.command import Mode

RELEASE_S: Final = 3.0
START_WITHIN_S: Final = 25.0
"""For the daemon to import, find its devices and reach the broker. One that has to find out that the broker
speaks 3.1.1 only may need two attempts."""
SEEN_WITHIN_S: Final = 8.0
"""For anything that a door does. It takes milliseconds; a busy machine has taken two seconds."""
RETURN_WITHIN_S: Final = 70.0
"""For the gateway to find the broker back: it waits a minute at most between two attempts."""
STEP_S: Final = 0.4
"""How long somebody stands in a door, holds a button, or looks at a lamp."""
LOOK_EVERY_S: Final = 0.05
LOOK_AFTER_IT_S: Final = 0.5
"""How soon a daemon that has ended is noticed by who waits for it."""

DEVICES: Final = frozenset({"lobby-in", "garage-in", "board-1"})
"""All that must be online before anybody comes."""


class Town:
    """Use as a context manager: entered, everything runs and the doors have proved the list.

    folder: empty; all files go there.
    """

    def __init__(self, folder: Path, clock: Clock, feed: Feed, kind: BrokerKind | None = None) -> None:
        self.feed = feed
        self.broker = DemoBroker(folder, kind)
        self.building = Building(folder, clock.monotonic, self._switched)
        self._folder = folder
        self._clock = clock
        self._phone_key = Ed25519PrivateKey.generate()
        self._duty_key = Ed25519PrivateKey.generate()
        self._settings = BrokerSettings(HOST, self.broker.port)
        self._centre = Centre(GATEWAY, feed, clock.monotonic)
        self._gateway = daemon(self.building.config, folder / "gateway.log")
        self._stack = ExitStack()
        self._fire = False

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        self.feed.put(Act("demo", Phrase("starting")))
        stack.callback(self.broker.stop)  # first, for a ^C while it starts
        self.broker.start()
        self._note("broker", "broker_runs", kind=self.broker.kind, port=self.broker.port)

        at = self._clock.utc()
        book = stack.enter_context(Book.make(self._folder / "book", at=at, by=people.BY))
        self._ids = people.fill(book, self._phone_key.public_key(), at)
        self._office = Office(book, self._clock, self.feed)
        self._note("office", "book_filled", people=len(self._ids), cards=", ".join(self._ids))

        stack.enter_context(self.building)
        self.building.write_config(
            office_key=public_text(book.signing_key().public_key()),
            duty_key=public_text(self._duty_key.public_key()),
            digest_key=book.digest_key,
            port=self.broker.port,
            release_s=RELEASE_S,
        )
        stack.callback(self._leave)
        self._join()
        stack.callback(self._gateway.stop)
        self._gateway.start()
        self._note("gateway", "gateway_runs", gateway=GATEWAY, pid=self._gateway.pid)
        for device in sorted(DEVICES):
            self.wait(
                _is_event("device.online", device=device),
                since=0,
                within_s=START_WITHIN_S,
                what=f"{device} online",
            )
        self._office.enforced(START_WITHIN_S)

    # --- what a person does ----------------------------------------------------------------------------

    def present(self, card: str, door: str = LOBBY) -> Sight:
        """Hold a card to the reader of a door. Raises BadInput for a card that there is not."""
        bits = people.bits_of(card)
        reader = self.building.garage_reader if door == GARAGE else self.building.lobby_reader
        act = self.feed.put(Act("person", Phrase("presents", {"card": card, "door": door})))
        reader.device.present(bits)
        return act

    def walk_through(self) -> None:
        """Open the lobby's leaf and let it fall shut."""
        self.feed.rest(STEP_S)
        self.building.move_leaf(opened=True)
        self.feed.rest(STEP_S)
        self.building.move_leaf(opened=False)

    def press_exit(self) -> Sight:
        """Press the lobby's exit button, and let go."""
        act = self.feed.put(Act("person", Phrase("presses_exit", {"door": LOBBY})))
        self.building.press_exit()
        self.feed.rest(STEP_S)
        self.building.let_go_of_exit()
        return act

    def ring_fire(self, *, on: bool) -> Sight:
        """Have the fire panel ask for release; or not any more, and somebody say so with the key switch."""
        act = self.feed.put(Act("fire", Phrase("fire_rings" if on else "fire_rests")))
        self.building.ring_fire(on=on)
        self._fire = on
        if not on:
            self.feed.rest(STEP_S)
            self.feed.put(Act("person", Phrase("turns_fire_key")))
            self.building.turn_fire_key(on=True)
            self.feed.rest(STEP_S)
            self.building.turn_fire_key(on=False)
        return act

    @property
    def burns(self) -> bool:
        """Say whether the fire panel asks for release."""
        return self._fire

    def open_by_phone(self, door: str = LOBBY) -> Outcome:
        """Open a door with the phone of a resident. Raises Unavailable without a broker."""
        self.feed.put(Act("phone", Phrase("phone_asks", {"door": door})))
        outcome = self._order(self._phone_key, "phone", Wish(Do.OPEN, door))
        if outcome.carried_out and outcome.took_s is not None:
            self._note("phone", "phone_opened", ms=round(outcome.took_s * 1000))
        return outcome

    def set_mode(self, door: str, mode: Mode) -> Outcome:
        """Have the duty desk hold a door open, lock it down, or end both. Raises Unavailable as the phone."""
        self.feed.put(Act("desk", Phrase(f"desk_{mode}", {"door": door})))
        outcome = self._order(self._duty_key, "desk", Wish(Do.MODE, door, mode))
        if outcome.carried_out:
            self._note("desk", "desk_done")
        return outcome

    def revoke(self, card: str) -> list[Standing]:
        """Revoke a resident's card; see `_push`. Raises BadInput for one that is none, or is revoked."""
        people.holder_of(card)
        revision = people.revoke(self._office.book, card, self._clock.utc())
        return self._push(Phrase("revokes", {"card": card, "revision": revision}))

    def issue(self, card: str) -> list[Standing]:
        """Give a resident's card out again; see `_push`. Raises BadInput for a card that there is not."""
        people.holder_of(card)
        revision = people.issue(self._office.book, card, self._ids[card], self._clock.utc())
        return self._push(Phrase("issues", {"card": card, "revision": revision}))

    def cut(self) -> None:
        """Take the broker away."""
        self.feed.put(Act("broker", Phrase("broker_cut")))
        self._leave()
        self.broker.stop()

    def restore(self) -> Sight:
        """Bring the broker back, empty, and push what waited. Raises Unavailable where it does not start."""
        act = self.feed.put(Act("broker", Phrase("broker_back")))
        self.broker.start()
        self._join()
        return act

    def proven(self, within_s: float = 0.0) -> bool:
        """Tell of every door that has proved the newest revision by then; say whether all have.

        After an outage the gateway has to come back first, and waits up to a minute between two attempts.
        """
        return all(each.enforced for each in self._office.look(within_s))

    # --- what is seen ----------------------------------------------------------------------------------

    def wait(self, holds: Callable[[Sight], bool], *, since: int, what: str, within_s: float) -> Sight:
        """See `Feed.wait`; a daemon that has ended is told at once, with its last words."""
        until = self._clock.monotonic() + within_s
        while True:
            left = until - self._clock.monotonic()
            seen = self.feed.glance(holds, since=since, within_s=min(max(left, 0.0), LOOK_AFTER_IT_S))
            if seen is not None:
                return seen
            if not self._gateway.runs:
                words = self._gateway.last_words(LAST_WORDS)
                raise NotSeen(f"not seen: {what}; the daemon has ended:\n{words}")
            if left <= 0:
                raise NotSeen(f"not seen within {within_s:.0f} s: {what}")

    def driven(self, door: str, since: int) -> Sight:
        """Wait until the lock relay of a door is driven."""
        what = f"the relay of {door} driven"
        return self.wait(lambda sight: drives(sight, door), since=since, what=what, within_s=SEEN_WITHIN_S)

    def locked(self, door: str) -> None:
        """Wait until the lock relay of a door is off: let go, or its time is over. Raises NotSeen."""
        channel = next(number for number, name in LOCKS.items() if name == door)
        until = self._clock.monotonic() + SEEN_WITHIN_S
        while self.building.board.coil(channel):
            if self._clock.monotonic() > until:
                raise NotSeen(f"not seen within {SEEN_WITHIN_S:.0f} s: the relay of {door} off")
            self.feed.rest(LOOK_EVERY_S)

    def event(self, kind: str, since: int, door: str | None = None, within_s: float = SEEN_WITHIN_S) -> Told:
        """Wait until the centre hears an event of this kind (and door)."""
        what = f"{kind} of {door or GATEWAY} at the centre"
        seen = self.wait(_is_event(kind, door), since=since, what=what, within_s=within_s)
        assert isinstance(seen.what, Told)  # noqa: S101 - what _is_event asks for
        return seen.what

    # --- inside ----------------------------------------------------------------------------------------

    def _push(self, what: Phrase) -> list[Standing]:
        """Send the newest revision, wait for the receipts. Without a broker it goes when that is back."""
        self.feed.put(Act("office", what))
        if not self._office.connected:
            self._note("office", "pushed_later")
            return []
        self._office.push()
        return self._office.enforced(SEEN_WITHIN_S)

    def _join(self) -> None:
        self._centre.start(self._settings)
        self._office.start(self._settings)
        self._office.push()

    def _leave(self) -> None:
        self._office.stop()
        self._centre.stop()

    def _switched(self, switched: Switched) -> None:
        if switched.channel in LOCKS:
            self.feed.put(Relay(LOCKS[switched.channel], switched.on_for_s), switched.at)

    def _order(self, key: Ed25519PrivateKey, who: str, wish: Wish) -> Outcome:
        client = f"demo-{who}"
        with Broker(self._settings, client) as broker:
            outcome = Sender(broker, key, gateway=GATEWAY, client=client, clock=self._clock).order(wish)
        if not outcome.carried_out:
            said = {"outcome": outcome.outcome, "reason": outcome.reason or "?"}
            self.feed.put(Note(who, Phrase("phone_not", said), good=False))
        return outcome

    def _note(self, who: str, key: str, **values: object) -> None:
        self.feed.put(Note(who, Phrase(key, values)))


def drives(sight: Sight, door: str) -> bool:
    """Say whether `sight` is the relay of `door` being driven."""
    return isinstance(sight.what, Relay) and sight.what.door == door and sight.what.for_s > 0


def _is_event(kind: str, door: str | None = None, device: str | None = None) -> Callable[[Sight], bool]:
    def holds(sight: Sight) -> bool:
        if not isinstance(sight.what, Told):
            return False
        event = sight.what.event
        return (
            event.kind == kind and door in (None, event.door) and device in (None, event.body.get("device"))
        )

    return holds
