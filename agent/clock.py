"""The only reader of the machine's time: monotonic seconds, aware UTC, and how far to believe the latter.

Source for the kernel's view of its own clock: Linux manual page adjtimex(2), `status` bit STA_UNSYNC.
"""

from __future__ import annotations

import ctypes
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agent.domain.moment import ClockConfidence, Moment, Proof

if TYPE_CHECKING:
    from collections.abc import Callable

EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No moment of this program's life lies before: it was written in this year."""

CONFIDENCE_KEPT_S = 5.0
"""The kernel is asked at most this often: its mind changes over minutes, the loop asks at each card."""

_STA_UNSYNC = 0x0040
_ADJTIMEX_FAILED = -1
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What the daemon needs of a clock. The real one is SystemClock; tests move theirs by hand."""

    def monotonic(self) -> float:
        """Return seconds that never go back; their start means nothing."""

    def utc(self) -> datetime:
        """Return the wall clock, aware, in UTC."""

    def confidence(self) -> ClockConfidence:
        """Return how far `utc` may be believed."""

    def now(self) -> Moment:
        """Return all three, taken together."""


class SystemClock:
    """The machine's clock.

    assume_synced: a person has written in the configuration that this wall clock is right although the
    kernel does not know it (time set by a radio clock, or in a container that may not ask). A time before
    EARLIEST is unset all the same. kept: asks the kernel whether a time service keeps its clock.
    """

    def __init__(self, *, assume_synced: bool = False, kept: Callable[[], bool] | None = None) -> None:
        self._assume_synced = assume_synced
        self._kept = kept or kernel_synced
        self._kernel_synced = False
        self._asked_at: float | None = None
        self._proof: Proof | None = None

    def believe(self, proof: Proof | None) -> None:
        """Hear what is remembered of this boot: when a time source kept the clock last."""
        self._proof = proof

    def monotonic(self) -> float:
        """Return the kernel's monotonic clock in seconds."""
        return time.monotonic()  # noqa: TID251 - this module is the one that asks

    def utc(self) -> datetime:
        """Return the wall clock, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this module is the one that asks

    def confidence(self) -> ClockConfidence:
        """Return how far `utc` may be believed; the kernel's answer is kept for CONFIDENCE_KEPT_S."""
        if self._asked_at is None or self.monotonic() - self._asked_at >= CONFIDENCE_KEPT_S:
            self._asked_at = self.monotonic()
            self._kernel_synced = self._kept()
        return judge(self.utc(), synced=self._assume_synced or self._kernel_synced)

    def now(self) -> Moment:
        """Return both times and the confidence, taken together."""
        confidence = self.confidence()
        monotonic, utc = self.monotonic(), self.utc()
        if confidence is ClockConfidence.SYNCED:
            self._proof = Proof(monotonic, utc)
        return Moment(monotonic, utc, confidence, self._proof)


def judge(utc: datetime, *, synced: bool) -> ClockConfidence:
    """Return what a wall clock that shows `utc` is worth. `synced`: somebody vouches for it."""
    if utc < EARLIEST:
        return ClockConfidence.UNSET
    return ClockConfidence.SYNCED if synced else ClockConfidence.HOLDOVER


class _Timex(ctypes.Structure):
    """`struct timex` as far as `status`; the kernel writes the rest into `beyond`."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("beyond", ctypes.c_byte * 256),
    )


def kernel_synced(library: str | None = None) -> bool:
    """Say whether the kernel holds its clock to be kept by a time service. Where it will not tell: no.

    library: where the call is to be found; None: in the C library of this process.
    """
    try:
        adjtimex = ctypes.CDLL(library, use_errno=True).adjtimex
    except (OSError, AttributeError):  # a libc without the call: nothing vouches for the clock
        return False
    answer = _Timex(modes=0)
    if adjtimex(ctypes.byref(answer)) == _ADJTIMEX_FAILED:
        return False
    return not answer.status & _STA_UNSYNC


def boot_id(source: Path = _BOOT_ID) -> str:
    """Return the kernel's name for this boot, 32 hex digits. Monotonic times of two boots never compare.

    Raises OSError where there is no such file: that is no Linux, and no place for the daemon.
    """
    return source.read_text(encoding="ascii").strip().replace("-", "")
