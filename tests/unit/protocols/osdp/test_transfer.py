"""A file on its way to a device."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.osdp.framing import Block, Frame, encode
from protocols.osdp.identity import Capabilities, Capability
from protocols.osdp.replies import Ack, FileStatus
from protocols.osdp.secure import Session, SessionKeys
from protocols.osdp.transfer import MOST_BEGINNINGS, Transfer

if TYPE_CHECKING:
    from protocols.osdp.commands import SendFile

CONTENT = bytes(range(256)) * 2


def parts(transfer: Transfer, status: int = 0) -> list[SendFile]:
    """Send everything, each part taken; the last one with status 1."""
    sent = []
    while not transfer.over:
        part = transfer.next()
        sent.append(part)
        end = part.offset + len(part.fragment)
        transfer.take(part, FileStatus(1 if end == part.total else status), 0.0, secure=True)
    return sent


@given(st.binary(min_size=1, max_size=2000), st.integers(0, 1440))
def test_the_parts_are_the_file_and_each_fits_the_device(content: bytes, longest: int) -> None:
    transfer = Transfer(content)
    transfer.fit(Capabilities((Capability(10, longest & 0xFF, longest >> 8),)))
    sent = parts(transfer)
    assert b"".join(part.fragment for part in sent) == content
    assert transfer.done
    session = Session(SessionKeys(bytes(range(1, 17)), bytes(8)), bytes(16))
    for part in sent:
        sealed = session.seal(Frame(1, False, 1, part.CODE, part.data(), Block(0x17)))
        assert len(encode(sealed)) <= max(128, longest)


def test_a_device_that_says_nothing_of_its_size_gets_small_parts() -> None:
    transfer = Transfer(CONTENT)
    transfer.fit(Capabilities(()))
    assert len(transfer.next().fragment) == 100


def test_a_device_that_is_finishing_is_asked_by_empty_parts() -> None:
    transfer = Transfer(b"small")
    part = transfer.next()
    transfer.take(part, FileStatus(3, delay_ms=500), 10.0, secure=True)
    assert (transfer.over, transfer.not_before) == (False, 10.5)
    empty = transfer.next()
    assert (empty.fragment, empty.offset, empty.total) == (b"", 5, 5)
    transfer.take(empty, FileStatus(0), 11.0, secure=True)
    assert transfer.done


def test_a_device_that_restarts_with_its_file_is_done() -> None:
    transfer = Transfer(b"small")
    transfer.take(transfer.next(), FileStatus(2), 0.0, secure=True)
    assert transfer.done
    assert transfer.rebooting


def test_a_device_may_ask_for_larger_parts() -> None:
    transfer = Transfer(CONTENT * 2)
    transfer.take(transfer.next(), FileStatus(0, longest=256), 0.0, secure=True)
    assert len(transfer.next().fragment) > 200
    transfer.take(transfer.next(), FileStatus(0, longest=3), 0.0, secure=True)  # nonsense: kept as it was
    assert len(transfer.next().fragment) > 200


def test_a_device_that_has_forgotten_is_begun_with_anew_a_few_times() -> None:
    transfer = Transfer(CONTENT)
    for _ in range(MOST_BEGINNINGS - 1):
        transfer.take(transfer.next(), FileStatus(0), 0.0, secure=True)
        transfer.take(transfer.next(), FileStatus(-1), 0.0, secure=True)
        assert (transfer.offset, transfer.over) == (0, False)
    transfer.take(transfer.next(), FileStatus(0), 0.0, secure=True)
    transfer.take(transfer.next(), FileStatus(-1), 0.0, secure=True)
    assert transfer.failed == "the device has given the file up"


@pytest.mark.parametrize(
    ("status", "why"), [(-1, "given"), (-2, "recognise"), (-3, "malformed"), (-9, r"refuses the file \(-9\)")]
)
def test_a_refusal_is_the_end(status: int, why: str) -> None:
    transfer = Transfer(b"small")
    transfer.take(transfer.next(), FileStatus(status), 0.0, secure=True)
    assert re.search(why, str(transfer.failed))
    assert transfer.over


def test_a_device_that_does_not_know_files_is_the_end() -> None:
    transfer = Transfer(b"small")
    transfer.take(transfer.next(), Ack(), 0.0, secure=True)
    assert transfer.failed == "the device does not answer as one that takes files"


@pytest.mark.parametrize("kind", [0, -1, 256])
def test_a_kind_that_no_byte_says_is_our_own_mistake(kind: int) -> None:
    with pytest.raises(ValueError, match="kind"):
        Transfer(b"small", kind)


def test_a_file_of_nothing_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="1 to"):
        Transfer(b"")
