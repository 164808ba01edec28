"""What captured bytes say, for a person who looks at a line: frame by frame, secure ones too with the key.

A session can be opened only from its handshake on: keys come from the random numbers in it.
"""

from __future__ import annotations

import dataclasses
import hmac
from typing import TYPE_CHECKING

from protocols.errors import WireError
from protocols.osdp.codes import BlockType, CommandCode, ReplyCode, nak_text
from protocols.osdp.commands import Challenge, Command, ServerCryptogram, SetKey
from protocols.osdp.commands import decode as decode_command
from protocols.osdp.framing import MAC_BLOCKS, Deframer, Frame, Noise, encode
from protocols.osdp.replies import ClientCryptogram, InitialRmac, Nak, Reply
from protocols.osdp.replies import decode as decode_reply
from protocols.osdp.secure import DEFAULT_KEY, Session, SessionKeys, SessionLost

if TYPE_CHECKING:
    from collections.abc import Iterator

Explanation = dict[str, object]


@dataclasses.dataclass(slots=True)
class _Watched:
    """What is known of one device's session."""

    rnd_a: bytes = b""
    rnd_b: bytes = b""
    keys: SessionKeys | None = None
    session: Session | None = None
    last: dict[bool, bytes] = dataclasses.field(default_factory=dict)
    told: dict[bool, Explanation] = dataclasses.field(default_factory=dict)


class Explainer:
    """Explains frames in the order captured. key: the devices' key, where it is known."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key
        self._deframer = Deframer()
        self._watched: dict[int, _Watched] = {}

    def explain(self, data: bytes) -> Iterator[Explanation]:
        """Give one explanation for each frame in `data`, and for each run of bytes that is none."""
        self._deframer.receive(data)
        while (found := self._deframer.next()) is not None:
            if isinstance(found, Noise):
                yield {"noise": found.dropped.hex(), "why": found.why}
            else:
                yield self._frame(found)
        if held := self._deframer.reset():
            yield {"noise": held.hex(), "why": "incomplete"}

    def _frame(self, frame: Frame) -> Explanation:
        watched = self._watched.setdefault(frame.address, _Watched())
        wire = encode(frame)
        told: Explanation = {
            "frame": wire.hex(),
            "direction": "reply" if frame.reply else "command",
            "address": frame.address,
            "sequence": frame.sequence,
            "check": "crc" if frame.crc else "checksum",
            "code": f"{frame.code:02x}",
            "name": name_of(frame),
            "security": None if frame.block is None else f"SCS_{frame.block.kind:02x}",
        }
        if frame.mac and watched.last.get(frame.reply) == wire:
            return {**watched.told[frame.reply], "repeated": True}
        told.update(self._inside(frame, watched))
        watched.last[frame.reply] = wire
        watched.told[frame.reply] = told
        return told

    def _inside(self, frame: Frame, watched: _Watched) -> Explanation:
        """Return what the data say, and what is proven of them."""
        told: Explanation = {}
        data = frame.data
        if not frame.reply and frame.sequence == 0:
            watched.session = None
        if frame.block is not None and frame.block.kind in MAC_BLOCKS:
            if watched.session is None:
                return {"mac": "unchecked", "data": data.hex(), "encrypted": _encrypted(frame)}
            try:
                data = watched.session.open(frame).data
            except SessionLost as lost:
                return {"mac": "bad", "data": data.hex(), "encrypted": _encrypted(frame), "error": str(lost)}
            told["mac"] = "ok"
        try:
            value: Command | Reply = (decode_reply if frame.reply else decode_command)(frame.code, data)
        except WireError as error:
            return {**told, "data": data.hex(), "error": str(error)}
        if not isinstance(value, SetKey):
            told["data"] = data.hex()
        return {**told, "fields": fields_of(value), **self._handshake(value, frame, watched)}

    def _handshake(self, value: Command | Reply, frame: Frame, watched: _Watched) -> Explanation:
        """Follow a handshake, and say whether its proofs hold."""
        match value:
            case Challenge(rnd_a=rnd_a):
                watched.session = watched.keys = None
                watched.rnd_a = rnd_a
                key = DEFAULT_KEY if frame.block is not None and frame.block.data == b"\x00" else self._key
                if key is not None:
                    watched.keys = SessionKeys(key, rnd_a)
            case ClientCryptogram(rnd_b=rnd_b, cryptogram=found) if watched.keys is not None:
                watched.rnd_b = rnd_b
                return _proof(found, watched.keys.client_cryptogram(watched.rnd_a, rnd_b))
            case ServerCryptogram(cryptogram=found) if watched.keys is not None and watched.rnd_b:
                return _proof(found, watched.keys.server_cryptogram(watched.rnd_a, watched.rnd_b))
            case InitialRmac(rmac=found) if watched.keys is not None and watched.rnd_b:
                cryptogram = watched.keys.server_cryptogram(watched.rnd_a, watched.rnd_b)
                expected = watched.keys.initial_rmac(cryptogram)
                watched.session = Session(watched.keys, expected)
                return _proof(found, expected)
        return {}


def _proof(found: bytes, expected: bytes) -> Explanation:
    return {"proof": "ok" if hmac.compare_digest(found, expected) else "bad"}


def _encrypted(frame: Frame) -> bool:
    return frame.block is not None and frame.block.kind in (
        BlockType.COMMAND_ENCRYPTED,
        BlockType.REPLY_ENCRYPTED,
    )


def name_of(frame: Frame) -> str:
    """Return the name of the frame's command or reply, or its number."""
    try:
        return (ReplyCode if frame.reply else CommandCode)(frame.code).name
    except ValueError:
        return f"{frame.code:02x}"


def fields_of(value: Command | Reply) -> Explanation:
    """Return a value's fields, bytes as hex; a key is never among them."""
    if isinstance(value, SetKey):
        return {"key": "not shown"}
    told = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Nak):
        told["meaning"] = nak_text(value.reason)
    return told


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value
