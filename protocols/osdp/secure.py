"""The secure channel: session keys, cryptograms, and the chain of MACs, for both roles.

AES-128 throughout. A session's keys come from the device's key (SCBK) and six bytes of the panel's random
number: the device's random number takes no part, so the panel's source of chance alone makes sessions
differ. Source: see codes.py; every formula was checked on captured sessions of independent
implementations, and the constants below against published example values.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from itertools import pairwise

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from protocols.errors import WireError
from protocols.osdp.codes import BlockType, ReplyCode
from protocols.osdp.framing import MAC_BYTES, Block, Frame, signed_part

KEY_BYTES = 16
BLOCK_BYTES = 16
RANDOM_BYTES = 8
CUID_BYTES = 8
RANDOM_BYTES_IN_KEYS = 6
DEFAULT_KEY = bytes(range(0x30, 0x40))
"""SCBK-D, which every device knows: for installing, and worth nothing as a secret."""
PAD = 0x80
ACCEPTED = b"\x01"
REFUSED = b"\xff"
TOOLS_KEY = bytes(range(0x00, 0x100, 0x11))
"""A bad key like any that counts; it is let through because test tools come with it, and is a trouble as long
as it is in use."""
FEW_BYTES = 4
TEXT = range(0x20, 0x7F)
ALL_ONES = (1 << 8 * BLOCK_BYTES) - 1


class SessionLost(WireError):  # noqa: N818 - what has happened
    """What came does not belong to this session: it must be made anew."""


def weakness(key: bytes) -> str | None:
    """Return why `key` is no secret, or None. Raises ValueError where it is no key of 16 bytes at all.

    No key of a random source is refused but by a chance of one in seven millions (those that are all text).
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
    if key == DEFAULT_KEY:
        return "it is the default key, which everybody knows"
    steps = {(b - a) & 0xFF for a, b in pairwise(key)}
    if steps == {0}:
        return "it is one byte repeated"
    if len(steps) == 1 and key != TOOLS_KEY:
        return "it counts"
    for period in (2, 4, 8):
        if key == key[:period] * (KEY_BYTES // period):
            return f"it repeats every {period} bytes"
    if len(set(key)) <= FEW_BYTES:
        return f"it is made of {len(set(key))} different bytes"
    if key == key[::-1]:
        return "its second half mirrors the first"
    if all(each in TEXT for each in key):
        return "it is text, which can be guessed"
    return None


class _Block:
    """AES of single blocks with one key. ECB holds no state, so one context serves for ever."""

    __slots__ = ("_decrypt", "_encrypt")

    def __init__(self, key: bytes) -> None:
        cipher = Cipher(AES(key), ECB())  # noqa: S305 - the chaining below is OSDP's own
        self._encrypt = cipher.encryptor().update
        self._decrypt = cipher.decryptor().update

    def encrypt(self, block: bytes) -> bytes:
        return bytes(self._encrypt(block))

    def decrypt(self, block: bytes) -> bytes:
        return bytes(self._decrypt(block))


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(BLOCK_BYTES, "big")


def _inverted(block: bytes) -> bytes:
    return (int.from_bytes(block, "big") ^ ALL_ONES).to_bytes(BLOCK_BYTES, "big")


def _padded(data: bytes) -> bytes:
    return data + bytes((PAD,)) + bytes(-(len(data) + 1) % BLOCK_BYTES)


class SessionKeys:
    """The three keys of one session. Never printed."""

    __slots__ = ("encryption", "mac_last", "mac_rest")

    def __init__(self, scbk: bytes, rnd_a: bytes) -> None:
        if len(scbk) != KEY_BYTES or len(rnd_a) != RANDOM_BYTES:
            raise ValueError("session keys come from 16 bytes of key and 8 of chance")
        root = _Block(scbk)
        tail = rnd_a[:RANDOM_BYTES_IN_KEYS] + bytes(BLOCK_BYTES - 2 - RANDOM_BYTES_IN_KEYS)
        self.encryption = _Block(root.encrypt(b"\x01\x82" + tail))
        self.mac_rest = _Block(root.encrypt(b"\x01\x01" + tail))
        self.mac_last = _Block(root.encrypt(b"\x01\x02" + tail))

    def client_cryptogram(self, rnd_a: bytes, rnd_b: bytes) -> bytes:
        """Return what proves that the device has the key."""
        return self.encryption.encrypt(rnd_a + rnd_b)

    def server_cryptogram(self, rnd_a: bytes, rnd_b: bytes) -> bytes:
        """Return what proves that the panel has the key."""
        return self.encryption.encrypt(rnd_b + rnd_a)

    def initial_rmac(self, server_cryptogram: bytes) -> bytes:
        """Return the first link of the chain."""
        return self.mac_last.encrypt(self.mac_rest.encrypt(server_cryptogram))


@dataclass(frozen=True, slots=True)
class Opened:
    """A frame whose MAC held: its code, and its data in clear."""

    code: int
    data: bytes


class Session:
    """The chain of MACs from the handshake on. Panel and device each hold one.

    Commands and replies alternate, and each is chained to the one before it; so one link is enough. A frame
    that is sent again is sent as it was, and does not come here a second time.
    """

    __slots__ = ("_keys", "_link")

    def __init__(self, keys: SessionKeys, initial_rmac: bytes) -> None:
        self._keys = keys
        self._link = initial_rmac

    def seal(self, frame: Frame) -> Frame:
        """Return the clear `frame` with its block, its data encrypted, and its MAC."""
        kind = BlockType.REPLY_MAC if frame.reply else BlockType.COMMAND_MAC
        data = frame.data
        if data:
            kind = BlockType.REPLY_ENCRYPTED if frame.reply else BlockType.COMMAND_ENCRYPTED
            data = self._encrypt(_padded(data))
        sealed = Frame(
            frame.address, frame.reply, frame.sequence, frame.code, data, Block(kind), b"", frame.crc
        )
        self._link = self._mac(signed_part(sealed))
        return Frame(
            frame.address,
            frame.reply,
            frame.sequence,
            frame.code,
            data,
            sealed.block,
            self._link[:MAC_BYTES],
            frame.crc,
        )

    def open(self, frame: Frame) -> Opened:
        """Return what is in a sealed frame. Raises SessionLost; the chain then stands as before."""
        kinds = (
            (BlockType.REPLY_MAC, BlockType.REPLY_ENCRYPTED)
            if frame.reply
            else (BlockType.COMMAND_MAC, BlockType.COMMAND_ENCRYPTED)
        )
        if frame.block is None or frame.block.kind not in kinds:
            raise SessionLost("a frame outside the session")
        link = self._mac(signed_part(frame))
        if not hmac.compare_digest(link[:MAC_BYTES], frame.mac):
            raise SessionLost("a MAC that does not hold")
        data = frame.data
        if frame.block.kind == kinds[1]:
            data = self._decrypt(data)
        elif data and frame.code != ReplyCode.NAK:  # some devices seal a NAK without encrypting its reason
            raise SessionLost("data in clear inside the session")
        self._link = link
        return Opened(frame.code, data)

    def _mac(self, message: bytes) -> bytes:
        if len(message) % BLOCK_BYTES:
            message = _padded(message)
        link = self._link
        last = len(message) - BLOCK_BYTES
        for at in range(0, last, BLOCK_BYTES):
            link = self._keys.mac_rest.encrypt(_xor(link, message[at : at + BLOCK_BYTES]))
        return self._keys.mac_last.encrypt(_xor(link, message[last:]))

    def _encrypt(self, clear: bytes) -> bytes:
        link = _inverted(self._link)
        out = []
        for at in range(0, len(clear), BLOCK_BYTES):
            link = self._keys.encryption.encrypt(_xor(link, clear[at : at + BLOCK_BYTES]))
            out.append(link)
        return b"".join(out)

    def _decrypt(self, data: bytes) -> bytes:
        if not data or len(data) % BLOCK_BYTES:
            raise SessionLost("encrypted data that are no whole blocks")
        link = _inverted(self._link)
        out = []
        for at in range(0, len(data), BLOCK_BYTES):
            block = data[at : at + BLOCK_BYTES]
            out.append(_xor(link, self._keys.encryption.decrypt(block)))
            link = block
        clear, mark, rest = b"".join(out).rpartition(bytes((PAD,)))
        if not mark or any(rest) or len(rest) >= BLOCK_BYTES:
            raise SessionLost("encrypted data without their padding")
        return clear
