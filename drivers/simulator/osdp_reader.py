"""A simulated OSDP reader: the other end of `protocols.osdp`, in clear and secure, as a peer of a `Line`.

It answers as a well-made device does: repeats its last answer for a repeated command, says BUSY with
sequence 0, lets only what is needed pass outside a session, and ends its outputs' pulses by itself.
"""

from __future__ import annotations

import hmac
from collections import deque
from typing import TYPE_CHECKING

from drivers.simulator.osdp_device import Device
from protocols.errors import WireError
from protocols.osdp.codes import ANY_ADDRESS, BlockType, CommandCode, NakReason
from protocols.osdp.commands import (
    AskCapabilities,
    Challenge,
    Command,
    Identify,
    ServerCryptogram,
    SetCommunication,
    SetKey,
)
from protocols.osdp.commands import decode as decode_command
from protocols.osdp.framing import MARK, Block, Deframer, Frame, Noise, encode
from protocols.osdp.replies import Ack, Busy, ClientCryptogram, InitialRmac, Nak, Reply, code_of
from protocols.osdp.secure import (
    ACCEPTED,
    DEFAULT_KEY,
    RANDOM_BYTES,
    REFUSED,
    Session,
    SessionKeys,
    SessionLost,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LAST_SEQUENCE = 3
SESSION_ENDS_AFTER_S = 8.0
GAP_S = 0.02
"""Silence inside a frame that ends it: what was begun is forgotten."""

BEFORE_SESSION = (Identify, AskCapabilities, SetCommunication, Challenge, ServerCryptogram)
"""All that a device in full security answers outside a session."""


class SimulatedReader:
    """One reader. `device` is what a person would touch: cards, keys, inputs, outputs, tamper.

    key: its SCBK; None for one that has only the default key. secure_only: outside a session it answers
    only what the handshake needs. entropy: random bytes. The switches `silent`, `busy`, `nak` and `unknown`
    may be set at any time from any thread.
    """

    def __init__(
        self,
        address: int,
        entropy: Callable[[int], bytes],
        *,
        key: bytes | None = None,
        secure_only: bool = False,
        device: Device | None = None,
    ) -> None:
        self.address = address
        self.device = device or Device(serial=0x1000_0000 + address)
        self.key = key
        self.secure_only = secure_only
        self.silent = False
        """Hears and says nothing, as if unplugged."""
        self.busy = 0
        """So many commands are answered BUSY."""
        self.nak: deque[int] = deque()
        """Reasons with which the next commands, polls excepted, are refused."""
        self.unknown: frozenset[int] = frozenset()
        """Codes of commands that it does not know."""
        self.received: deque[tuple[float, Command]] = deque(maxlen=1000)
        """The last commands acted on, with their times; polls excepted."""
        self.polls = 0
        self.repeats = 0
        self._entropy = entropy
        self._deframer = Deframer()
        self._sequence: int | None = None
        self._last_wire = b""
        self._last_answer = b""
        self._session: Session | None = None
        self._handshake: tuple[SessionKeys, bytes, bytes] | None = None
        self._heard_at = 0.0
        self._received_at = 0.0
        self._crc = False  # once a CRC was seen, a checksum is a CRC with a flipped bit
        self._next_key: bytes | None = None
        self._next_address: int | None = None

    @property
    def secure(self) -> bool:
        """Whether a session stands."""
        return self._session is not None

    def power_cycle(self) -> None:
        """Forget everything that a device without power forgets."""
        self._session = self._handshake = self._sequence = None
        self._crc = False
        self._deframer.reset()
        self.device.power_cycle()

    def receive(self, data: bytes, at: float) -> list[bytes]:
        """Take bytes and return the answer's, if there is one. See `drivers.simulator.line.Peer`."""
        if self.silent:
            self._deframer.reset()
            return []
        if data and at - self._received_at > GAP_S:
            self._deframer.reset()
        self._received_at = at if data else self._received_at
        self._deframer.receive(data)
        answers = []
        while (found := self._deframer.next()) is not None:
            if isinstance(found, Noise) or found.reply:
                continue
            if found.address not in (self.address, ANY_ADDRESS) or found.crc < self._crc:
                continue
            self._crc = found.crc
            answers.append(self._answer(found, at))
        return answers

    def _answer(self, frame: Frame, at: float) -> bytes:
        if self._session is not None and at - self._heard_at > SESSION_ENDS_AFTER_S:
            self._session = None
        self._heard_at = at
        wire = encode(frame)
        if self.busy > 0:
            self.busy -= 1
            return MARK + encode(self._frame(frame, Busy(), sequence=0))
        if frame.sequence == 0:
            self._session = None
        elif frame.sequence == self._sequence and wire == self._last_wire:
            self.repeats += 1
            return self._last_answer
        elif self._sequence is None or frame.sequence != self._sequence % LAST_SEQUENCE + 1:
            return MARK + encode(self._frame(frame, Nak(NakReason.SEQUENCE)))
        self._sequence = frame.sequence
        self._last_wire = wire
        self._last_answer = MARK + encode(self._sealed(frame, at))
        if self._next_address is not None:
            self.address, self._next_address = self._next_address, None
        return self._last_answer

    def _sealed(self, frame: Frame, at: float) -> Frame:
        """Return the frame that answers, sealed if the command was."""
        session = self._session
        if session is None:
            if frame.mac:
                return self._frame(frame, Nak(NakReason.SECURITY_REQUIRED))
            return self._reply(frame, frame.code, frame.data, at)
        if frame.block is None or not frame.mac:  # what is in clear ends the session
            self._session = None
            return self._frame(frame, Nak(NakReason.SECURITY_REQUIRED))
        try:
            opened = session.open(frame)
        except SessionLost:
            self._session = None
            return self._frame(frame, Nak(NakReason.SECURITY_REQUIRED))
        sealed = session.seal(self._reply(frame, opened.code, opened.data, at))
        if self._next_key is not None:
            self.key, self._next_key = self._next_key, None
            self._session = None
        return sealed

    def _frame(
        self, frame: Frame, reply: Reply, block: Block | None = None, sequence: int | None = None
    ) -> Frame:
        """Return `reply` in clear, in the same kind of check as it was asked."""
        number = frame.sequence if sequence is None else sequence
        return Frame(self.address, True, number, code_of(reply), reply.data(), block, crc=frame.crc)

    def _reply(self, frame: Frame, code: int, data: bytes, at: float) -> Frame:
        try:
            command = decode_command(code, data)
        except WireError:
            return self._frame(frame, Nak(NakReason.BAD_LENGTH))
        if self._session is None and self.secure_only and not isinstance(command, BEFORE_SESSION):
            return self._frame(frame, Nak(NakReason.SECURITY_REQUIRED))
        refused = self._take(code, command, at)
        if refused is not None:
            return self._frame(frame, Nak(refused))
        match command:
            case Challenge(rnd_a=rnd_a):
                return self._challenged(frame, rnd_a)
            case ServerCryptogram(cryptogram=cryptogram):
                return self._proven(frame, cryptogram)
            case SetKey(key=key):
                if self._session is None:
                    return self._frame(frame, Nak(NakReason.SECURITY_REQUIRED))
                self._next_key = key
                return self._frame(frame, Ack())
            case SetCommunication(address=address):
                self._next_address = address
        return self._frame(frame, self.device.answer(command, at))

    def _take(self, code: int, command: Command, at: float) -> int | None:
        """Note a command; return the reason with which it is refused, if it is."""
        if code == CommandCode.POLL:
            self.polls += 1
            return None
        self.received.append((at, command))
        if self.nak:
            return self.nak.popleft()
        return NakReason.UNKNOWN_COMMAND if code in self.unknown else None

    def _challenged(self, frame: Frame, rnd_a: bytes) -> Frame:
        if frame.block is None or frame.block.kind != BlockType.CHALLENGE:
            return self._frame(frame, Nak(NakReason.SECURITY_UNSUPPORTED))
        wants_default = frame.block.data == b"\x00"
        if wants_default == (self.key is not None):
            return self._frame(frame, Nak(NakReason.SECURITY_UNSUPPORTED))
        keys = SessionKeys(self.key or DEFAULT_KEY, rnd_a)
        rnd_b = self._entropy(RANDOM_BYTES)
        self._handshake = (keys, rnd_a, rnd_b)
        answer = ClientCryptogram(self.device.cuid, rnd_b, keys.client_cryptogram(rnd_a, rnd_b))
        return self._frame(frame, answer, Block(BlockType.CLIENT_CRYPTOGRAM, frame.block.data))

    def _proven(self, frame: Frame, cryptogram: bytes) -> Frame:
        handshake, self._handshake = self._handshake, None
        if handshake is None:
            return self._frame(frame, Nak(NakReason.SECURITY_REQUIRED))
        keys, rnd_a, rnd_b = handshake
        rmac = keys.initial_rmac(cryptogram)
        accepted = hmac.compare_digest(cryptogram, keys.server_cryptogram(rnd_a, rnd_b))
        block = Block(BlockType.INITIAL_RMAC, ACCEPTED if accepted else REFUSED)
        if accepted:
            self._session = Session(keys, rmac)
        return self._frame(frame, InitialRmac(rmac), block)
