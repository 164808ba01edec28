from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.errors import StoreError
from agent.store.journal import Journal, open_journal
from agent.store.memory import PRUNED_AT_ONCE, TOKEN_MARGIN, TOKENS_MOST, Claim
from agent.store.rows import Batch, UsedToken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
END = AT + timedelta(seconds=30)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = open_journal(path, boot_id="b", at=AT).journal
    yield journal
    journal.close()


def use(journal: Journal, *tokens: str, end: datetime = END) -> None:
    journal.commit(Batch(used=tuple(UsedToken(jti, end) for jti in tokens)))


def test_a_token_is_fresh_once(journal: Journal) -> None:
    assert journal.memory.claim("a", END) is Claim.FRESH
    assert journal.memory.claim("a", END) is Claim.REPLAYED
    assert journal.memory.is_used("a")
    use(journal, "a")
    assert journal.memory.claim("a", END) is Claim.REPLAYED
    assert journal.memory.claim("b", END) is Claim.FRESH


def test_a_token_stays_used_across_a_restart(journal: Journal, path: Path) -> None:
    use(journal, "a")
    journal.close()
    again = open_journal(path, boot_id="b", at=AT).journal
    assert again.memory.claim("a", END) is Claim.REPLAYED
    again.close()


def test_a_token_used_behind_the_memory_s_back_cannot_be_committed(journal: Journal) -> None:
    use(journal, "a")
    with pytest.raises(StoreError):
        use(journal, "a")


def test_a_token_is_forgotten_after_its_end_and_a_margin(journal: Journal) -> None:
    use(journal, "a")
    assert journal.memory.prune(END + TOKEN_MARGIN) == 0
    assert journal.memory.is_used("a")
    assert journal.memory.prune(END + TOKEN_MARGIN + timedelta(milliseconds=1)) == 1
    assert not journal.memory.is_used("a")
    assert journal.memory.forgotten_until() == END


def test_a_forgotten_token_is_not_fresh_when_the_clock_is_set_back(journal: Journal) -> None:
    use(journal, "a")
    journal.memory.prune(AT + timedelta(days=1))
    assert journal.memory.claim("a", END) is Claim.REPLAYED
    assert journal.memory.claim("never seen", END - timedelta(seconds=1)) is Claim.REPLAYED
    assert journal.memory.claim("later", END + timedelta(seconds=1)) is Claim.FRESH


def test_a_claim_that_was_never_committed_is_forgotten_too(journal: Journal) -> None:
    journal.memory.claim("a", END)
    journal.memory.prune(AT + timedelta(days=1))
    assert not journal.memory.is_used("a")


def test_tidying_forgets_a_slice_at_a_time(journal: Journal) -> None:
    use(journal, *(f"t{n}" for n in range(PRUNED_AT_ONCE + 1)))
    later = AT + timedelta(days=1)
    assert journal.tidy(later, 0, "unset")
    assert journal.tidy(later, 0, "synced")
    assert not journal.tidy(later, 0, "unset")


def test_a_flood_of_tokens_is_refused_and_none_is_forgotten_for_it(journal: Journal) -> None:
    use(journal, *(f"t{n}" for n in range(TOKENS_MOST - 1)))
    assert journal.memory.claim("last", END) is Claim.FRESH
    assert journal.memory.claim("one more", END) is Claim.FULL
    assert journal.memory.is_used("t0")
    while journal.memory.prune(AT + timedelta(days=1)):
        pass
    assert journal.memory.claim("one more", END + timedelta(days=1)) is Claim.FRESH


def test_after_the_memory_was_lost_what_was_signed_before_is_not_fresh(journal: Journal, path: Path) -> None:
    use(journal, "a")
    journal.close()
    path.write_bytes(b"no database any more" * 500)
    lost_at = AT + timedelta(seconds=10)
    opened = open_journal(path, boot_id="b", at=lost_at)
    assert opened.quarantined is not None
    for again in (opened.journal, open_journal(path, boot_id="b", at=AT + timedelta(days=1)).journal):
        signed = [AT, lost_at, lost_at + timedelta(seconds=5), lost_at + timedelta(seconds=5, milliseconds=1)]
        claims = [again.memory.claim("a", END, signed_at) for signed_at in signed]
        assert claims == [Claim.REPLAYED, Claim.REPLAYED, Claim.REPLAYED, Claim.FRESH]
        long_ended = lost_at - timedelta(seconds=331)
        assert again.memory.claim("b", END, long_ended) is Claim.FRESH
        again.close()


def test_a_first_start_has_lost_nothing(journal: Journal) -> None:
    assert journal.memory.claim("a", END, AT - timedelta(seconds=20)) is Claim.FRESH
