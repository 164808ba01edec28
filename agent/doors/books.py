"""The loop's pen: records of a turn into the journal, in one commit; what could not be written is kept.

While the disk takes nothing, the last KEPT entries wait in memory and are written first when it does
again; how many more there were is said in their place.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from agent.domain.decision import Mode
from agent.domain.moment import ClockConfidence, Proof
from agent.errors import StoreError
from agent.store.rows import Batch, Entry, UsedToken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agent.domain.door import Door
    from agent.domain.effects import Record
    from agent.domain.facts import Order
    from agent.domain.moment import Moment
    from agent.domain.passes import PassUse
    from agent.domain.site import Site
    from agent.store.journal import Journal

CLOCK_PROOF = "clock.proof"
"""The setting that tells a start, in the same boot, when a time source kept the clock last."""

PROOF_EVERY_S = 600.0
"""How old the remembered proof may become: it goes with a record, and costs no write of its own."""

FIRE_RELEASE = "fire.release"
ON, OFF = "on", "off"
"""The setting that tells a start whether the doors were released by fire when the gateway stopped."""

KEPT = 1000
"""Entries kept in memory while the journal cannot be written: some 500 kB, hours of exits and alarms."""


@dataclass(slots=True)
class Turn:
    """What one turn of the loop wants on disk."""

    records: list[Record] = field(default_factory=list)
    used: list[Order] = field(default_factory=list)
    pass_uses: list[PassUse] = field(default_factory=list)
    sent: int | None = None
    confirmed: int | None = None
    settings: dict[str, str] = field(default_factory=dict)


class Books:
    """Writes turns. One thread: the loop's."""

    def __init__(
        self,
        journal: Journal,
        remembered: Mapping[str, str],
        last_at: datetime,
        *,
        fire: bool = False,
        boot_id: str = "",
    ) -> None:
        self._journal = journal
        self._doors = dict(remembered)
        self._fire = fire
        self._boot_id = boot_id
        self._proof_at = float("-inf")
        self._unwritten: deque[Entry] = deque(maxlen=KEPT)
        self._given_up = 0
        self._claimed = 0  # the row up to which the centre says that it has everything
        self.last_at = last_at

    def write(self, turn: Turn, site: Site, at: Moment) -> bool:
        """Put `turn` and the site's state on disk in one commit; say whether there was anything to put.

        Raises StoreError, and then nothing of it is on disk.
        """
        doors = self._changed(site)
        sent, confirmed = self._cursors(turn)
        entries = tuple(_entry(record, at) for record in turn.records)
        batch = Batch(
            entries=entries,
            used=tuple(UsedToken(order.id, order.remember_until) for order in turn.used),
            doors=doors,
            settings=turn.settings if site.fire.on is self._fire else {**turn.settings, **_fire_text(site)},
            pass_uses=tuple(turn.pass_uses),
            sent=sent,
            confirmed=confirmed,
        )
        if batch == Batch():
            return False
        proof = self._proof(at)
        self._journal.commit(replace(batch, settings={**batch.settings, **proof}) if proof else batch)
        if proof:
            self._proof_at = at.monotonic
        self._doors.update(doors)
        self._fire = site.fire.on
        if entries:
            self.last_at = at.utc
        return bool(entries)

    def keep(self, records: Iterable[Record], at: Moment) -> None:
        """Keep `records` in memory until the disk takes them."""
        for record in records:
            self._given_up += len(self._unwritten) == KEPT
            self._unwritten.append(_entry(record, at))

    def catch_up(self, at: Moment) -> bool:
        """Write what was kept; say whether the disk took it."""
        entries = list(self._unwritten)
        if self._given_up:
            gap = Entry(
                "journal.given_up",
                None,
                {"entries": self._given_up},
                at.utc,
                _ms(at),
                at.clock.value,
                alarm=True,
            )
            entries.insert(0, gap)
        try:
            self._journal.commit(Batch(entries=tuple(entries)))
        except StoreError:
            return False
        self._unwritten.clear()
        self._given_up = 0
        return True

    def _proof(self, at: Moment) -> dict[str, str]:
        """Return what remembers that the clock is kept now; nothing where that is remembered well enough."""
        if at.clock is not ClockConfidence.SYNCED or at.monotonic - self._proof_at < PROOF_EVERY_S:
            return {}
        return {CLOCK_PROOF: f"{self._boot_id} {at.monotonic:.3f} {at.utc.isoformat()}"}

    def _cursors(self, turn: Turn) -> tuple[int | None, int | None]:
        """Return the cursors that `turn` moves. The centre's word may overtake the broker's: it is kept."""
        journal = self._journal
        self._claimed = max(self._claimed, min(turn.confirmed or 0, journal.head[0]))
        sent = max(journal.sent, turn.sent or 0)
        confirmed = min(self._claimed, sent)
        return (
            sent if sent > journal.sent else None,
            confirmed if confirmed > journal.confirmed else None,
        )

    def _changed(self, site: Site) -> dict[str, str]:
        states = {name: _state_text(door) for name, door in site.doors.items()}
        return {name: text for name, text in states.items() if self._doors.get(name) != text}


def remembered_proof(text: str | None, boot_id: str) -> Proof | None:
    """Return the proof in the setting, where it is of this boot and can be read."""
    if text is None:
        return None
    try:
        boot, monotonic, utc = text.split()
        proof = Proof(float(monotonic), datetime.fromisoformat(utc))
    except ValueError:
        return None
    return proof if boot == boot_id and proof.utc.tzinfo is not None else None


def _fire_text(site: Site) -> dict[str, str]:
    return {FIRE_RELEASE: ON if site.fire.on else OFF}


def remembered_fire(text: str | None) -> bool:
    """Say whether a fire release is remembered; what cannot be read is one, for life comes first."""
    return text is not None and text != OFF


def _entry(record: Record, at: Moment) -> Entry:
    return Entry(record.kind, record.door, record.body, at.utc, _ms(at), at.clock.value, record.alarm)


def _ms(at: Moment) -> int:
    return int(at.monotonic * 1000)


def _state_text(door: Door) -> str:
    """Return what of a door must outlive a restart: not a running release, which the hardware ends."""
    return json.dumps({"mode": door.mode.value})


def remembered_mode(text: str) -> Mode:
    """Return the mode in a door's remembered state; NORMAL, which is locked, where it cannot be read."""
    try:
        return Mode(json.loads(text)["mode"])
    except (ValueError, KeyError, TypeError):
        return Mode.NORMAL
