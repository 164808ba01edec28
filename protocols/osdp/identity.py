"""Who a device says it is and what it says it can do: PDID, EXT_PDID and PDCAP. Claims, no proof.

Source: see codes.py.
"""
# ruff: noqa: D102 - `data` and `read` of every reply do what replies.py says

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from protocols.errors import WireError
from protocols.osdp.codes import IDENTITY_TAGS, Function, ReplyCode
from protocols.osdp.fields import at_least, exactly, number, records

PDID_BYTES = 12
CAPABILITY_BYTES = 3
PARTS_HEAD_BYTES = 6
TAG_HEAD_BYTES = 3


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device is. oui: the maker's three bytes; firmware: major, minor, build."""

    CODE: ClassVar = ReplyCode.PDID
    oui: bytes
    model: int
    version: int
    serial: int
    firmware: tuple[int, int, int]

    def data(self) -> bytes:
        head = self.oui + bytes((self.model, self.version)) + self.serial.to_bytes(4, "little")
        return head + bytes(self.firmware)

    @classmethod
    def read(cls, data: bytes) -> Self:
        exactly(data, PDID_BYTES, "PDID")
        return cls(data[:3], data[3], data[4], number(data[5:9]), (data[9], data[10], data[11]))


@dataclass(frozen=True, slots=True)
class ExtendedIdentity:
    """Who the device is, in words (v2.2.2): pairs of tag (IdentityTag, or its number) and text."""

    CODE: ClassVar = ReplyCode.EXT_PDID
    texts: tuple[tuple[str, str], ...]

    def data(self) -> bytes:
        body = b""
        for tag, text in self.texts:
            code = IDENTITY_TAGS.index(tag) if tag in IDENTITY_TAGS else int(tag)
            content = text.encode()
            body += bytes((code,)) + len(content).to_bytes(2, "little") + content
        size = len(body).to_bytes(2, "little")
        return size + b"\x00\x00" + size + body

    @classmethod
    def read(cls, data: bytes) -> Self:
        at_least(data, PARTS_HEAD_BYTES, "EXT_PDID")
        if number(data[0:2]) != number(data[4:6]) or number(data[2:4]):
            raise WireError("EXT_PDID in several parts is not supported")
        body = exactly(data[PARTS_HEAD_BYTES:], number(data[4:6]), "EXT_PDID's part")
        texts = []
        while body:
            at_least(body, TAG_HEAD_BYTES, "EXT_PDID's record")
            end = TAG_HEAD_BYTES + number(body[1:3])
            text = at_least(body, end, "EXT_PDID's text")[TAG_HEAD_BYTES:end].decode("utf-8", "replace")
            tag = str(IDENTITY_TAGS[body[0]]) if body[0] < len(IDENTITY_TAGS) else str(body[0])
            texts.append((tag, text))
            body = body[end:]
        return cls(tuple(texts))


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that the device can do: function (Function), how well, how many."""

    function: int
    compliance: int
    count: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the device says that it can do. A claim, no proof."""

    CODE: ClassVar = ReplyCode.PDCAP
    records: tuple[Capability, ...]

    def data(self) -> bytes:
        return b"".join(bytes((c.function, c.compliance, c.count)) for c in self.records)

    @classmethod
    def read(cls, data: bytes) -> Self:
        if not data:
            return cls(())
        return cls(tuple(Capability(*r) for r in records(data, CAPABILITY_BYTES, "PDCAP")))

    def find(self, function: Function) -> Capability | None:
        """Return the record of `function`."""
        return next((c for c in self.records if c.function == function), None)
