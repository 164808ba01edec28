"""Faults on our own side of the line: a journal that cannot be read, a queue that fails, a fault of ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from agent.errors import StoreError
from agent.store.reader import JournalReader
from agent.sync.facts import LinkDown, LinkUp, RowsSpoilt, SyncFact
from agent.sync.sync import fault
from tests.peers.broker import Broker
from tests.peers.centre import Centre, until
from tests.peers.gateway import NAME, Gateway, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.store.rows import Row


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    (tmp_path / "broker").mkdir()
    with Broker(tmp_path / "broker") as broker:
        yield broker


class BadDisk(JournalReader):
    """A reader whose disk fails the first time that rows are read."""

    failed = False

    def after(self, seq: int, limit: int = 1000) -> tuple[Row, ...]:
        if not BadDisk.failed:
            BadDisk.failed = True
            raise StoreError("read the journal: disk I/O error")
        return super().after(seq, limit)


def test_a_row_that_cannot_be_read_is_a_trouble_and_is_read_later(broker: Broker, tmp_path: Path) -> None:
    BadDisk.failed = False
    with Centre(broker.port) as centre, Gateway(tmp_path, plain(broker.port), BadDisk) as gateway:
        last = gateway.record(2)
        gateway.sent(last)
        assert "disk I/O error" in str(gateway.sync.health().last_trouble)
        until(lambda: centre.numbers(NAME) == {1, 2})
        assert len(gateway.facts(LinkUp)) == 1, "orders are heard meanwhile"


def test_a_journal_that_cannot_be_opened_is_tried_until_it_can(broker: Broker, tmp_path: Path) -> None:
    failures = iter(range(3))

    def open_reader(path: Path) -> JournalReader:
        if next(failures, None) is not None:
            raise StoreError("open the journal: no")
        return JournalReader(path)

    with Gateway(tmp_path, plain(broker.port), open_reader) as gateway:
        gateway.up()
        assert gateway.sync.health().last_trouble == "the journal cannot be read: open the journal: no"


class BadQueue(Gateway):
    """A gateway whose queue fails once."""

    failed = False

    def _put(self, fact: SyncFact) -> None:
        if isinstance(fact, LinkUp) and not self.failed:
            self.failed = True
            raise RuntimeError("SECRET")
        super()._put(fact)


def test_a_fault_of_ours_ends_the_session_and_not_the_line(broker: Broker, tmp_path: Path) -> None:
    with BadQueue(tmp_path, plain(broker.port)) as gateway:
        gateway.up()
        assert [fact.why for fact in gateway.facts(LinkDown)] == ["a fault of ours"]
        trouble = str(gateway.sync.health().last_trouble)
        assert trouble.startswith("a fault of ours: RuntimeError at test_faults.py:")
        assert "SECRET" not in trouble


def test_a_fault_that_was_never_raised_has_no_place() -> None:
    assert fault(ValueError("x")) == "ValueError"


def test_a_row_that_the_disk_has_spoilt_costs_only_itself_and_is_told_once(
    broker: Broker, tmp_path: Path
) -> None:
    with Centre(broker.port) as centre:
        with Gateway(tmp_path, plain(broker.port)) as gateway:
            gateway.sent(gateway.record(2))
        with closing(sqlite3.connect(tmp_path / "journal.db")) as spoiler, spoiler:
            spoiler.execute("UPDATE journal SET at_ms = 'x', boot_id = x'00' WHERE seq = 2")
            spoiler.execute("UPDATE cursor SET seq = 0")
        with Gateway(tmp_path, plain(broker.port)) as gateway:
            last = gateway.record(2)
            gateway.sent(last)
            assert centre.numbers(NAME) == {1, 2, 3, 4}
            assert gateway.facts(RowsSpoilt) == [RowsSpoilt(2, 2, 1)]
            assert gateway.sync.health().last_trouble is None
