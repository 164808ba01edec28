"""A gateway killed while its list changes: it has the old list or the new one, and goes on from there."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from agent.domain.credentials import CredentialState
from agent.roster.results import Applied, Waiting
from tests.unit.agent.roster.lists import Gateway, Office, card, digest, residents

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 8
RESIDENTS = 300

TAKE = """
import json, os, sys
from pathlib import Path
from tests.unit.agent.roster.lists import Gateway

gateway = Gateway(Path(sys.argv[1]))
told = json.loads(Path(sys.argv[2]).read_text())
os.write(1, b"ready\\n")
if "delta" in told:
    gateway.delta(told["delta"])
else:
    gateway.head(told["head"])
    for n, data in enumerate(told["chunks"]):
        os.write(1, b"step\\n")
        gateway.chunk(told["revision"], n, data.encode())
while gateway.roster.busy:
    gateway.roster.work(gateway.table.head().enforced_at)
os.write(1, b"done\\n")
"""


@pytest.mark.parametrize("way", ["delta", "snapshot"])
def test_a_power_cut_leaves_the_old_list_or_the_new_one(tmp_path: Path, way: str) -> None:
    chance = random.Random(way)
    path, message = tmp_path / "roster.db", tmp_path / "message.json"
    office = Office()
    office.delta(residents(RESIDENTS))
    gateway = Gateway(path)
    gateway.load(office)
    gateway.close()
    state = "active"
    for _ in range(ROUNDS):
        before = office.total().hex
        old, state = state, "revoked" if state == "active" else "active"
        token = office.delta([card(n, state=state) for n in range(RESIDENTS)])
        ref, chunks = office.snapshot(a_chunk=50)
        whole = {
            "head": office.head(ref),
            "revision": ref.revision,
            "chunks": [each.decode() for each in chunks],
        }
        message.write_text(json.dumps({"delta": token} if way == "delta" else whole))
        taker = subprocess.Popen(
            [sys.executable, "-c", TAKE, str(path), str(message)], stdout=subprocess.PIPE, text=True
        )
        assert taker.stdout is not None
        for _ in range(chance.randrange(1, 4 if way == "delta" else 16)):
            taker.stdout.readline()
        spin(chance.randrange(200_000))
        taker.kill()
        taker.stdout.close()
        taker.wait()

        gateway = Gateway(path)
        head = gateway.table.head()
        assert head.digest.hex() == (office.total().hex if head.revision == office.revision else before)
        found = {gateway.table.lookup(digest(n)).credential.state for n in range(RESIDENTS)}  # type: ignore[union-attr]
        assert found == {CredentialState(state if head.revision == office.revision else old)}
        if head.revision != office.revision:
            waiting = gateway.head(office.head(ref))
            result = waiting
            for n in waiting.missing if isinstance(waiting, Waiting) else ():
                result = gateway.chunk(ref.revision, n, chunks[n])
            assert isinstance(result, Applied)
        assert gateway.table.head().digest.hex() == office.total().hex
        gateway.close()


def spin(count: int) -> None:
    """Let some microseconds pass, so that the cut falls somewhere else each time."""
    for _ in range(count):
        pass
