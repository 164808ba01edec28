"""A writer killed at any moment: no acknowledged row is lost, and the chain holds.

In a store so small, with the centre away, alarms fill the room and ordinary rows go with the next commit, as
`agent.store.retention` states: about one commit in 25 of this writer takes away the row told before it, and
the kill may fall between that commit and its telling. Then the row must be named as given up.
"""

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

ROUNDS = 10
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
centre = sys.argv[3] == "confirming"
number = 0
while True:
    number += 1
    entries = tuple(
        Entry("entry.granted", "front", {{"n": n}}, at, n, "synced", alarm=n % 7 == 0)
        for n in range(number % 9 + 1)
    )
    jti = f"{{sys.argv[2]}}-{{number}}"
    head = opened.journal.head[0]
    confirmed = max(0, head - 100) if centre else None
    rows = opened.journal.commit(Batch(entries, (UsedToken(jti, at),), sent=head, confirmed=confirmed))
    os.write(1, f"{{rows[-1].seq}} {{rows[-1].hash.hex()}} {{jti}}\\n".encode())
"""


@pytest.mark.parametrize(("seed", "centre"), [(0, "confirming"), (1, "away"), (2, "confirming")])
def test_a_killed_writer_loses_nothing_it_has_acknowledged(tmp_path: Path, seed: int, centre: str) -> None:
    chance = random.Random(seed)
    path = tmp_path / "journal.db"
    for number in range(ROUNDS):
        command = [sys.executable, "-c", WRITE, str(path), f"{seed}-{number}", centre]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
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
        one = journal._connection.execute
        found = one("SELECT hash FROM journal WHERE seq = ?", (int(seq),)).fetchone()
        if found is None and centre == "away":  # given up for room, and named: the verdict above proves that
            query = "SELECT count(*) FROM removed WHERE ? BETWEEN first AND last"
            assert one(query, (int(seq),)).fetchone() == (1,)
        else:
            assert found[0].hex() == digest
        assert journal.memory.is_used(jti)
        journal.close()
