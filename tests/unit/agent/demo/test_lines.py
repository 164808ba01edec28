"""Sights as lines for people."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from agent.demo.feed import Act, Note, Phrase, Relay, Sight, Title, Told, Verdict
from agent.demo.lines import Lines, about, reason_in_words
from protocols.mqtt.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterable

BEGUN = Title(1, Phrase("card"), Phrase("card_about"))
CARD = Act("person", Phrase("presents", {"card": "A17", "door": "lobby"}))


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def event(kind: str, door: str | None = None, *, historical: bool = False, **body: Any) -> Event:
    return Event(
        gw="demo-gw",
        seq=7,
        at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
        boot_id="b",
        mono_ms=98_500,
        clock="synced",
        historical=historical,
        kind=kind,
        door=door,
        body=body,
    )


def shown(*sights: Sight) -> list[str]:
    lines = Lines()
    return [line.plain.strip() for sight in sights for line in lines.of(sight)]


def after_the_card(*seen: tuple[float, Relay | Told | Note]) -> list[str]:
    sights: Iterable[Sight] = (Sight(100 + after_s, what) for after_s, what in seen)
    return shown(Sight(99, BEGUN), Sight(100, CARD), *sights)[4:]


def test_what_follows_from_an_act_says_how_long_after() -> None:
    assert after_the_card((0.031, Relay("lobby", 3.0)), (1.24, Relay("lobby", 0.0))) == [
        "+31 ms  relay    lobby: lock driven for 3 s",
        "+1.2 s  relay    lobby: lock let go",
    ]


def test_a_relay_that_was_off_is_not_let_go() -> None:
    assert after_the_card((0.1, Relay("lobby", 0.0))) == []


def test_a_renewed_lease_is_told_once() -> None:
    seen = after_the_card(
        (0.1, Relay("lobby", 20.0)),
        (0.2, Relay("garage", math.inf)),
        (10.0, Relay("lobby", 20.0)),
        (10.1, Relay("garage", math.inf)),
    )
    assert seen == [
        "+100 ms  relay    lobby: lock driven for 20 s",
        "+200 ms  relay    garage: lock driven until told otherwise",
    ]


def test_a_second_card_while_the_lock_is_free_is_told_again() -> None:
    lines = shown(
        Sight(100, CARD),
        Sight(100.1, Relay("lobby", 3.0)),
        Sight(101, CARD),
        Sight(101.1, Relay("lobby", 3.0)),
    )
    assert [line for line in lines if "driven" in line] == [
        "+100 ms  relay    lobby: lock driven for 3 s"
    ] * 2


def test_a_refusal_says_its_reason_in_words() -> None:
    denied = event("entry.denied", "lobby", reason="revoked", person="p-0123456789abcdef")
    assert about(denied) == (
        "lobby: entry denied · revoked: this card, phone or pass was revoked · person p-01234567…"
    )
    assert reason_in_words("no_words_for_this") == "no_words_for_this"
    note = Note("phone", Phrase("phone_not", {"outcome": "refused", "reason": "door_locked"}), good=False)
    assert after_the_card((0.2, note)) == [
        "+200 ms  phone    is told “refused”: door_locked: the door is locked down"
    ]


def test_a_kind_without_words_is_left_out_live_and_named_in_a_backlog() -> None:
    assert after_the_card((0.1, Told(event("store.fold")))) == []
    kept = after_the_card((0.1, Told(event("store.fold", historical=True))))
    assert kept == ["+100 ms  centre   #7 store.fold · kept 1.6 s, marked historical"]


def test_what_another_line_says_is_left_out_live_and_shown_in_a_backlog() -> None:
    assert after_the_card((0.1, Told(event("door.released", "lobby")))) == []
    kept = after_the_card((0.1, Told(event("door.released", "lobby", historical=True))))
    assert kept == [
        "+100 ms  centre   #7 lobby: the board confirmed the release · kept 1.6 s, marked historical"
    ]


def test_a_door_that_was_closed_all_along_is_no_news() -> None:
    assert after_the_card((0.1, Told(event("door.closed", "lobby", unwatched=True)))) == []
    assert after_the_card((0.1, Told(event("door.closed", "lobby", unwatched=False)))) == [
        "+100 ms  centre   #7 lobby: door closed"
    ]


def test_what_happens_long_after_the_last_act_has_no_time() -> None:
    assert after_the_card((200.0, Told(event("door.opened", "lobby")))) == ["centre   #7 lobby: door opened"]


def test_what_the_prompt_answers_has_no_time() -> None:
    assert after_the_card((5.0, Note("demo", Phrase("is_cut"), good=False))) == [
        "demo     the broker is away; first: restore"
    ]


def test_a_step_begins_with_its_number_and_ends_with_its_verdict() -> None:
    lines = shown(
        Sight(1, BEGUN),
        Sight(2, Verdict(1, Phrase("card_seen", {"ms": 12}), 1.0)),
        Sight(3, Verdict(1, Phrase("not_seen", {"why": "no relay"}), 1.0, good=False)),
    )
    assert lines[1].startswith("1 A resident")
    assert lines[3:] == ["✓ 12 ms from the card to the lock", "✗ did not happen: no relay"]


def test_chinese_lines_stand_in_the_same_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert after_the_card((0.031, Relay("lobby", 3.0)), (0.1, Told(event("fire.on")))) == [
        "+31 ms  继电器   lobby：门锁释放 3 秒",
        "+100 ms  中心     #7 火警",
    ]
