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

MOST_TEXT_BYTES = 2048
"""Of an extended identity: seven texts are defined, and a screen shows 64 characters of each."""


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

    @property
    def body(self) -> bytes:
        """Return the records, without the header of parts."""
        body = b""
        for tag, text in self.texts:
            code = IDENTITY_TAGS.index(tag) if tag in IDENTITY_TAGS else int(tag)
            content = text.encode()
            body += bytes((code,)) + len(content).to_bytes(2, "little") + content
        return body

    def data(self) -> bytes:
        body = self.body
        return IdentityPart(len(body), 0, body).data()


@dataclass(frozen=True, slots=True)
class IdentityPart:
    """Some of an extended identity too long for one frame: `fragment` at `offset` of `total` bytes."""

    CODE: ClassVar = ReplyCode.EXT_PDID
    total: int
    offset: int
    fragment: bytes

    def data(self) -> bytes:
        numbers = (self.total, self.offset, len(self.fragment))
        return b"".join(number.to_bytes(2, "little") for number in numbers) + self.fragment


def read_extended(data: bytes) -> ExtendedIdentity | IdentityPart:
    """Return EXT_PDID's texts, or the part that these data are. Raises WireError."""
    at_least(data, PARTS_HEAD_BYTES, "EXT_PDID")
    total, offset = number(data[0:2]), number(data[2:4])
    fragment = exactly(data[PARTS_HEAD_BYTES:], number(data[4:6]), "EXT_PDID's part")
    if offset + len(fragment) > total:
        raise WireError("EXT_PDID's part reaches beyond its whole")
    if len(fragment) < total:
        return IdentityPart(total, offset, fragment)
    return ExtendedIdentity(_texts(fragment, whole=True))


def _texts(body: bytes, *, whole: bool) -> tuple[tuple[str, str], ...]:
    """Return the texts in `body`; where it is not the whole, those whose end has come. Raises WireError."""
    texts = []
    while body:
        end = TAG_HEAD_BYTES + number(body[1:TAG_HEAD_BYTES])
        if len(body) < max(end, TAG_HEAD_BYTES):
            if whole:
                raise WireError("EXT_PDID's last text is cut short")
            break
        text = body[TAG_HEAD_BYTES:end].decode("utf-8", "replace")
        tag = str(IDENTITY_TAGS[body[0]]) if body[0] < len(IDENTITY_TAGS) else str(body[0])
        texts.append((tag, text))
        body = body[end:]
    return tuple(texts)


class IdentityParts:
    """Puts the parts of an extended identity together, in their order, up to MOST_TEXT_BYTES."""

    def __init__(self) -> None:
        self._body = b""
        self._total: int | None = None

    @property
    def begun(self) -> bool:
        """Whether a first part has come."""
        return self._total is not None

    def add(self, part: IdentityPart) -> bool:
        """Take the next part. True: it was the last. Raises WireError for one that does not follow."""
        if part.total > MOST_TEXT_BYTES:
            raise WireError(f"EXT_PDID claims {part.total} bytes of texts")
        if not part.fragment or part.offset != len(self._body) or self._total not in (None, part.total):
            raise WireError("EXT_PDID's part does not follow the one before")
        self._total = part.total
        self._body += part.fragment
        return len(self._body) == part.total

    def texts(self) -> tuple[tuple[str, str], ...]:
        """Return the texts that are whole. Raises WireError where they contradict the length of all."""
        return _texts(self._body, whole=len(self._body) == self._total)


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
