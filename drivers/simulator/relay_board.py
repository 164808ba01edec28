"""A simulated relay and input board on a simulated line, with its own pulse timers and its own bad days."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.boards.families import FAMILIES, SIGNATURE_LETTERS, PulseKind
from protocols.boards.messages import (
    OFF,
    ON,
    READ_HOLDING,
    ReadBits,
    ReadRegisters,
    ReplyError,
    WriteCoil,
    WriteRegister,
    WriteRegisters,
    decode_request,
    encode_exception,
    encode_reply,
)
from protocols.boards.rtu import CHECK_BYTES, crc, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from drivers.contract import Monotonic
    from protocols.boards.messages import Write

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3
LONGEST_HELD = 256  # bytes kept while no request is whole: the longest frame there is
FRAME_ENDS_S = 0.05  # silence after which a request that is not whole never will be; RTU asks for far less
FOR_EVER = float("inf")
SIGNATURE = "WBMR6C"
VERSION = 200  # hundredths, as Waveshare counts

_FIXED_BYTES = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8}  # function to whole frame
_WRITE_MANY = 16
_MODE_AND_TIME = 2  # two registers
_FLASH_ON = 4
_COUNT_AT = 6  # where a write of many says how many bytes follow


@dataclass(frozen=True, slots=True)
class Switched:
    """An output was written. on_for_s: 0 for off, infinity for a held coil."""

    channel: int
    on_for_s: float
    at: float


@dataclass(frozen=True, slots=True)
class Mood:
    """How the board misbehaves.

    silent: hears and obeys nothing. mute: obeys, but does not answer. exception: answers every request with
    this code and obeys none. answers_as: its replies bear this address. behind: each request gets the answer
    to the one before it. stuck_on, stuck_off: these channels read on, or off, whatever is written.
    """

    silent: bool = False
    mute: bool = False
    exception: int | None = None
    answers_as: int | None = None
    behind: bool = False
    stuck_on: frozenset[int] = frozenset()
    stuck_off: frozenset[int] = frozenset()


WELL = Mood()


class RelayBoard:
    """A board of one of the known families. Channels count from 0. Callable from any thread."""

    def __init__(
        self,
        clock: Monotonic,
        *,
        address: int = 1,
        family: str = "waveshare",
        outputs: int = 8,
        inputs: int = 8,
        on_switch: Callable[[Switched], None] | None = None,
    ) -> None:
        self.address = address
        self.mood = WELL
        self.requests = 0
        self._clock = clock
        self._family = FAMILIES[family]
        self._outputs, self._inputs = outputs, inputs
        self._on_switch = on_switch
        self._lock = threading.Lock()
        self._held = b""
        self._heard_at = 0.0
        self._owed: bytes | None = None
        self._to_lose = 0
        self._on_until = [0.0] * outputs
        self._closed = [False] * inputs
        linkage = self._family.linkage
        self._linked = [0 if linkage is None else linkage.normal] * outputs
        self._settings = {each.address: each.least for each in self._family.demands}
        self._history: list[Switched] = []

    # --- what a person at the board can do and see -----------------------------------------------------

    def set_input(self, channel: int, active: bool) -> None:  # noqa: FBT001 - a switch is on or off
        """Close (True) or open the circuit at an input."""
        with self._lock:
            self._closed[channel] = active

    def set_coil(self, channel: int, on: bool) -> None:  # noqa: FBT001 - a relay is on or off
        """Switch a relay as a foreign hand would."""
        with self._lock:
            self._on_until[channel] = FOR_EVER if on else 0.0

    def link(self, channel: int, mode: int) -> None:
        """Put a channel in one of the modes where the board's inputs switch its relays."""
        with self._lock:
            self._linked[channel] = mode

    def set_register(self, address: int, value: int) -> None:
        """Give one of the board's own settings another value, as the person who installed it did."""
        with self._lock:
            self._settings[address] = value

    def lose(self, count: int) -> None:
        """Let the next requests vanish on their way here."""
        with self._lock:
            self._to_lose = count

    def coil(self, channel: int) -> bool:
        """Say whether a relay is on now."""
        with self._lock:
            return self._is_on(channel, self._clock())

    @property
    def history(self) -> tuple[Switched, ...]:
        """Every output that was written, in order."""
        with self._lock:
            return tuple(self._history)

    # --- the line's side ---------------------------------------------------------------------------------

    def receive(self, data: bytes, at: float) -> Iterable[bytes]:
        """Take bytes as they come; return replies."""
        told: list[Switched] = []
        replies: list[bytes] = []
        with self._lock:
            if data:
                held = self._held if at - self._heard_at < FRAME_ENDS_S else b""
                self._held, self._heard_at = (held + data)[-LONGEST_HELD:], at
            while (message := self._next_request()) is not None:
                reply = self._obey(message, at, told)
                if reply is not None:
                    replies.append(reply)
        if self._on_switch is not None:
            for switched in told:
                self._on_switch(switched)
        return replies

    def _next_request(self) -> bytes | None:
        """Cut the next whole request for this board out of what is held; drop what leads nowhere."""
        while len(self._held) > CHECK_BYTES:
            size = _FIXED_BYTES.get(self._held[1], 0)
            if self._held[1] == _WRITE_MANY:
                if len(self._held) <= _COUNT_AT:
                    return None
                size = _COUNT_AT + 1 + self._held[_COUNT_AT] + CHECK_BYTES
            if len(self._held) < size and self._held[0] == self.address:
                return None
            body, check = self._held[: size - CHECK_BYTES], self._held[size - CHECK_BYTES : size]
            if size and len(self._held) >= size and crc(body) == check:
                self._held = self._held[size:]
                if body[0] == self.address:
                    return body[1:]
            else:
                self._held = self._held[1:]
        return None

    def _obey(self, message: bytes, at: float, told: list[Switched]) -> bytes | None:
        self.requests += 1
        lost, self._to_lose = self._to_lose > 0, max(0, self._to_lose - 1)
        if lost or self.mood.silent:
            return None
        answer = self._answer(message, at, told)
        unit = self.address if self.mood.answers_as is None else self.mood.answers_as
        reply: bytes | None = frame(unit, answer)
        if self.mood.behind:
            reply, self._owed = self._owed, reply
        return None if self.mood.mute else reply

    def _answer(self, message: bytes, at: float, told: list[Switched]) -> bytes:
        if self.mood.exception is not None:
            return encode_exception(message[0], self.mood.exception)
        try:
            request = decode_request(message)
        except ReplyError:
            return encode_exception(message[0] & 0x7F, ILLEGAL_FUNCTION)
        match request:
            case ReadBits() | ReadRegisters():
                values = self._read(request, at)
                if values is None:
                    return encode_exception(request.function, ILLEGAL_ADDRESS)
                return encode_reply(request, values)
            case WriteCoil() | WriteRegister() | WriteRegisters():
                code = self._write(request, at, told)
                return encode_reply(request) if code is None else encode_exception(message[0], code)

    def _read(self, request: ReadBits | ReadRegisters, at: float) -> tuple[int, ...] | None:
        family, first, count = self._family, request.address, request.count
        cells: dict[int, int] = {}
        if family.version is not None and request.function == family.version.function:
            cells[family.version.address] = VERSION
        if family.signature is not None and request.function == family.signature.function:
            letters = SIGNATURE.ljust(SIGNATURE_LETTERS, "\0")
            cells |= {family.signature.address + at: ord(letter) for at, letter in enumerate(letters)}
        if request.function == READ_HOLDING:
            cells |= self._settings
        if family.linkage is not None and request.function == READ_HOLDING:
            modes = self._linked if family.linkage.per_channel else [max(self._linked)]
            cells |= {family.linkage.address + channel: mode for channel, mode in enumerate(modes)}
        if request.function == family.outputs.function:
            base = family.outputs.address
            cells |= {base + channel: int(self._is_on(channel, at)) for channel in range(self._outputs)}
        if request.function == family.inputs.function:
            cells |= {family.inputs.address + channel: int(on) for channel, on in enumerate(self._closed)}
        if any(first + step not in cells for step in range(count)):
            return None
        return tuple(cells[first + step] for step in range(count))

    def _write(self, request: Write, at: float, told: list[Switched]) -> int | None:
        """Carry out a write. Returns the exception code, or None when it was done."""
        asked = self._channel_and_time(request)
        if asked is None:
            return ILLEGAL_ADDRESS
        channel, on_for_s = asked
        if not 0 <= channel < self._outputs:
            return ILLEGAL_ADDRESS
        if on_for_s < 0:
            return ILLEGAL_VALUE
        self._on_until[channel] = at + on_for_s
        switched = Switched(channel, on_for_s, at)
        self._history.append(switched)
        told.append(switched)
        return None

    def _channel_and_time(self, request: Write) -> tuple[int, float] | None:
        """Read what a write means to this family: channel and seconds; negative for an impossible value."""
        family, own = self._family, self._family.pulse
        match request:
            case WriteCoil() if (
                own is not None
                and own.kind == PulseKind.COIL_TIME
                and own.base <= request.address < own.base + self._outputs
            ):
                return request.address - own.base, request.value * own.unit_s if request.value else -1.0
            case WriteCoil() if family.outputs.function != READ_HOLDING:
                return request.address - family.outputs.address, {ON: FOR_EVER, OFF: 0.0}.get(
                    request.value, -1.0
                )
            case WriteRegister() if own is not None and own.kind == PulseKind.COMMAND_AND_TIME:
                command, seconds = divmod(request.value, 0x100)
                times = {1: FOR_EVER, 2: 0.0, 6: seconds * own.unit_s}
                return request.address - own.base, times.get(command, -1.0)
            case WriteRegisters() if own is not None and own.kind == PulseKind.MODE_AND_TIME:
                channel, rest = divmod(request.address - own.base, own.stride)
                if rest or len(request.values) != _MODE_AND_TIME or request.values[0] != _FLASH_ON:
                    return None
                return channel, request.values[1] * own.unit_s
            case _:
                return None

    def _is_on(self, channel: int, at: float) -> bool:
        if channel in self.mood.stuck_off:
            return False
        return at < self._on_until[channel] or channel in self.mood.stuck_on
