"""What a device says of itself in words, in one answer or in several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from drivers.simulator.osdp_device import Device
from protocols.errors import WireError
from protocols.osdp.codes import Function
from protocols.osdp.commands import Identify, Poll
from protocols.osdp.framing import Frame, encode
from protocols.osdp.happenings import Came, Reported, Troubled
from protocols.osdp.identity import (
    MOST_TEXT_BYTES,
    Capabilities,
    Capability,
    ExtendedIdentity,
    IdentityPart,
    IdentityParts,
)
from protocols.osdp.login import MOST_TEXT_POLLS
from protocols.osdp.replies import Ack, Nak, Raw
from tests.unit.protocols.osdp.talk import BITS, Talk

if TYPE_CHECKING:
    from protocols.osdp.commands import Command
    from protocols.osdp.replies import Reply

CAN = Capabilities((Capability(Function.EXTENDED_ID, 1, 1),))
TEXTS = (("maker", "Menshen"), ("product", "reader of doors"), ("url", "https://example.org/" + "x" * 80))


@dataclass
class Odd(Device):
    """A device that is asked for its texts and says something of its own: `says`, the rest of it to polls."""

    says: tuple[Reply, ...] = ()

    def answer(self, command: Command, at: float) -> Reply:
        if command != Identify(extended=True):
            return super().answer(command, at)
        self.reports.extend(self.says[1:])
        return self.says[0]


@pytest.fixture(autouse=True)
def _has_texts(talk: Talk) -> None:
    talk.peer.device.capabilities = CAN
    talk.peer.device.texts = TEXTS


def odd(talk: Talk, *says: Reply) -> Talk:
    """Put an odd device to the other end."""
    talk.peer.device = Odd(capabilities=CAN, says=says)
    return talk


@pytest.mark.parametrize("size", [None, 1000, 64, 5, 2])
def test_the_texts_come_whole_in_however_many_parts(talk: Talk, size: int | None) -> None:
    talk.peer.device.texts = TEXTS[: 3 if size is None or size > 5 else 1]
    talk.peer.device.text_part_bytes = size
    assert talk.until(Came).texts == talk.peer.device.texts
    assert talk.reader.online


def test_they_are_asked_for_inside_the_session_and_once(talk: Talk) -> None:
    talk.until(Came)
    assert talk.reader.secure is bool(talk.reader.counters.sessions)
    talk.peer.power_cycle()
    talk.turns(15)
    asked = [command for _, command in talk.peer.received if command == Identify(extended=True)]
    assert len(asked) == 1


def test_a_card_shown_meanwhile_is_not_lost(talk: Talk) -> None:
    talk.peer.device.text_part_bytes = 40
    talk.peer.device.present(BITS)
    talk.peer.device.reports.append(Ack())
    talk.until(Came)
    talk.turns(4)
    assert [each.reply for each in talk.all(Reported)].count(Raw(BITS, format=1)) == 1


def test_parts_that_take_their_time_are_waited_for(talk: Talk) -> None:
    body = ExtendedIdentity(TEXTS).body
    size = len(body)
    odd(talk, IdentityPart(size, 0, body[:50]), Ack(), Ack(), IdentityPart(size, 50, body[50:]))
    assert talk.until(Came).texts == TEXTS


@pytest.mark.parametrize(
    "rest",
    [Nak(3), IdentityPart(200, 150, b"gap"), IdentityPart(300, 20, b"x"), IdentityPart(200, 20, b"")],
    ids=["no", "gap", "other-whole", "empty"],
)
def test_a_device_that_does_not_go_on_is_online_with_what_came(talk: Talk, rest: Reply) -> None:
    odd(talk, IdentityPart(200, 0, b"\x00\x07\x00Menshen\x01\xff\x00Menabcd"), rest)
    came = talk.until(Came)
    assert came.texts == ((("maker", "Menshen"),) if isinstance(rest, Nak) else ())
    malformed = any(each.kind == "malformed" for each in talk.all(Troubled))
    assert malformed is not isinstance(rest, Nak)


def test_a_device_that_never_ends_is_online_all_the_same(talk: Talk) -> None:
    odd(talk, IdentityPart(200, 0, b"\x00\x07"))
    talk.until(Came, turns=MOST_TEXT_POLLS + 10)
    assert talk.peer.polls == MOST_TEXT_POLLS


def test_a_device_that_says_other_things_for_ever_is_online_all_the_same(talk: Talk) -> None:
    odd(talk, *[Raw(BITS)] * 100)
    talk.until(Came, turns=MOST_TEXT_POLLS + 10)
    assert talk.peer.polls == MOST_TEXT_POLLS


def test_a_device_that_knows_no_texts_after_all_is_taken_as_it_is(talk: Talk) -> None:
    odd(talk, Ack())
    assert talk.until(Came).texts == ()


def test_one_that_loses_its_session_over_them_is_not_asked_again(talk: Talk) -> None:
    def meddle(answer: bytes) -> bytes:
        last = talk.peer.received[-1][1] if talk.peer.received else Poll()
        refusal = encode(Frame(1, True, talk.spoken[-1][5] & 3, 0x41, b"\x06"))
        return refusal if last == Identify(extended=True) else answer

    talk.back = meddle
    assert talk.until(Came).texts == ()
    assert list(talk.all(Troubled)) == [] or not talk.reader.secure


def test_a_whole_longer_than_any_is_refused() -> None:
    with pytest.raises(WireError, match="claims"):
        IdentityParts().add(IdentityPart(MOST_TEXT_BYTES + 1, 0, b"x"))
