"""The feed, and the runner of the story: what is seen, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

import pytest

from agent.cli.words import known
from agent.demo.feed import Feed, Note, NotSeen, Phrase, Relay, Title, Verdict
from agent.demo.people import RESIDENTS, STRANGER, bits_of, holder_of, number_of
from agent.demo.script import STORY, Step, StepFailed, TimeIsUp, play
from agent.demo.town import drives
from agent.errors import BadInput, Unavailable
from agent.office.identity import Document, flaw_of
from protocols.wiegand.decoding import decode

if TYPE_CHECKING:
    from agent.demo.town import Town
    from tests.peers.hand_clock import HandClock

TODAY = date(2026, 11, 22)
NOBODYS_TOWN = cast("Town", None)
"""For steps that look at no town."""


def test_what_was_seen_before_is_found_at_once(clock: HandClock) -> None:
    feed = Feed(clock.monotonic)
    early = feed.put(Relay("lobby", 3.0))
    mark = feed.mark()
    late = feed.put(Relay("lobby", 1.0), at=42.0)
    found = [
        feed.wait(lambda s: drives(s, "lobby"), since=start, within_s=0, what="it") for start in (0, mark)
    ]
    assert found == [early, late]
    assert late.at == 42.0
    assert feed.since(mark) == (late,)


def test_what_is_not_seen_is_named(clock: HandClock) -> None:
    feed = Feed(clock.monotonic)
    feed.put(Relay("garage", 3.0))
    feed.put(Relay("lobby", 0.0))
    with pytest.raises(NotSeen, match="the relay of lobby"):
        feed.wait(lambda s: drives(s, "lobby"), since=0, within_s=0, what="the relay of lobby")
    assert feed.glance(lambda s: drives(s, "lobby"), since=0, within_s=0) is None


def test_a_story_that_happens_is_told_step_by_step(clock: HandClock) -> None:
    feed = Feed(clock.monotonic)
    play(
        [Step("card", lambda _: {"ms": 5}), Step("phone", lambda _: {"ms": 6})],
        NOBODYS_TOWN,
        feed,
        clock.monotonic,
    )
    assert [sight.what for sight in feed.since(0)] == [
        Title(1, Phrase("card"), Phrase("card_about")),
        Verdict(1, Phrase("card_seen", {"ms": 5}), 0.0),
        Title(2, Phrase("phone"), Phrase("phone_about")),
        Verdict(2, Phrase("phone_seen", {"ms": 6}), 0.0),
    ]


@pytest.mark.parametrize(
    "error", [NotSeen("no relay"), TimeIsUp("no relay"), Unavailable("no relay"), BadInput("no relay")]
)
def test_the_story_stops_at_the_first_step_that_does_not_happen(clock: HandClock, error: Exception) -> None:
    feed = Feed(clock.monotonic)

    def fails(_: Town) -> dict[str, object]:
        raise error

    never: list[Town] = []

    def runs(town: Town) -> dict[str, object]:
        never.append(town)
        return {}

    with pytest.raises(StepFailed, match=r"step 2 \(phone\): no relay") as caught:
        play(
            [Step("card", lambda _: {"ms": 5}), Step("phone", fails), Step("out", runs)],
            NOBODYS_TOWN,
            feed,
            clock.monotonic,
        )
    assert caught.value.exit_code != 0
    assert (caught.value.number, caught.value.name) == (2, "phone")
    assert never == []
    verdict = feed.since(0)[-1].what
    assert verdict == Verdict(2, Phrase("not_seen", {"why": "no relay"}), 0.0, good=False)


@pytest.mark.parametrize("step", STORY, ids=lambda step: step.name)
def test_every_step_has_its_words(step: Step) -> None:
    assert all(known(f"demo.{step.name}{part}") for part in ("", "_about", "_seen"))


def test_the_residents_papers_could_be_papers() -> None:
    assert [flaw_of(each.document, each.number, TODAY) for each in RESIDENTS.values()] == [None] * len(
        RESIDENTS
    )
    assert len({each.number for each in RESIDENTS.values()}) == len(RESIDENTS)
    assert Document.RESIDENT in {each.document for each in RESIDENTS.values()}


@pytest.mark.parametrize("card", [*RESIDENTS, STRANGER])
def test_a_card_is_read_as_the_number_that_the_office_knows(card: str) -> None:
    read = decode(bits_of(card), ("H10301", "W34_CARD32"))
    assert read is not None
    assert read.number == number_of(card)


def test_a_card_that_there_is_not_is_bad_input() -> None:
    for wrong in ("X99", ""):
        with pytest.raises(BadInput, match="A17"):
            bits_of(wrong)
    with pytest.raises(BadInput):
        holder_of(STRANGER)


def test_a_note_is_a_value() -> None:
    note = Note("phone", Phrase("desk_done"))
    assert replace(note, good=False) != note
