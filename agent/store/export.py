"""Write the journal out for people and other programs: JSON lines, or CSV for a spreadsheet."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.store.reader import JournalReader
    from agent.store.rows import Row

FIELDS: Final = (
    "seq",
    "at",
    "boot_id",
    "mono_ms",
    "clock",
    "kind",
    "door",
    "alarm",
    "body",
    "prev",
    "hash",
)


def export_json(reader: JournalReader, out: TextIO, first: int = 1, last: int | None = None) -> int:
    """Write rows `first` to `last` as one JSON object a line; return how many.

    `body` is the text that the hash is over, so that another program can check the chain; `prev` is null
    where the hash before is no longer known.
    """
    count = 0
    for fields in _fields(reader, first, last):
        out.write(json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n")
        count += 1
    return count


def export_csv(reader: JournalReader, out: TextIO, first: int = 1, last: int | None = None) -> int:
    """Write rows `first` to `last` as CSV with a heading; return how many."""
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for fields in _fields(reader, first, last):
        writer.writerow(fields)
        count += 1
    return count


def _fields(reader: JournalReader, first: int, last: int | None) -> Iterator[dict[str, object]]:
    before: Row | None = None
    for row in reader.walk(first, last):
        follows = before is not None and before.seq == row.seq - 1
        prev = before.hash if before is not None and follows else reader.hash_before(row.seq)
        before = row
        yield {
            "seq": row.seq,
            "at": row.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "boot_id": row.boot_id,
            "mono_ms": row.mono_ms,
            "clock": row.clock,
            "kind": row.kind,
            "door": row.door,
            "alarm": row.alarm,
            "body": row.body,
            "prev": None if prev is None else prev.hex(),
            "hash": row.hash.hex(),
        }
