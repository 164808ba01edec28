"""The arithmetic of the secure channel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from protocols.osdp.framing import Block, Frame, signed_part
from protocols.osdp.secure import DEFAULT_KEY, Session, SessionKeys, SessionLost, weakness

HANDSHAKE = {
    name: value if name == "source" else bytes.fromhex(value)
    for name, value in json.loads((Path(__file__).parents[3] / "vectors" / "osdp.json").read_text("utf-8"))[
        "handshake"
    ].items()
}
STRONG = bytes.fromhex("8f1c2a90b7d3e4465a0f9c3b1d7e2584")


def sessions(key: bytes = STRONG) -> tuple[Session, Session]:
    """Return a panel's session and the device's."""
    keys = SessionKeys(key, b"01234567")
    return Session(keys, b"R" * 16), Session(keys, b"R" * 16)


def aes(key: bytes) -> bytes:
    """Return sixteen zero bytes encrypted with `key`, by the library's front door."""
    return Cipher(AES(key), ECB()).encryptor().update(bytes(16))  # noqa: S305 - a single block


def test_the_handshake_gives_the_published_values() -> None:
    keys = SessionKeys(HANDSHAKE["scbk"], HANDSHAKE["rnd_a"])
    a, b = HANDSHAKE["rnd_a"], HANDSHAKE["rnd_b"]
    zero = bytes(16)
    assert keys.encryption.encrypt(zero) == aes(HANDSHAKE["s_enc"])
    assert keys.mac_rest.encrypt(zero) == aes(HANDSHAKE["s_mac1"])
    assert keys.mac_last.encrypt(zero) == aes(HANDSHAKE["s_mac2"])
    assert keys.client_cryptogram(a, b) == HANDSHAKE["client_cryptogram"]
    assert keys.server_cryptogram(a, b) == HANDSHAKE["server_cryptogram"]
    assert keys.initial_rmac(HANDSHAKE["server_cryptogram"]) == HANDSHAKE["initial_rmac"]


@given(st.lists(st.tuples(st.binary(max_size=80), st.binary(max_size=80)), max_size=5))
def test_a_talk_of_any_data_is_opened_at_the_other_end(talk: list[tuple[bytes, bytes]]) -> None:
    panel, device = sessions()
    for number, (asked, answered) in enumerate(talk):
        command = Frame(1, False, number % 3 + 1, 0x68, asked)
        sealed = panel.seal(command)
        assert asked == b"" or sealed.data != asked
        opened = device.open(sealed)
        assert (opened.code, opened.data) == (0x68, asked)
        reply = Frame(1, True, number % 3 + 1, 0x50, answered)
        back = panel.open(device.seal(reply))
        assert (back.code, back.data) == (0x50, answered)


def test_sixteen_bytes_grow_to_two_blocks() -> None:
    panel, _ = sessions()
    assert len(panel.seal(Frame(1, False, 1, 0x68, bytes(16))).data) == 32


@given(st.integers(0, 31))
def test_a_mac_off_by_one_bit_ends_the_session_and_leaves_the_chain(bit: int) -> None:
    panel, device = sessions()
    sealed = panel.seal(Frame(1, False, 1, 0x60))
    mac = bytearray(sealed.mac)
    mac[bit // 8] ^= 1 << bit % 8
    wrong = Frame(1, False, 1, 0x60, block=sealed.block, mac=bytes(mac))
    with pytest.raises(SessionLost):
        device.open(wrong)
    assert device.open(sealed).code == 0x60


def test_a_frame_cannot_be_opened_twice() -> None:
    panel, device = sessions()
    sealed = panel.seal(Frame(1, False, 1, 0x60))
    device.open(sealed)
    with pytest.raises(SessionLost):
        device.open(sealed)


@pytest.mark.parametrize("block", [None, Block(0x16), Block(0x11, b"\x01")])
def test_a_frame_of_another_kind_is_outside_the_session(block: Block | None) -> None:
    _, device = sessions()
    with pytest.raises(SessionLost):
        device.open(Frame(1, False, 1, 0x60, block=block))


def sealed_by_hand(data: bytes, kind: int, code: int = 0x68) -> tuple[Session, Frame]:
    """Return a session and a frame whose MAC holds, whatever its data are."""
    panel, device = sessions()
    frame = Frame(1, False, 1, code, data, Block(kind))
    mac = panel._mac(signed_part(frame))
    return device, Frame(1, False, 1, code, data, Block(kind), mac[:4])


@pytest.mark.parametrize(("data", "kind"), [(b"clear", 0x15), (b"", 0x17), (b"odd", 0x17), (bytes(16), 0x17)])
def test_a_mac_that_holds_over_a_wrong_shape_ends_the_session(data: bytes, kind: int) -> None:
    device, frame = sealed_by_hand(data, kind)
    with pytest.raises(SessionLost):
        device.open(frame)


@pytest.mark.parametrize("detail", [b"\x09", b"\x09seventh"])  # the latter fills the MAC's block
def test_a_sealed_nak_may_carry_its_reason_unencrypted(detail: bytes) -> None:
    device, frame = sealed_by_hand(detail, 0x15, code=0x41)
    assert device.open(frame).data == detail


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (DEFAULT_KEY, "default"),
        (bytes(16), "repeated"),
        (bytes(range(16)), "counts"),
        (bytes(range(255, 239, -1)), "counts"),
        (b"ab" * 8, "every 2"),
        (b"abcd" * 4, "every 4"),
        (b"abcdefgx" * 2, "every 8"),
        (bytes((7 + 3 * n) & 0xFF for n in range(16)), "counts"),
        (b"\x00" * 15 + b"\x01", "2 different"),
        (bytes.fromhex("01020408a1b2c3d4d4c3b2a108040201"), "mirrors"),
        (b"menshen-is-great", "text"),
    ],
)
def test_a_key_that_is_no_secret_is_known(key: bytes, why: str) -> None:
    assert why in str(weakness(key))


def test_a_key_by_chance_is_none_of_these_and_a_short_one_is_our_mistake() -> None:
    assert weakness(STRONG) is None
    assert weakness(bytes.fromhex("00112233445566778899aabbccddeeff")) is None  # see TOOLS_KEY
    assert "counts" in str(weakness(bytes.fromhex("112233445566778899aabbccddeeff10")))
    with pytest.raises(ValueError, match="16 bytes"):
        weakness(b"short")
    with pytest.raises(ValueError, match="16 bytes"):
        SessionKeys(b"short", bytes(8))
