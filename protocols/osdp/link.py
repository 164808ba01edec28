"""The panel's end of the talk with one device: sequence numbers, handshake, and what is sealed.

A link begins anew with sequence 0, which ends any session. The handshake is CHLNG, answered by the device's
cryptogram, and SCRYPT, answered by the first R-MAC; both are proven here, in constant time. Source: see
codes.py.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.errors import WireError
from protocols.osdp.codes import BlockType, NakReason, ReplyCode
from protocols.osdp.commands import Challenge, Command, ServerCryptogram
from protocols.osdp.commands import code_of as command_code
from protocols.osdp.framing import Block, Frame, encode
from protocols.osdp.replies import ClientCryptogram, InitialRmac, Nak, Reply
from protocols.osdp.replies import decode as decode_reply
from protocols.osdp.secure import ACCEPTED, DEFAULT_KEY, RANDOM_BYTES, Session, SessionKeys, SessionLost

if TYPE_CHECKING:
    from collections.abc import Callable

LAST_SEQUENCE = 3
KEY_IS_DEFAULT = b"\x00"
KEY_IS_OURS = b"\x01"
NAK_BAD_CHECK = bytes((NakReason.BAD_CHECK,))


class HandshakeFailed(WireError):  # noqa: N818 - what has happened
    """The device did not prove that it has the key, or did not accept our proof."""


@dataclass(frozen=True, slots=True, repr=False)
class _Begun:
    """A handshake under way."""

    key: bytes
    rnd_a: bytes
    keys: SessionKeys
    server_cryptogram: bytes = b""


class Link:
    """Turns commands into frames of this link, and frames into replies.

    entropy: returns that many random bytes of the operating system.
    """

    def __init__(self, address: int, entropy: Callable[[int], bytes], *, crc: bool = True) -> None:
        self.address = address
        self._entropy = entropy
        self.crc = crc
        self._sequence = 0
        self._session: Session | None = None
        self._begun: _Begun | None = None

    @property
    def secure(self) -> bool:
        """Whether a session stands."""
        return self._session is not None

    def restart(self) -> None:
        """Forget session and sequence: the next command begins the link anew."""
        self._sequence = 0
        self._session = None
        self._begun = None

    def wrap(self, command: Command) -> tuple[int, bytes]:
        """Return the sequence number and the bytes of `command`, the next one of this link."""
        sequence = self._sequence
        self._sequence = sequence % LAST_SEQUENCE + 1
        block = None
        if isinstance(command, Challenge) and self._begun is not None:
            block = Block(
                BlockType.CHALLENGE, KEY_IS_DEFAULT if self._begun.key == DEFAULT_KEY else KEY_IS_OURS
            )
        elif isinstance(command, ServerCryptogram) and self._begun is not None:
            block = Block(
                BlockType.SERVER_CRYPTOGRAM, KEY_IS_DEFAULT if self._begun.key == DEFAULT_KEY else KEY_IS_OURS
            )
        frame = Frame(
            self.address, False, sequence, command_code(command), command.data(), block, crc=self.crc
        )
        if self._session is not None:
            frame = self._session.seal(frame)
        return sequence, encode(frame)

    def challenge(self, key: bytes) -> Challenge:
        """Begin a handshake with `key`."""
        rnd_a = self._entropy(RANDOM_BYTES)
        self._session = None
        self._begun = _Begun(key, rnd_a, SessionKeys(key, rnd_a))
        return Challenge(rnd_a)

    def prove(self, answer: ClientCryptogram) -> ServerCryptogram:
        """Check the device's proof and return ours. Raises HandshakeFailed."""
        begun = self._begun
        if begun is None:
            raise HandshakeFailed("a cryptogram that nobody asked for")
        expected = begun.keys.client_cryptogram(begun.rnd_a, answer.rnd_b)
        if not hmac.compare_digest(expected, answer.cryptogram):
            self._begun = None
            raise HandshakeFailed("the device does not have this key")
        ours = begun.keys.server_cryptogram(begun.rnd_a, answer.rnd_b)
        self._begun = _Begun(begun.key, begun.rnd_a, begun.keys, ours)
        return ServerCryptogram(ours)

    def confirm(self, answer: InitialRmac, block: Block | None) -> None:
        """Check the first R-MAC, and begin the session. Raises HandshakeFailed."""
        begun, self._begun = self._begun, None
        if begun is None or not begun.server_cryptogram:
            raise HandshakeFailed("an R-MAC that nobody asked for")
        if block is None or block.kind != BlockType.INITIAL_RMAC or block.data != ACCEPTED:
            raise HandshakeFailed("the device refused our proof")
        expected = begun.keys.initial_rmac(begun.server_cryptogram)
        if not hmac.compare_digest(expected, answer.rmac):
            raise HandshakeFailed("the first R-MAC does not hold")
        self._session = Session(begun.keys, expected)

    def unwrap(self, frame: Frame) -> Reply:
        """Return the reply in a frame that answers our command.

        Raises SessionLost where it ends the session, and WireError where it is sound but makes no sense.
        Inside a session nothing in clear is data: only "bad check characters" may come so, and BUSY, which
        is no answer.
        """
        if self._session is None:
            if frame.block is not None and frame.block.kind in (
                BlockType.REPLY_MAC,
                BlockType.REPLY_ENCRYPTED,
            ):
                raise SessionLost("a sealed frame without a session")
            return decode_reply(frame.code, frame.data)
        if frame.block is None:
            if frame.code == ReplyCode.NAK and frame.data[:1] == NAK_BAD_CHECK:
                return Nak(NakReason.BAD_CHECK)
            raise SessionLost(f"an answer in clear ({frame.code:02x} {frame.data[:1].hex()})")
        opened = self._session.open(frame)
        return decode_reply(opened.code, opened.data)
