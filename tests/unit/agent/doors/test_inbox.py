"""The inbox: in order, bounded, and never deaf to the word to stop."""

from __future__ import annotations

from agent.doors.inbox import BATCH, Inbox


def test_what_waits_is_taken_in_order_and_in_batches() -> None:
    inbox: Inbox[int] = Inbox()
    for number in range(BATCH + 1):
        inbox.put(number)

    assert inbox.take(0) == list(range(BATCH))
    assert inbox.take(0) == [BATCH]
    assert inbox.take(0) == []


def test_what_does_not_fit_is_counted_once_and_the_last_word_always_fits() -> None:
    inbox: Inbox[str] = Inbox(longest=2)
    for word in ("a", "b", "c", "d"):
        inbox.put(word)
    inbox.put("stop", always=True)

    assert inbox.take(0) == ["a", "b", "stop"]
    assert (inbox.dropped(), inbox.dropped()) == (2, 0)
