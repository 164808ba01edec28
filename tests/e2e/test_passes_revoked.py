"""A pass revoked before its end, at real readers: dead from the receipt on, whatever happens to the box."""

from __future__ import annotations

import shutil
import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from agent.demo.building import GARAGE, LOBBY
from agent.office import credentials, lifecycle
from agent.office.passes import revoke_passes
from protocols.mqtt.topics import Kind
from tests.peers.site import NEIGHBOUR, RESIDENT
from tests.peers.visitors import Visitors
from tests.peers.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.store.rows import Row

KILLS = 20
SEED = 20261122
LONGEST_LIFE_S = 0.03
"""From the change on its way to the plug: before it is read, within its transaction, or after its receipt."""


@pytest.fixture
def visitors(tmp_path: Path) -> Iterator[Visitors]:
    with Visitors(tmp_path, online=True) as made:
        made.start()
        made.site.push()
        yield made


def revoke(visitors: Visitors, token: str) -> None:
    book, at = visitors.site.office.book, visitors.site.clock.utc()
    assert revoke_passes(book, numbers=[visitors.number(token)], by="tester", at=at) == 1


def told(row: Row) -> tuple[str, object]:
    return row.kind, row.data().get("reason")


def test_a_revoked_pass_opens_no_door_from_the_receipt_on_over_restarts_and_older_files(
    visitors: Visitors, tmp_path: Path
) -> None:
    site = visitors.site
    token, other = visitors.issue(uses=9, doors=(LOBBY, GARAGE)), visitors.issue(uses=9)
    assert told(visitors.show(token)) == ("entry.granted", None)
    site.released(LOBBY)
    assert site.daemon.stop() == 0
    older = tmp_path / "older.db"
    shutil.copy(site.building.data_dir / "roster.db", older)
    visitors.start()

    revoke(visitors, token)
    site.push()  # and every door has signed that it enforces it

    assert told(visitors.show(token)) == ("entry.denied", "revoked")
    assert told(visitors.show(token, GARAGE)) == ("entry.denied", "revoked")
    assert told(visitors.show(other)) == ("entry.granted", None)
    site.released(LOBBY, after=1)
    receipt = site.state(Kind.RECEIPT)
    assert (receipt["revision"], len(receipt["receipts"])) == (site.office.book.revision, 2)
    assert site.state(Kind.BIRTH)["reads"] == ["fc8cn16", "uid32"]

    site.daemon.kill()
    site.broker.kill()
    visitors.online = False
    visitors.start()
    assert told(visitors.show(token)) == ("entry.denied", "revoked")

    assert site.daemon.stop() == 0
    for name in ("roster.db-wal", "roster.db-shm"):
        (site.building.data_dir / name).unlink(missing_ok=True)
    shutil.copy(older, site.building.data_dir / "roster.db")
    visitors.start()
    assert [told(visitors.show(each)) for each in (token, other)] == [("entry.denied", "pass_unchecked")] * 2

    assert site.daemon.stop() == 0
    for path in site.building.data_dir.glob("roster.db*"):
        path.unlink()
    visitors.start()
    assert told(visitors.show(token)) == ("entry.denied", "pass_unchecked")
    assert len(site.releases) == 2


def test_a_pass_ends_with_the_right_of_the_person_visited(visitors: Visitors) -> None:
    site, book = visitors.site, visitors.site.office.book
    host = credentials.load(book, site.office.digest(RESIDENT)).person
    token = visitors.issue(uses=9, host=host)
    assert told(visitors.show(token)) == ("entry.granted", None)
    site.released(LOBBY)

    lifecycle.leave(book, host, by="tester", at=site.clock.utc())
    site.push()

    assert told(visitors.show(token)) == ("entry.denied", "revoked")
    site.present(NEIGHBOUR, LOBBY)
    site.released(LOBBY, after=1)
    assert len(site.releases) == 2


def test_however_the_plug_is_pulled_no_revoked_pass_opens_after_its_receipt(
    visitors: Visitors, tmp_path: Path
) -> None:
    site, random = visitors.site, Random(SEED)
    receipted = 0
    assert site.daemon.stop() == 0
    with Zygote(site.building.config, tmp_path / "killed.log") as zygote:
        for _ in range(KILLS):
            newest = site.head()
            zygote.start()
            visitors.readers_online(newest)
            site.until(lambda: site.office.hear(site.centre), "the receipt of what was sent before")
            token = visitors.issue(uses=9)
            revoke(visitors, token)
            site.office.push(site.centre)
            time.sleep(random.uniform(0.0, LONGEST_LIFE_S))
            zygote.kill()

            newest = site.head()
            zygote.start()
            visitors.readers_online(newest)
            enforced = site.state(Kind.RECEIPT)["revision"] >= site.office.book.revision
            shown = told(visitors.show(token))
            receipted += enforced
            assert not enforced or shown == ("entry.denied", "revoked")
            site.until(lambda: site.office.hear(site.centre), "the receipt")
            if not enforced:
                assert told(visitors.show(token)) == ("entry.denied", "revoked")
            zygote.kill()
    assert receipted, "the plug was always pulled too early to tell"
