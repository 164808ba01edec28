"""What a serial reader promises beyond what every driver does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from drivers.contract import CardRead, Failed, Indicate, Online, Signal, Why
from drivers.simulator.line import NO_FAULTS
from tests.contract.rig import Inbox
from tests.contract.wiegand_serial.rig import SerialRig

if TYPE_CHECKING:
    from collections.abc import Iterator

BITS = "10111011000000110010000110"
OTHER = "10111011000000110010001001"
STOP_WITHIN_S = 5.0


@pytest.fixture
def rig() -> Iterator[tuple[SerialRig, Inbox]]:
    made, inbox = SerialRig(NO_FAULTS), Inbox()
    made.start()
    made.driver.start(inbox)
    try:
        inbox.after(0, Online)
        yield made, inbox
    finally:
        made.driver.stop(STOP_WITHIN_S)
        made.stop()


def bits_of(inbox: Inbox) -> list[str]:
    return [event.bits for event in inbox.events if isinstance(event, CardRead)]


def test_a_card_that_stays_is_read_once_and_another_at_once(rig: tuple[SerialRig, Inbox]) -> None:
    made, inbox = rig
    made.present(BITS)
    made.present(OTHER)
    inbox.wait_for(lambda _: len(bits_of(inbox)) == 2)
    assert bits_of(inbox) == [BITS, OTHER]
    assert made.driver.line_health()["repeats"] != 0


def test_a_babbling_line_gives_no_card(rig: tuple[SerialRig, Inbox]) -> None:
    made, inbox = rig
    for _ in range(100):
        made.line.say(b"7606430" * 100)
    made.line.say(b"\r")
    threading.Event().wait(0.3)
    assert bits_of(inbox) == []
    assert made.driver.line_health()["noise_bytes"] != 0


def test_nothing_can_be_shown_at_it(rig: tuple[SerialRig, Inbox]) -> None:
    made, inbox = rig
    made.driver.do(Indicate(1, made.reader, Signal.GRANTED))
    answer = inbox.answer(1)
    assert isinstance(answer, Failed)
    assert answer.why == Why.REFUSED
