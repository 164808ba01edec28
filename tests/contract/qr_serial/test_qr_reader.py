"""What a QR reader promises beyond what every driver does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from drivers.contract import Online, PassRead
from drivers.simulator.line import NO_FAULTS
from tests.contract.qr_serial.rig import QrRig
from tests.contract.rig import Inbox

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_WITHIN_S = 5.0


@pytest.fixture
def rig() -> Iterator[tuple[QrRig, Inbox]]:
    made, inbox = QrRig(NO_FAULTS), Inbox()
    made.start()
    made.driver.start(inbox)
    try:
        inbox.after(0, Online)
        yield made, inbox
    finally:
        made.driver.stop(STOP_WITHIN_S)
        made.stop()


def texts_of(inbox: Inbox) -> list[str]:
    return [event.text for event in inbox.events if isinstance(event, PassRead)]


def test_a_code_that_stays_is_read_once_and_another_at_once(rig: tuple[QrRig, Inbox]) -> None:
    made, inbox = rig
    for _ in range(3):
        made.line.say(b"one.two.three\r\n")
        threading.Event().wait(0.05)
    made.line.say(b"four.five.six\r")
    inbox.wait_for(lambda _: len(texts_of(inbox)) == 2)
    assert texts_of(inbox) == ["one.two.three", "four.five.six"]
    assert made.driver.line_health()["repeats"] == 2


def test_a_code_of_a_megabyte_is_no_code_and_the_next_one_is(rig: tuple[QrRig, Inbox]) -> None:
    made, inbox = rig
    for _ in range(256):
        made.line.say(b"x" * 4096)
        threading.Event().wait(0.002)
    made.line.say(b"tail\rone.two.three\r")
    inbox.wait_for(lambda _: texts_of(inbox))
    assert texts_of(inbox) == ["one.two.three"]
    threading.Event().wait(0.1)
    assert int(made.driver.line_health()["noise_bytes"]) >= 256 * 2048  # a full terminal drops some


def test_a_code_without_end_is_no_code(rig: tuple[QrRig, Inbox]) -> None:
    made, inbox = rig
    for _ in range(20):
        made.line.say(b"x" * 4000)
    threading.Event().wait(0.3)
    assert texts_of(inbox) == []
    assert made.driver.line_health()["noise_bytes"] != 0
