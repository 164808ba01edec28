"""What no part of a configuration can know alone: that the parts fit together. Every problem is found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from agent.config.problems import Problem
from protocols.wiegand.decoding import overlapping
from protocols.wiegand.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agent.config.door import Door, ReaderAt
    from agent.config.formats import SiteFormat
    from agent.config.lines import Path
    from agent.config.model import Fire, Tls, Trust
    from drivers.registry import PortSettings
    from protocols.wiegand.layout import Format


NO_CARDS: Final = "qr-serial"
"""The kind of port whose reader shows texts, and never a card."""

FIRE_OVER: Final = "fire_over"
"""The scope of a key that may say that the fire is over."""

ONE_FORMAT: Final = "wiegand-serial"
"""The kind of port whose settings say in which format its reader's numbers are given."""


BARE_WIRES: Final = "wiegand-gpio"
"""The kind of port whose bits come over wires that check nothing: a pulse of noise is a bit."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that are sound by themselves, each with its index in the file.

    `doubtful`: every text in a port or a trusted key that is not sound. A name that stands there may well be
    defined there, so nothing is said of it until that part is mended.
    """

    ports: Mapping[int, PortSettings]
    doors: Mapping[int, Door]
    trust: Mapping[int, Trust]
    fire: Fire | None = None
    tls: Tls | None = None
    formats: Mapping[int, SiteFormat] = field(default_factory=dict)
    doubtful: frozenset[str] = field(default_factory=frozenset)


def cross_check(parts: Parts) -> Iterator[Problem]:
    """Give every contradiction between parts."""
    yield from _names(parts)
    yield from _references(parts)
    yield from _double_use(parts)
    table = {**FORMATS, **{each.id: each.layout for each in parts.formats.values()}}
    for index, door in parts.doors.items():
        yield from _times(("door", index, "extended_s"), door)
        for place, reader in enumerate(door.readers):
            yield from _formats(("door", index, "readers", place, "formats"), reader, table)
    yield from _given_formats(parts)
    yield from _unchecked(parts, table)
    yield from _keys(parts.trust)
    yield from _fire_ends(parts)


def _names(parts: Parts) -> Iterator[Problem]:
    """Ports, devices, readers and points each have one name on a gateway; so have doors and keys."""
    ports = parts.ports.items()
    yield from _repeated("port", ((("port", i), port.name) for i, port in ports))
    yield from _repeated("device", ((("port", i), name) for i, port in ports for name in port.devices))
    yield from _repeated("reader", ((("port", i), name) for i, port in ports for name in port.readers))
    points = (((("port", i)), name) for i, port in ports for name in (*port.outputs, *port.inputs))
    yield from _repeated("point", points)
    yield from _repeated("door", ((("door", i), door.name) for i, door in parts.doors.items()))
    yield from _repeated("card format", ((("format", i), each.id) for i, each in parts.formats.items()))
    yield from _repeated("trusted key", ((("trust", i), trust.name) for i, trust in parts.trust.items()))


def _repeated(kind: str, named: Iterable[tuple[Path, str]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield Problem(path, f"a second {kind} is named {name!r} — give each a name of its own")
        seen.add(name)


def _references(parts: Parts) -> Iterator[Problem]:
    """Every point and reader a door names is there, and is what the door takes it for."""
    ports = parts.ports.values()
    outputs = {name for port in ports for name in port.outputs}
    inputs = {name for port in ports for name in port.inputs}
    readers = {name for port in ports for name in port.readers}
    for path, name in _outputs_used(parts):
        yield from _missing(path, name, "output point", outputs, inputs, parts.doubtful)
    for path, name in _inputs_used(parts):
        yield from _missing(path, name, "input point", inputs, outputs, parts.doubtful)
    for path, name in _readers_used(parts):
        yield from _missing(path, name, "reader", readers, inputs | outputs, parts.doubtful)


def _missing(  # noqa: PLR0917 - one line of the report, from all that it depends on
    path: Path, name: str, kind: str, there: set[str], others: set[str], doubtful: frozenset[str]
) -> Iterator[Problem]:
    if name in there or name in doubtful:
        return
    if name in others:
        yield Problem(path, f"{name!r} is no {kind} but another kind of point — name {kind}s only")
        return
    close = get_close_matches(name, sorted(there | doubtful), n=1)
    mend = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(there)) or 'none'}"
    yield Problem(path, f"no port has an {kind} {name!r} — {mend}".replace("an reader", "a reader"))


def _outputs_used(parts: Parts) -> Iterator[tuple[Path, str]]:
    for index, door in parts.doors.items():
        yield ("door", index, "lock"), door.lock


def _inputs_used(parts: Parts) -> Iterator[tuple[Path, str]]:
    for index, door in parts.doors.items():
        if door.contact is not None:
            yield ("door", index, "contact"), door.contact
        if door.exit is not None:
            yield ("door", index, "exit"), door.exit
    if parts.fire is not None:
        yield ("fire", "point"), parts.fire.point
        if parts.fire.key is not None:
            yield ("fire", "key"), parts.fire.key


def _readers_used(parts: Parts) -> Iterator[tuple[Path, str]]:
    for index, door in parts.doors.items():
        for place, reader in enumerate(door.readers):
            yield ("door", index, "readers", place, "reader"), reader.reader


def _double_use(parts: Parts) -> Iterator[Problem]:
    """One lock, input or reader serves one purpose at one door: two doors would free each other."""
    used: dict[str, Path] = {}
    for path, name in (*_outputs_used(parts), *_inputs_used(parts), *_readers_used(parts)):
        if (first := used.setdefault(name, path)) != path:
            other = _whose(first, parts)
            yield Problem(path, f"{name!r} is in use already as {other} — give each its own wire")


def _whose(path: Path, parts: Parts) -> str:
    match path:
        case ("door", int(index), *rest):
            what = "a reader" if "readers" in rest else rest[0]
            return f"{what} of door {parts.doors[index].name!r}"
        case _:
            return f"the fire {path[1]}"


def _times(path: Path, door: Door) -> Iterator[Problem]:
    """See that the persons who need longer do not get less."""
    if door.extended_s < door.release_s:
        yield Problem(
            path, f"is {door.extended_s:g}, shorter than release_s, {door.release_s:g} — raise extended_s"
        )


def _formats(path: Path, reader: ReaderAt, table: Mapping[str, Format]) -> Iterator[Problem]:
    """See that the formats exist, stand there once, and that no frame fits two with different numbers."""
    known: list[str] = []
    for format_id, count in Counter(reader.formats).items():
        if format_id in table:
            known.append(format_id)
        else:
            close = get_close_matches(format_id.upper(), table, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "`menshen decode wiegand` names them"
            yield Problem(path, f"there is no card format {format_id!r} — {hint}")
        if count > 1:
            yield Problem(path, f"format {format_id!r} stands there twice — once is enough")
    for one, other in overlapping(known, table):
        yield Problem(
            path, f"a frame may fit both {one!r} and {other!r} and mean two cards — keep the one in use here"
        )


def _given_formats(parts: Parts) -> Iterator[Problem]:
    """See that a door takes what its reader gives: some format of cards, the one its port says, or none."""
    ports = {reader: port for port in parts.ports.values() for reader in port.readers}
    for index, door in parts.doors.items():
        for place, reader in enumerate(door.readers):
            if (port := ports.get(reader.reader)) is None:
                continue
            path = ("door", index, "readers", place, "formats")
            if port.kind == NO_CARDS:
                if reader.formats:
                    yield Problem(path, f"{reader.reader!r} reads QR codes and no cards — remove the formats")
            elif not reader.formats:
                yield Problem(
                    path, "names no card format, so no card would open — add those this reader gives"
                )
            elif port.kind == ONE_FORMAT and port.format is not None and port.format not in reader.formats:
                yield Problem(
                    path, f"reader {reader.reader!r} gives {port.format!r}, which is not here — add it"
                )


def _fire_ends(parts: Parts) -> Iterator[Problem]:
    """See that somebody can end a fire release that waits for a person."""
    fire = parts.fire
    if fire is None or not fire.latched or fire.key is not None or FIRE_OVER in parts.doubtful:
        return
    if not any(FIRE_OVER in entry.scopes for entry in parts.trust.values()):
        yield Problem(
            ("fire",),
            "nobody could end a fire release — name the input of a key switch with `key`, give a key under "
            '[[trust]] the scope "fire_over", or write `latched = false` where the panel itself keeps the '
            "line until it is reset by hand",
        )


def _bare(port: PortSettings) -> bool:
    """Say whether a port gives the bits of wires as they come. A converter that prints bits does, too."""
    return port.kind == BARE_WIRES or (port.kind == ONE_FORMAT and port.format is None)


def _unchecked(parts: Parts, table: Mapping[str, Format]) -> Iterator[Problem]:
    """See that a format that noise can make stands at bare wires only where somebody has accepted it."""
    bare = {name for port in parts.ports.values() if _bare(port) for name in port.readers}
    for index, door in parts.doors.items():
        for place, reader in enumerate(door.readers):
            if reader.reader not in bare or reader.unchecked == "accepted":
                continue
            for format_id in dict.fromkeys(reader.formats):
                if format_id in table and not table[format_id].checked:
                    bits = table[format_id].bits
                    yield Problem(
                        ("door", index, "readers", place, "formats"),
                        f"{format_id!r} has no check bits: {bits} pulses of noise are a card of it — set the "
                        'reader to a format with parity, or write unchecked = "accepted" beside the formats',
                    )


def _keys(trust: Mapping[int, Trust]) -> Iterator[Problem]:
    """See that a key has one name: two entries with different scopes would hide who may do what."""
    seen: dict[str, str] = {}
    for index, entry in trust.items():
        if entry.key in seen:
            path = ("trust", index, "key")
            yield Problem(path, f"is the key of {seen[entry.key]!r} too — join their scopes in one entry")
        seen.setdefault(entry.key, entry.name)
