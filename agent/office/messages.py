"""What is published to a gateway: signed delta, signed head, chunks of the whole list. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.office.rows import canonical
from protocols.mqtt.roster import CHUNK_BYTES, CHUNK_ROWS, DELTA_ROWS
from protocols.mqtt.topics import Kind, chunk, plain
from protocols.tokens.token import LARGEST_CHARS, ROSTER_DELTA_TYP, ROSTER_HEAD_TYP, sign

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.office.roster import Changes
    from protocols.mqtt.roster import ListDigest

PLURALS = {"person": "persons", "credential": "credentials", "group": "groups", "schedule": "schedules"}
COMMA_BYTES = 1


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the broker."""

    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole list at the broker: as the head names it. `chunks`: the SHA-256 of each, in order."""

    revision: int
    digest: str
    count: int
    chunks: tuple[str, ...]


def delta(gateway: str, changes: Changes, key: Ed25519PrivateKey, iat: int) -> Message | None:
    """Return the signed delta, or None when so much changed that a whole list is the better message."""
    if changes.size > DELTA_ROWS:
        return None
    payload: dict[str, Any] = {
        "v": 1,
        "aud": gateway,
        "iat": iat,
        "base": changes.base,
        "revision": changes.revision,
        "digest": changes.state.hex,
        "count": changes.state.count,
    }
    payload |= {PLURALS[kind]: rows for kind, rows in changes.rows.items()}
    payload["removed"] = {PLURALS[kind]: keys for kind, keys in changes.removed.items()}
    token = sign(payload, key, ROSTER_DELTA_TYP)
    if len(token) > LARGEST_CHARS:
        return None
    return Message(plain(gateway, Kind.DELTA), token.encode("ascii"), retain=False)


def head(
    gateway: str,
    revision: int,
    state: ListDigest,
    snapshot: Snapshot | None,
    *,
    key: Ed25519PrivateKey,
    iat: int,
) -> Message:
    """Return the signed head: the newest revision, and where a whole list lies."""
    payload: dict[str, Any] = {
        "v": 1,
        "aud": gateway,
        "iat": iat,
        "revision": revision,
        "digest": state.hex,
        "count": state.count,
        "snapshot": None
        if snapshot is None
        else {
            "revision": snapshot.revision,
            "digest": snapshot.digest,
            "count": snapshot.count,
            "chunks": list(snapshot.chunks),
        },
    }
    token = sign(payload, key, ROSTER_HEAD_TYP)
    return Message(plain(gateway, Kind.HEAD), token.encode("ascii"), retain=True)


def snapshot(gateway: str, whole: Changes) -> tuple[Snapshot, list[Message]]:
    """Return the whole list (changes from base 0) as chunks to lay out, and what a head says of them."""
    messages = [
        Message(chunk(gateway, whole.revision, number), body, retain=True)
        for number, body in enumerate(_chunks(whole.revision, whole.rows))
    ]
    digests = tuple(hashlib.sha256(message.payload).hexdigest() for message in messages)
    return Snapshot(whole.revision, whole.state.hex, whole.state.count, digests), messages


def cleared(gateway: str, old: Snapshot) -> list[Message]:
    """Return the messages that take an old snapshot off the broker."""
    return [
        Message(chunk(gateway, old.revision, number), b"", retain=True) for number in range(len(old.chunks))
    ]


def _chunks(revision: int, rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[bytes]:
    number = 0
    part: dict[str, list[str]] = {plural: [] for plural in PLURALS.values()}
    # Groups and schedules first: a reader that shows progress knows early what the persons refer to.
    frame = len(_chunk(revision, 2**31, part))
    size, count = frame, 0
    for kind in ("group", "schedule", "person", "credential"):
        for body in rows[kind]:
            text = canonical(body)
            length = len(text.encode()) + COMMA_BYTES
            if count and (count == CHUNK_ROWS or size + length > CHUNK_BYTES):
                yield _chunk(revision, number, part)
                number += 1
                part = {plural: [] for plural in PLURALS.values()}
                size, count = frame, 0
            part[PLURALS[kind]].append(text)
            size += length
            count += 1
    yield _chunk(revision, number, part)


def _chunk(revision: int, number: int, part: Mapping[str, list[str]]) -> bytes:
    lists = ",".join(f'"{plural}":[{",".join(texts)}]' for plural, texts in part.items())
    return f'{{"v":1,"revision":{revision},"n":{number},{lists}}}'.encode()
