"""The AsyncAPI 3 document of a gateway, made from the models: what it sends and hears, from its own side.

deploy/asyncapi.yaml is `text()`, written down; a test holds the two equal. To write it anew:
python -c "from protocols.mqtt.asyncapi import text; print(text(), end='')" > deploy/asyncapi.yaml
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from protocols.mqtt.events import Backfill, Event
from protocols.mqtt.payloads import Ack, Birth, CommandAnswer, DoorState, Health, Replay, State
from protocols.mqtt.roster_messages import Chunk, Delta, DoorReceipt, Head, ReceiptMessage
from protocols.mqtt.topics import ROOT, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from protocols.mqtt.model import Document

REF: Final = "#/components/schemas/{model}"

_BARE: Final = re.compile(r"(?!(?:yes|no|on|off|true|false|null)$)[A-Za-z][A-Za-z0-9_-]+", re.IGNORECASE)

COMMAND_SCHEMA: Final[dict[str, Any]] = {
    "title": "Command",
    "description": "What a command token claims. Times are whole seconds since 1970, UTC.",
    "type": "object",
    "required": ["v", "iss", "aud", "door", "do", "jti", "iat", "exp"],
    "properties": {
        "v": {"const": 1},
        "iss": {"type": "string", "description": "The signing key's RFC 7638 thumbprint."},
        "aud": {"type": "string", "description": "The gateway."},
        "door": {"type": "string", "description": 'With do=fire_over, and only there, "*".'},
        "do": {"enum": ["open", "mode", "fire_over"]},
        "mode": {"enum": ["normal", "held", "locked"], "description": "With do=mode, and only there."},
        "sub": {"type": "string", "description": "The person for whom a phone asks."},
        "jti": {"type": "string", "minLength": 8, "maxLength": 64, "description": "Never used twice."},
        "iat": {"type": "integer"},
        "exp": {"type": "integer", "description": "At most 30 s after iat for an open, 300 s else."},
        "nonce": {"type": "string", "description": "The gateway's, where its clock is not synced."},
        "client": {"type": "string", "description": "Who is answered, where no response topic is given."},
    },
}


@dataclass(frozen=True, slots=True)
class _Channel:
    """A topic: its kind, what stands there, which way, and whether it is kept."""

    kind: Kind
    end: str
    sends: bool
    model: type[Document] | None
    retained: bool
    words: str
    token: str | None = None


_CHANNELS: Final = (
    _Channel(Kind.BIRTH, "birth", True, Birth, True, "Everything that a late reader needs to know."),
    _Channel(Kind.STATE, "state", True, State, True, "There or not, with the nonce; also the last will."),
    _Channel(Kind.HEALTH, "health", True, Health, True, "Outbox, line, clock and ports."),
    _Channel(Kind.DOOR_STATE, "door/{door}/state", True, DoorState, True, "A door as it is now."),
    _Channel(Kind.LIVE, "event/live", True, Event, False, "One entry of the record, while it is news."),
    _Channel(Kind.BACKFILL, "event/backfill", True, Backfill, False, "History, in order, in batches."),
    _Channel(Kind.ANSWER, "res/{client}", True, CommandAnswer, False, "What became of a command."),
    _Channel(Kind.RECEIPT, "roster/receipt", True, ReceiptMessage, True, "What is enforced at each door."),
    _Channel(Kind.ACK, "event/ack", False, Ack, False, "The centre has the record so far."),
    _Channel(Kind.REPLAY, "event/replay", False, Replay, False, "The centre asks for a part again."),
    _Channel(
        Kind.COMMAND, "cmd", False, None, False, "An order. Retained ones are refused.", "menshen-cmd+jwt"
    ),
    _Channel(
        Kind.HEAD,
        "roster/head",
        False,
        Head,
        True,
        "The newest revision of the list.",
        "menshen-roster-head+jwt",
    ),
    _Channel(
        Kind.DELTA, "roster/delta", False, Delta, False, "A change of the list.", "menshen-roster-delta+jwt"
    ),
    _Channel(Kind.CHUNK, "roster/snapshot/{revision}/{n}", False, Chunk, True, "One part of a whole list."),
)


def document() -> dict[str, Any]:
    """Return the document."""
    models: list[type[BaseModel]] = [DoorReceipt]
    models += [channel.model for channel in _CHANNELS if channel.model is not None]
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "serialization") for model in models]
    _, defined = models_json_schema(wanted, ref_template=REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Menshen gateway",
            "version": ROOT.rpartition("/")[2],
            "description": "Times are RFC 3339 in UTC with milliseconds. Unknown fields are passed over.",
        },
        "channels": {_name(channel): _channel(channel) for channel in _CHANNELS},
        "operations": {
            f"{'send' if channel.sends else 'receive'}_{_name(channel)}": {
                "action": "send" if channel.sends else "receive",
                "channel": {"$ref": f"#/channels/{_name(channel)}"},
                "bindings": {"mqtt": {"qos": 1, "retain": channel.retained, "bindingVersion": "0.2.0"}},
            }
            for channel in _CHANNELS
        },
        "components": {"schemas": {**defined["$defs"], "Command": COMMAND_SCHEMA}},
    }


def text() -> str:
    """Return the document as YAML."""
    return "".join(f"{line}\n" for line in _yaml(document(), ""))


def _name(channel: _Channel) -> str:
    return channel.kind.name.lower()


def _channel(channel: _Channel) -> dict[str, Any]:
    model = "Command" if channel.model is None else channel.model.__name__
    schema = {"$ref": REF.format(model=model)}
    message: dict[str, Any] = {"contentType": "application/json", "payload": schema}
    if channel.token is not None:
        message = {
            "contentType": "application/jose",
            "payload": {
                "type": "string",
                "description": f"JWS in compact form, EdDSA, typ {channel.token}; its payload is x-signed.",
                "x-signed": schema,
            },
        }
    parts = [part.strip("{}") for part in channel.end.split("/") if part.startswith("{")]
    return {
        "address": f"{ROOT}/{{gw}}/{channel.end}",
        "description": channel.words,
        "parameters": {part: {} for part in ("gw", *parts)},
        "messages": {_name(channel): message},
    }


def _yaml(value: Any, indent: str) -> Iterator[str]:
    """Return the lines of `value`, a mapping or a list that is not empty.

    Scalars are as JSON writes them, which is YAML too; a key is bare where no reader can take it for another
    thing than text.
    """
    items = value.items() if isinstance(value, dict) else ((None, each) for each in value)
    for key, each in items:
        start = (
            f"{indent}-" if key is None else f"{indent}{key if _BARE.fullmatch(key) else json.dumps(key)}:"
        )
        if isinstance(each, dict | list) and each:
            yield start
            yield from _yaml(each, indent + "  ")
        else:
            yield f"{start} {json.dumps(each, ensure_ascii=False)}"
