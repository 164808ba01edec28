"""The count of a pass's uses: kept with the record, never back, and told only where it is known."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from agent.domain.passes import PassUse
from agent.errors import StoreError
from agent.store.journal import Journal, open_journal
from agent.store.memory import PRUNED_AT_ONCE, TOKEN_MARGIN
from agent.store.passes import LONGEST_PASS, PASSES_MOST
from agent.store.rows import Batch, Entry
from protocols.tokens.visit import WINDOW_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
END = AT + timedelta(hours=8)
A_MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = open_journal(path, boot_id="b", at=AT).journal
    yield journal
    journal.close()


def use(journal: Journal, number: str, nth: int, end: datetime = END) -> None:
    entry = Entry("entry.granted", "lobby", {"pass": number}, AT, 1, "synced")
    journal.commit(Batch(entries=(entry,), pass_uses=(PassUse(number, nth, end),)))


def test_uses_are_counted_one_by_one_and_a_pass_at_a_time(journal: Journal) -> None:
    assert journal.passes.used("pass-a", AT, END) == 0
    use(journal, "pass-a", 1)
    use(journal, "pass-a", 2)
    use(journal, "pass-b", 1)

    assert journal.passes.used("pass-a", AT, END) == 2
    assert journal.passes.used("pass-b", AT, END) == 1


def test_uses_of_one_batch_are_counted_in_order(journal: Journal) -> None:
    journal.commit(Batch(pass_uses=tuple(PassUse("pass-a", nth, END) for nth in (1, 2, 3))))

    assert journal.passes.used("pass-a", AT, END) == 3


@pytest.mark.parametrize("nth", [1, 2, 4])
def test_a_use_that_is_not_the_next_is_not_recorded_at_all(journal: Journal, nth: int) -> None:
    use(journal, "pass-a", 1)
    use(journal, "pass-a", 2)
    before = journal.head

    with pytest.raises(StoreError, match="not its next"):
        use(journal, "pass-a", nth)

    assert journal.head == before
    assert journal.passes.used("pass-a", AT, END) == 2


def test_no_pass_begins_with_its_second_use(journal: Journal) -> None:
    with pytest.raises(StoreError, match="not its next"):
        use(journal, "pass-a", 2)


def test_uses_stay_counted_across_a_restart(journal: Journal, path: Path) -> None:
    use(journal, "pass-a", 1)
    journal.close()
    again = open_journal(path, boot_id="b", at=AT).journal
    assert again.passes.used("pass-a", AT, END) == 1
    again.close()


def test_a_pass_is_forgotten_after_its_end_and_a_margin_and_never_new_again(journal: Journal) -> None:
    use(journal, "pass-a", 1)
    assert journal.passes.prune(END + TOKEN_MARGIN) == 0
    assert journal.passes.used("pass-a", AT, END) == 1
    assert journal.passes.prune(END + TOKEN_MARGIN + A_MOMENT) == 1

    assert journal.passes.used("pass-a", AT, END) is None
    assert journal.passes.used("never seen", AT, END - A_MOMENT) is None
    assert journal.passes.used("never seen", AT, END + A_MOMENT) == 0


def test_the_newest_pass_forgotten_counts_though_an_older_one_goes_later(journal: Journal) -> None:
    use(journal, "pass-a", 1)
    journal.passes.prune(AT + timedelta(days=1))
    use(journal, "older", 1, end=AT)
    journal.passes.prune(AT + timedelta(days=1))

    assert journal.passes.used("pass-a", AT, END) is None


def test_tidying_forgets_passes_a_slice_at_a_time(journal: Journal) -> None:
    uses = tuple(PassUse(f"pass-{n}", 1, END) for n in range(PRUNED_AT_ONCE + 1))
    journal.commit(Batch(pass_uses=uses))
    later = AT + timedelta(days=1)

    assert journal.tidy(later, 0, "unset")
    assert journal.tidy(later, 0, "synced")
    assert not journal.tidy(later, 0, "unset")


def test_when_too_many_are_counted_new_ones_wait_and_known_ones_go_on(journal: Journal) -> None:
    uses = (PassUse(f"pass-{n}", 1, END) for n in range(PASSES_MOST))
    journal.commit(Batch(pass_uses=tuple(uses)))

    assert journal.passes.used("one more", AT, END) is None
    assert journal.passes.used("pass-0", AT, END) == 1
    while journal.passes.prune(AT + timedelta(days=1)):
        pass
    assert journal.passes.used("one more", AT, END + timedelta(days=1)) == 0


def lose(journal: Journal, path: Path, at: datetime) -> Journal:
    """Damage the file under a journal, and return the one that is begun in its place at `at`."""
    journal.close()
    path.write_bytes(b"no database any more" * 500)
    opened = open_journal(path, boot_id="b", at=at)
    assert opened.quarantined is not None
    return opened.journal


def test_after_the_count_was_lost_nobody_can_tell_of_passes_that_had_begun(
    journal: Journal, path: Path
) -> None:
    use(journal, "pass-a", 1)
    lost_at = AT + timedelta(hours=1)
    first = lose(journal, path, lost_at)
    first.tidy(lost_at, 0, "holdover")

    for again in (first, open_journal(path, boot_id="b", at=AT + timedelta(days=1)).journal):
        again.tidy(AT + timedelta(days=1), 0, "synced")  # a loss has one date
        begun = [AT, lost_at, lost_at + A_MOMENT, lost_at - LONGEST_PASS, lost_at - LONGEST_PASS - A_MOMENT]
        told = [again.passes.used("pass-a", begins, END) for begins in begun]
        assert told == [None, None, 0, None, 0]
        again.close()


def test_a_loss_that_no_clock_saw_is_dated_by_the_first_that_is_set(journal: Journal, path: Path) -> None:
    use(journal, "pass-a", 1)
    again = lose(journal, path, datetime(1970, 1, 1, tzinfo=UTC))
    again.tidy(datetime(1970, 1, 1, tzinfo=UTC), 0, "unset")
    assert again.passes.used("pass-a", AT, END) is None
    assert again.passes.used("pass-b", END, END + A_MOMENT) is None

    again.tidy(AT + timedelta(hours=1), 0, "synced")

    assert again.passes.used("pass-a", AT, END) is None
    assert again.passes.used("pass-b", AT + timedelta(hours=1, milliseconds=1), END) == 0
    again.close()


def test_a_file_of_the_first_layout_is_brought_up_and_keeps_its_rows(path: Path) -> None:
    first = resources.files("agent.store.migrations") / "journal" / "0001_journal.sql"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"{first.read_text(encoding='utf-8')}\nPRAGMA user_version = 1;")
        connection.execute("INSERT INTO used_token (jti, expires_ms) VALUES ('token-1', 1)")
        connection.commit()

    opened = open_journal(path, boot_id="b", at=AT)

    assert opened.quarantined is None
    assert opened.journal.memory.is_used("token-1")
    use(opened.journal, "pass-a", 1)
    assert opened.journal.passes.used("pass-a", AT, END) == 1
    opened.journal.close()


def test_a_count_that_cannot_be_read_is_an_error_of_the_store(journal: Journal) -> None:
    journal.close()

    with pytest.raises(StoreError):
        journal.passes.used("pass-a", AT, END)


def test_the_longest_window_is_the_one_that_passes_have() -> None:
    assert timedelta(seconds=WINDOW_S) == LONGEST_PASS
