"""What is still known of the doors when the journal was set aside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.store.database import mark_damaged
from agent.store.journal import open_journal
from agent.store.rows import Batch
from agent.store.salvage import Salvaged, salvage

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_what_can_be_read_of_a_file_that_was_set_aside_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    first = open_journal(path, boot_id="b" * 32, at=AT).journal
    first.commit(Batch(doors={"lobby": '{"mode": "locked"}'}, settings={"fire.release": "on"}))
    mark_damaged(path)  # and no close: what stands in its write-ahead log counts, too

    opened = open_journal(path, boot_id="b" * 32, at=AT)

    assert opened.quarantined is not None
    found = salvage(opened.quarantined.kept_at)
    assert found.doors == {"lobby": '{"mode": "locked"}'}
    assert found.settings["fire.release"] == "on"
    opened.journal.close()
    first.close()


def test_of_what_is_no_database_or_not_there_nothing_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.db.bad"
    assert salvage(path) == Salvaged()
    path.write_bytes(b"noise" * 1000)
    assert salvage(path) == Salvaged()
