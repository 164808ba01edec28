"""Commands and replies as values."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import WireError
from protocols.osdp import commands, replies
from protocols.osdp.codes import Function, nak_text
from protocols.osdp.identity import Capabilities, Capability, ExtendedIdentity
from tests.unit.protocols.osdp import shapes


@given(shapes.commands)
def test_every_command_comes_back_as_it_was(command: commands.Command) -> None:
    assert commands.decode(commands.code_of(command), command.data()) == command


@given(shapes.replies)
def test_every_reply_comes_back_as_it_was(reply: replies.Reply) -> None:
    assert replies.decode(replies.code_of(reply), reply.data()) == reply


@pytest.mark.parametrize(
    "reply",
    [
        Capabilities(()),
        ExtendedIdentity((("maker", "门神"), ("9", "?"))),
        replies.Formatted(b"12345", 1, 1),
        replies.MakerReply(b"oui", b"content"),
        replies.OtherReply(0xF0, b"?"),
    ],
)
def test_rare_replies_come_back_as_they_were(reply: replies.Reply) -> None:
    assert replies.decode(replies.code_of(reply), reply.data()) == reply


@pytest.mark.parametrize(
    "command",
    [
        commands.SendFile(1, 100, 50, b"part"),
        commands.MakerCommand(b"oui", b"content"),
        commands.KeepActive(500),
        commands.OtherCommand(0xF0, b"?"),
    ],
)
def test_rare_commands_come_back_as_they_were(command: commands.Command) -> None:
    assert commands.decode(commands.code_of(command), command.data()) == command


@given(st.integers(0, 255), st.binary(max_size=300))
def test_no_data_raise_anything_but_a_wire_error(code: int, data: bytes) -> None:
    for decode in (commands.decode, replies.decode):
        with contextlib.suppress(WireError):
            assert decode(code, data) is not None


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (0x50, "0001 0000"),  # a card of no bits
        (0x50, "0001 ffff 00112233"),  # of 65535 bits, in four bytes
        (0x50, "0001 1a00 023456"),  # one byte short
        (0x50, "0001 1a00 0234568000"),  # one too many
        (0x53, "0002 31"),
        (0x53, "0001 07"),  # no key sends a bell
        (0x45, "00"),
        (0x46, "0101"),
        (0x48, "01"),
        (0x41, ""),
        (0x59, "0100 0000"),  # a header cut short
        (0x59, "0000 0100 0000"),  # a part beyond its whole
        (0x59, "0300 0000 0300 000900"),  # a text that is not there
        (0x59, "0100 0000 0100 00"),  # a record without its length
    ],
)
def test_replies_that_contradict_themselves_are_wire_errors(code: int, data: str) -> None:
    with pytest.raises(WireError):
        replies.decode(code, bytes.fromhex(data))


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (0x60, "00"),
        (0x68, "000500"),
        (0x69, ""),
        (0x6B, "000105010105"),
        (0x75, "0010" + "00" * 16),
        (0x75, "010f" + "00" * 16),
        (0x7C, "01" + "00" * 8 + "0500" + "00"),
    ],
)
def test_commands_that_contradict_themselves_are_wire_errors(code: int, data: str) -> None:
    with pytest.raises(WireError):
        commands.decode(code, bytes.fromhex(data))


def test_neither_a_key_nor_a_pin_is_ever_printed() -> None:
    assert "1" not in repr(replies.Keys("1111"))
    assert "k" * 4 not in repr(commands.SetKey(b"k" * 16))


def test_a_capability_is_found_by_its_function() -> None:
    can = Capabilities((Capability(4, 4, 1),))
    assert can.find(Function.LED) == Capability(4, 4, 1)
    assert can.find(Function.BUZZER) is None


def test_every_reason_of_a_nak_has_a_meaning() -> None:
    assert nak_text(3) == "the device does not know this command"
    assert nak_text(0x77) == "reason 0x77"
