"""The journal: decisions on disk a second, one at a time and in groups, beside a bare SQLite loop."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.store.journal import open_journal
from agent.store.retention import SLICE, Limits
from agent.store.rows import Batch, Entry
from agent.store.verify import verify
from tests.bench.figures import at, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

AT = datetime(2026, 11, 22, tzinfo=UTC)
DECISION = Entry(
    "entry.granted",
    "lobby",
    {
        "reader": "lobby-in",
        "direction": "in",
        "digest": "00112233445566778899aabbccddeeff",
        "person": "p-000123",
        "rule": "residents",
        "revision": 4711,
        "clock": "synced",
    },
    AT,
    123_456_789,
    "synced",
)
GROUP = 32
"""Decisions in one turn of the loop at a busy hour."""
TURNS = 5
DECISIONS_A_SECOND = 2_000
KEPT = 1_000_000


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the benchmark's own shape
    """Measure."""
    count = 1_000 if quick else 6_000
    with tempfile.TemporaryDirectory(prefix="menshen-bench-") as folder:
        place = Path(folder)
        # By turns, so that what else the machine does falls on both alike.
        pairs = [
            (
                _bare(place / f"bare{turn}.db", count // TURNS),
                *_journal(place / f"{turn}.db", count // TURNS, 1),
            )
            for turn in range(TURNS)
        ]
        bare, alone, late_ms = (statistics.median(column) for column in zip(*pairs, strict=True))
        yield (
            "journal, one decision a commit",
            f"{alone:,.0f}/s, p99 {late_ms:.2f} ms; {alone / bare:.2f} × a bare SQLite loop ({bare:,.0f}/s)",
            "reported",
            "",
        )
        grouped, late_ms = _journal(place / "grouped.db", count * 10, GROUP)
        yield (
            f"journal, {GROUP} decisions a commit, each on disk before its act",
            f"{grouped:,.0f}/s, p99 of a commit {late_ms:.2f} ms",
            f"≥ {DECISIONS_A_SECOND:,}/s",
            verdict(met=grouped >= DECISIONS_A_SECOND),
        )
        full, late_ms = _journal(place / "full.db", count * 10, GROUP, Limits(rows=4 * SLICE))
        yield (
            "the same at its bound, giving up the oldest as it goes",
            f"{full:,.0f}/s, p99 of a commit {late_ms:.2f} ms",
            f"≥ {DECISIONS_A_SECOND:,}/s",
            verdict(met=full >= DECISIONS_A_SECOND),
        )
        size = (place / "grouped.db").stat().st_size
        mean = size / (count * 10)
        kept = min(Limits().rows, int(Limits().bytes / mean))
        yield (
            "events kept offline before the oldest is given up",
            f"{kept:,}, at {mean:.0f} bytes each on disk: {kept * mean / 1e6:.0f} MB",
            f"≥ {KEPT:,}",
            verdict(met=kept >= KEPT),
        )
        began = time.perf_counter()
        held = verify(place / "grouped.db")
        rate = held.rows / (time.perf_counter() - began)
        yield "menshen journal verify", f"{rate:,.0f} rows/s", "the chain holds", verdict(met=held.holds)


def _bare(path: Path, count: int) -> float:
    """Return commits a second of one row of the same size, with the same durability and nothing else."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE row (seq INTEGER PRIMARY KEY, body BLOB)")
        body = bytes(260)
        began = time.perf_counter()
        for _ in range(count):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO row (body) VALUES (?)", (body,))
            connection.execute("COMMIT")
        return count / (time.perf_counter() - began)


def _journal(path: Path, count: int, group: int, limits: Limits | None = None) -> tuple[float, float]:
    """Return decisions a second, and the 99th percentile of a commit in ms."""
    journal = open_journal(path, boot_id="bench", at=AT, limits=limits).journal
    took = []
    began = time.perf_counter()
    for number in range(count // group):
        batch = Batch(tuple(replace(DECISION, mono_ms=number * group + each) for each in range(group)))
        start = time.perf_counter()
        journal.commit(batch)
        took.append(time.perf_counter() - start)
    rate = len(took) * group / (time.perf_counter() - began)
    journal.close()
    return rate, at(took, 0.99) * 1e3
