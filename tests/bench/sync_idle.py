"""What an idle line to a real Mosquitto costs."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.peers.broker import Broker
from tests.peers.gateway import Gateway, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

SECONDS, QUICK_SECONDS = 30, 5
MOST = 0.01


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the bench's one question
    """Measure; `quick`: five seconds instead of thirty."""
    wait_s = QUICK_SECONDS if quick else SECONDS
    with (
        tempfile.TemporaryDirectory() as folder,
        Broker(Path(folder)) as broker,
        Gateway(Path(folder), plain(broker.port)) as gateway,
    ):
        gateway.up()
        time.sleep(1)  # birth and all that
        before = resource.getrusage(resource.RUSAGE_SELF)
        time.sleep(wait_s)
        after = resource.getrusage(resource.RUSAGE_SELF)
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    woken = after.ru_nvcsw - before.ru_nvcsw
    share = used_s / wait_s
    yield (
        f"idle line, {wait_s} s, the whole process",
        f"{share * 100:.2f} % of one core, {woken / wait_s:.1f} wake-ups/s",
        f"≤ {MOST * 100:.0f} %",
        "met" if share <= MOST else "missed",
    )
