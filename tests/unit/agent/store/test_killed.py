"""A writer killed at any moment: no acknowledged row is lost, and the chain holds."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from agent.store.journal import open_journal
from agent.store.retention import SLICE, Limits
from agent.store.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 30
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

WRITE = f"""
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from agent.store.journal import open_journal
from agent.store.retention import Limits
from agent.store.rows import Batch, Entry, UsedToken

at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
opened = open_journal(Path(sys.argv[1]), boot_id=sys.argv[2], at=at, limits=Limits(rows={2 * SLICE}))
assert opened.quarantined is None
number = 0
while True:
    number += 1
    entries = tuple(
        Entry("entry.granted", "front", {{"n": n}}, at, n, "synced", alarm=n % 7 == 0)
        for n in range(number % 9 + 1)
    )
    jti = f"{{sys.argv[2]}}-{{number}}"
    rows = opened.journal.commit(Batch(entries, (UsedToken(jti, at),), sent=opened.journal.head[0]))
    os.write(1, f"{{rows[-1].seq}} {{rows[-1].hash.hex()}} {{jti}}\\n".encode())
"""


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_writer_loses_nothing_it_has_acknowledged(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "journal.db"
    for number in range(ROUNDS // 3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(path), f"{seed}-{number}"], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        try:
            told = [writer.stdout.readline() for _ in range(chance.randrange(1, 400))]
        finally:
            writer.kill()
        told += writer.stdout.read().splitlines(keepends=True)
        writer.stdout.close()
        writer.wait()
        whole = [line.split() for line in told if line.endswith("\n")]
        verdict = verify(path)
        assert verdict.problems == ()
        seq, digest, jti = whole[-1]
        journal = open_journal(path, boot_id="check", at=AT, limits=Limits(rows=2 * SLICE)).journal
        assert journal.head[0] >= int(seq)
        found = journal._connection.execute("SELECT hash FROM journal WHERE seq = ?", (int(seq),)).fetchone()
        assert found[0].hex() == digest
        assert journal.memory.is_used(jti)
        journal.close()
