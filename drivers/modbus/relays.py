"""The relays of one board: which are on by our doing and for how long, and which are on by nobody's.

A relay that is on with no release of ours is told and put off. At the start, or when the board is back, it
may be on for a door that is meant to stand open (by its mode, or in a fire) from before this daemon ran.
Putting it off to put it on again would lock people in for a moment, so the agent is given time to claim it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract import Event, OutputFound
from protocols.boards import families

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.boards.families import Family
    from protocols.boards.messages import Reply

CLAIM_S = 2.0  # the agent asks for a door that stands open again within 1 s of hearing that its lock is there
GRACE_S = 0.3  # a board's pulse ends within this of when we think
GRACE_SHARE = 0.02  # and its timer, without a crystal, runs fast or slow by so much
OFF_AGAIN_S = 0.25  # between two attempts to put a relay off that did not obey


class Relays:
    """What is known of a board's relays. Channels count from 0. Used by the line's thread alone.

    outputs: point to channel.
    """

    def __init__(self, outputs: Mapping[str, int], family: Family) -> None:
        self._outputs = outputs
        self._family = family
        self._ours_until: dict[int, float] = {}
        self._off_at: dict[int, float] = {}
        self._found: dict[int, int] = {}  # channels found on, and how often they were told off since
        self._unclaimed: dict[int, float] = {}  # found on at the start, and when they are put off
        self._on_before: set[int] = set()  # channels that something had on when they were released last

    def released(self, channel: int, for_s: float, at: float) -> float:
        """Note a release of ours. Returns when the relay will be off again by itself, or by our hand."""
        until = at + families.pulse_seconds(self._family, for_s)
        on_before = channel in {*self.running(at), *self._found, *self._unclaimed}
        (self._on_before.add if on_before else self._on_before.discard)(channel)
        self.locked(channel)
        self._unclaimed.pop(channel, None)
        self._ours_until[channel] = until + GRACE_S + GRACE_SHARE * (until - at)
        if self._family.pulse is None:
            self._off_at[channel] = until
        return until

    def locked(self, channel: int) -> None:
        """Note that a release of ours was ended."""
        self._ours_until.pop(channel, None)
        self._off_at.pop(channel, None)

    def proves(self, channel: int) -> bool:
        """Say whether a relay that is on shows that its last release came through: nothing else had it on."""
        return channel not in self._on_before

    def running(self, at: float) -> tuple[int, ...]:
        """Return the channels on which a release of ours may still run."""
        return tuple(channel for channel, until in self._ours_until.items() if at < until)

    def to_put_off(self, at: float) -> int | None:
        """Return a channel that must be put off now, and note the attempt; None when there is none."""
        for channel, due in self._off_at.items():
            if at >= due:
                self._off_at[channel] = at + OFF_AGAIN_S
                return channel
        return None

    @property
    def next_off(self) -> float:
        """When a channel must be put off next."""
        return min(self._off_at.values(), default=float("inf"))

    def next_look(self, at: float) -> float:
        """Return by when the relays are to be looked at: something should have changed by then."""
        ends = [until for until in self._ours_until.values() if until > at]
        return min([*ends, *self._unclaimed.values()], default=float("inf"))

    @property
    def stuck(self) -> bool:
        """Whether a relay stays on though it was told off."""
        return any(told > 1 for told in self._found.values())

    @property
    def at_our_mercy(self) -> bool:
        """Whether a relay is on that only we can put off."""
        return bool(self._off_at)

    def left_on(self, reply: Reply) -> bool:
        """Say whether one of those still reads on."""
        return any(reply[channel] for channel in self._off_at)

    def lost(self) -> None:
        """Note that the board is gone: what was found on is found anew when it is back."""
        self._unclaimed.clear()

    def saw(self, reply: Reply, at: float, *, greeting: bool) -> list[Event]:
        """Take a look at the outputs. greeting: it is the first since the start or since a loss."""
        events: list[Event] = []
        for point, channel in self._outputs.items():
            if not reply[channel]:
                events += self._is_off(point, channel, at)
            elif channel not in self.running(at):
                if greeting:
                    self._unclaimed.setdefault(channel, at + CLAIM_S)
                if at >= self._unclaimed.get(channel, at):
                    events += self._is_on(point, channel, at)
        return events

    def _is_off(self, point: str, channel: int, at: float) -> list[Event]:
        if self._unclaimed.pop(channel, None) is not None:
            return [OutputFound(point, True, at), OutputFound(point, False, at)]  # it ended by itself
        if self._found.pop(channel, None) is None:
            return []
        self._off_at.pop(channel, None)
        return [OutputFound(point, False, at)]

    def _is_on(self, point: str, channel: int, at: float) -> list[Event]:
        """Take a relay that is on with no release of ours: say so once, and put it off each time."""
        self._ours_until.pop(channel, None)
        self._unclaimed.pop(channel, None)
        told = self._found.get(channel)
        self._found[channel] = (told or 0) + 1
        self._off_at.setdefault(channel, at)
        return [OutputFound(point, True, at)] if told is None else []
