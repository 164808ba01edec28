"""What a serial reader promises beyond what every driver does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from drivers.contract import CardRead, Failed, Indicate, KeysPressed, Online, Signal, Trouble, Why
from drivers.listener import REOPEN_S
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
    yield from running(SerialRig(NO_FAULTS))


@pytest.fixture
def s4a() -> Iterator[tuple[SerialRig, Inbox]]:
    """Give a converter that prints ten decimal digits for a card, and a byte for a key."""
    rig = SerialRig(NO_FAULTS, digits="decimal", count=10, format="W34_CARD32", keypad="byte")
    yield from running(rig)


@pytest.fixture
def with_codes() -> Iterator[tuple[SerialRig, Inbox]]:
    codes = {"frame": "26-facility", "facility": 0, "shortest": 4, "longest": 4}
    yield from running(SerialRig(NO_FAULTS, keypad_codes=codes))


@pytest.fixture
def bits() -> Iterator[tuple[SerialRig, Inbox]]:
    """Give a converter that prints the bits as they came, with a keypad behind it."""
    yield from running(SerialRig(NO_FAULTS, digits="bits", count=None, format=None, keypad="8"))


def running(made: SerialRig) -> Iterator[tuple[SerialRig, Inbox]]:
    inbox = Inbox()
    made.start()
    made.driver.start(inbox)
    try:
        inbox.after(0, Online)
        yield made, inbox
    finally:
        made.driver.stop(STOP_WITHIN_S)
        made.stop()


def keys_of(inbox: Inbox) -> list[str]:
    return [event.keys for event in inbox.events if isinstance(event, KeysPressed)]


def bits_of(inbox: Inbox) -> list[str]:
    return [event.bits for event in inbox.events if isinstance(event, CardRead)]


def test_a_port_that_goes_as_soon_as_it_is_there_is_not_opened_without_a_pause(
    rig: tuple[SerialRig, Inbox],
) -> None:
    """An adapter with a bad contact: each coming and going is two entries in the journal."""
    made, inbox = rig
    came_at = []
    for _ in range(3):
        count = len(inbox.events)
        made.unplug()
        made.plug()
        online = inbox.after(count, Online)
        assert isinstance(online, Online)
        came_at.append(online.at)
    assert came_at[-1] - came_at[0] >= REOPEN_S


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


def test_keys_come_one_by_one_also_the_same_twice_and_a_card_between(s4a: tuple[SerialRig, Inbox]) -> None:
    made, inbox = s4a
    for byte in (b"1", b"1", b"\x4b"):
        before = len(inbox.events)
        made.line.say(byte)
        inbox.after(before, KeysPressed)
    made.line.say(b"0040856634\r\n")
    inbox.wait_for(lambda _: bits_of(inbox))
    assert keys_of(inbox) == ["1", "1", "#"]
    assert len(bits_of(inbox)) == 1


def test_a_typed_code_is_keys_and_never_a_card(with_codes: tuple[SerialRig, Inbox]) -> None:
    made, inbox = with_codes
    made.line.say(b"00002A\r010203\r00FFFF\r")
    inbox.wait_for(lambda _: bits_of(inbox))
    threading.Event().wait(0.1)
    assert keys_of(inbox) == ["0042#"]
    assert len(bits_of(inbox)) == 1


def test_half_a_line_for_ever_is_no_card_and_the_next_whole_one_is(rig: tuple[SerialRig, Inbox]) -> None:
    made, inbox = rig
    for _ in range(5):  # half a line, and silence
        made.line.say(b"760")
        threading.Event().wait(0.08)
    for _ in range(40):  # a digit now and then, never silent, never an end
        made.line.say(b"7606430")
        threading.Event().wait(0.01)
    assert bits_of(inbox) == []
    threading.Event().wait(0.1)
    made.line.say(b"760643\r")
    inbox.wait_for(lambda _: bits_of(inbox))
    assert bits_of(inbox) == [BITS]
    assert made.driver.line_health()["noise_bytes"] == 5 * 3 + 40 * 7


def test_a_reader_that_babbles_cards_is_heard_at_a_persons_pace(rig: tuple[SerialRig, Inbox]) -> None:
    made, inbox = rig
    for card in range(200):
        made.line.say(f"{card:06X}\r".encode("ascii"))
    inbox.wait_for(lambda events: any(isinstance(event, Trouble) for event in events))
    threading.Event().wait(0.2)
    assert len(bits_of(inbox)) < 100
    assert made.driver.line_health()["babble_dropped"] == 200 - len(bits_of(inbox))


def test_bits_come_as_they_are_keys_as_keys_and_fragments_as_noise(bits: tuple[SerialRig, Inbox]) -> None:
    made, inbox = bits
    made.line.say(f"{BITS}\r\n11100001\r\n11111111\r\n0110\r\n{BITS[1:]}\r\n".encode("ascii"))
    inbox.wait_for(lambda _: len(bits_of(inbox)) == 2)
    threading.Event().wait(0.1)
    assert bits_of(inbox) == [BITS, BITS[1:]]
    assert keys_of(inbox) == ["1"]
    assert made.driver.line_health()["noise_bytes"] == 12
