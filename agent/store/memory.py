"""What must outlive a restart beside the journal: used tokens, doors' remembered state, single values.

It reads the journal's own file; `Journal.commit` writes it, in one transaction with the rows.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from agent.store.database import Guard, Transaction
from agent.store.rows import from_ms, to_ms

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from agent.store.rows import UsedToken

TOKENS_MOST = 65_536
"""Used tokens remembered at once. They live minutes: so many are a flood, refused rather than forgotten."""

TOKEN_MARGIN = timedelta(hours=1)
"""A token is remembered this long past its end, against a clock that is set back a little."""

SIGNED_AHEAD = timedelta(seconds=5)
"""How far ahead of ours the clock of who signed may have been."""

LONGEST_LIFE = timedelta(seconds=330)
"""The longest that a token lives from its signing, and some for the clocks."""

PRUNED_AT_ONCE = 256
NEVER_MS = -1
FORGOTTEN_UNTIL = "tokens.forgotten_until_ms"
BEGUN_AT = "journal.begun_at_ms"
LOST_AT = "tokens.lost_at_ms"
EPOCH_SETTING = "boot.epoch"
ROSTER_HIGHEST = "roster.highest"
"""The highest roster revision ever enforced here: a list below it is a rollback, whatever file it came in."""


SET_VALUE = (
    "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class Claim(StrEnum):
    """The answer to `Memory.claim`. Only FRESH may be acted on."""

    FRESH = "fresh"
    REPLAYED = "replayed"
    FULL = "full"


class Memory:
    """Reads of what is remembered. One thread: the journal's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._pending: dict[str, int] = {}
        with Guard("read the memory"):
            (self._count,) = connection.execute("SELECT count(*) FROM used_token").fetchone()

    def is_used(self, jti: str) -> bool:
        """Say whether a token of this id was acted on, or is about to be."""
        if jti in self._pending:
            return True
        with Guard("read the memory"):
            found = self._connection.execute("SELECT 1 FROM used_token WHERE jti = ?", (jti,)).fetchone()
        return found is not None

    def claim(self, jti: str, expires_at: datetime, signed_at: datetime | None = None) -> Claim:
        """Claim a token id for one act. FRESH: put it into the batch's `used`, commit, and only then act.

        signed_at: where given, a token signed before the memory was last lost (its file was damaged or taken
        away) is REPLAYED: it might have been used.

        A token that ended before the newest one forgotten is REPLAYED too: it might have been used, and a
        clock set back must not bring it to life.
        """
        expires_ms = to_ms(expires_at)
        if signed_at is not None and self._may_be_lost(signed_at):
            return Claim.REPLAYED
        if self.is_used(jti) or expires_ms <= int(self.setting(FORGOTTEN_UNTIL) or NEVER_MS):
            return Claim.REPLAYED
        if self._count + len(self._pending) >= TOKENS_MOST:
            return Claim.FULL
        self._pending[jti] = expires_ms
        return Claim.FRESH

    def _may_be_lost(self, signed_at: datetime) -> bool:
        """Say whether a token of then may have been used, and its use be among what was lost.

        Only the last minutes before the loss count: whatever is older has ended by itself. So a loss that a
        wrong clock put years ahead does not refuse the tokens of those years.
        """
        lost_at = self.setting(LOST_AT)
        if lost_at is None:
            return False
        return -SIGNED_AHEAD <= from_ms(int(lost_at)) - signed_at <= LONGEST_LIFE

    def door_states(self) -> dict[str, str]:
        """Return every door's remembered state, as JSON text by name."""
        with Guard("read the memory"):
            return dict(self._connection.execute("SELECT name, state FROM door ORDER BY name").fetchall())

    def setting(self, name: str) -> str | None:
        """Return a single value, or None where it was never set."""
        with Guard("read the memory"):
            found = self._connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def settled(self, used: Iterable[UsedToken]) -> None:
        """Note that these claims are on disk now. For `Journal.commit` only."""
        for token in used:
            self._pending.pop(token.jti, None)
            self._count += 1

    def prune(self, at: datetime) -> int:
        """Forget a slice of the tokens that ended long before `at`; return how many went. One transaction."""
        before_ms = to_ms(at - TOKEN_MARGIN)
        self._pending = {jti: ends for jti, ends in self._pending.items() if ends >= before_ms}
        with Transaction(self._connection, "prune the memory"):
            ended = self._connection.execute(
                "SELECT jti, expires_ms FROM used_token WHERE expires_ms < ? ORDER BY expires_ms LIMIT ?",
                (before_ms, PRUNED_AT_ONCE),
            ).fetchall()
            if not ended:
                return 0
            self._connection.executemany("DELETE FROM used_token WHERE jti = ?", [(jti,) for jti, _ in ended])
            self._connection.execute(SET_VALUE, (FORGOTTEN_UNTIL, str(ended[-1][1])))
        self._count -= len(ended)
        return len(ended)

    def forgotten_until(self) -> datetime:
        """Return the end of the newest token forgotten; no token that ended by then is ever fresh again."""
        return from_ms(int(self.setting(FORGOTTEN_UNTIL) or NEVER_MS))


def check_setting(name: str, value: str) -> None:
    """Raise ValueError or OverflowError for the value of a number, or of a time, that is none."""
    if name in {EPOCH_SETTING, ROSTER_HIGHEST}:
        int(value)
    elif name.endswith("_ms"):
        from_ms(int(value))
