"""Which chunks of a snapshot are here, and what a further one is worth. Pure: the rows are on disk."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from protocols.mqtt.roster import CHUNK_BYTES

if TYPE_CHECKING:
    from protocols.mqtt.roster_messages import SnapshotRef


class Worth(StrEnum):
    """What a chunk is worth to the snapshot being put together."""

    NEW = "new"
    DUPLICATE = "duplicate"
    FOREIGN = "foreign"  # of another revision, or a number that the head does not name
    WRONG_BYTES = "wrong_bytes"  # not what the head names: damaged, or not the office's
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Assembly:
    """A snapshot being put together: `ref` as the signed head has it, `done` the chunks wholly on disk."""

    ref: SnapshotRef
    done: frozenset[int] = frozenset()

    @property
    def missing(self) -> tuple[int, ...]:
        """The chunks still to come, in order."""
        return tuple(n for n in range(len(self.ref.chunks)) if n not in self.done)

    def judge(self, revision: int, n: int, data: bytes) -> Worth:
        """Say what chunk `n` of `revision` is worth. Its bytes count only if the signed head names them."""
        if revision != self.ref.revision or not 0 <= n < len(self.ref.chunks):
            return Worth.FOREIGN
        if n in self.done:
            return Worth.DUPLICATE
        if len(data) > CHUNK_BYTES:
            return Worth.TOO_LARGE
        named = hmac.compare_digest(hashlib.sha256(data).hexdigest(), self.ref.chunks[n])
        return Worth.NEW if named else Worth.WRONG_BYTES

    def having(self, n: int) -> Assembly:
        """Return this with chunk `n` done."""
        return Assembly(self.ref, self.done | {n})
