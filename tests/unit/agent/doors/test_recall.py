"""How the doors stood is known again at a start, and of a damaged journal no more than is safe."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.domain.decision import Mode
from agent.doors.books import FIRE_RELEASE
from agent.doors.recall import Recalled, recall
from agent.store.database import mark_damaged
from agent.store.journal import open_journal
from agent.store.rows import Batch

if TYPE_CHECKING:
    from pathlib import Path

MODES = {"lobby": Mode.LOCKED, "garage": Mode.HELD, "gate": Mode.NORMAL}
AT = datetime(2026, 11, 22, tzinfo=UTC)


def restarted(path: Path, *, fire: str, damaged: bool) -> Recalled:
    written = open_journal(path, boot_id="b" * 32, at=AT).journal
    doors = {name: json.dumps({"mode": mode.value}) for name, mode in MODES.items()}
    written.commit(Batch(doors=doors, settings={FIRE_RELEASE: fire}))
    written.close()
    if damaged:
        mark_damaged(path)
    opened = open_journal(path, boot_id="b" * 32, at=AT)
    found = recall(opened.journal.memory, opened.quarantined)
    opened.journal.close()
    return found


def test_all_is_as_it_was(tmp_path: Path) -> None:
    found = restarted(tmp_path / "journal.db", fire="off", damaged=False)
    assert (found.modes, found.burning, found.written_fire) == (MODES, False, False)
    assert set(found.written) == set(MODES)


def test_of_a_journal_that_was_set_aside_a_lockdown_and_a_fire_stand_and_no_door_is_held(
    tmp_path: Path,
) -> None:
    found = restarted(tmp_path / "journal.db", fire="on", damaged=True)
    assert found == Recalled({"lobby": Mode.LOCKED}, burning=True, written={}, written_fire=False)


def test_no_fire_is_found_where_there_was_none(tmp_path: Path) -> None:
    assert not restarted(tmp_path / "journal.db", fire="off", damaged=True).burning
