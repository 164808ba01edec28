"""What a hostile broker may say: payloads that are nothing, and signed ones with something odd in them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from protocols.tokens.keys import kid

if TYPE_CHECKING:
    from random import Random
    from types import TracebackType

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from paho.mqtt.client import MQTTMessageInfo

WITHIN_S = 30.0

NOTHING = (
    b"",
    b"{",
    b"null",
    b"[]",
    b"1e999",
    b"NaN",
    b'"\\ud800"',
    b'{"v":1}',
    b'{"v":NaN}',
    b'{"v":1,"v":1}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"\xff\xfe",
    b"\0" * 1000,
    b"1" * 100_000,
    b'{"v":1,"confirmed":-1}',
    b'{"v":1,"confirmed":' + b"9" * 5000 + b"}",
    b'{"v":1,"from":5,"to":1}',
    b'{"v":1,"from":0,"to":1e3}',
    b'{"v":1,"from":1,"to":99999999999999999999}',
    b"eyJ.." + b"." * 100,
    b"a.b.c",
)
"""Payloads that no reader of any topic may fall over."""

ODD: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    2**63,
    2**64,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x" * 300,
    "x" * 70_000,
    "\ud800",
    "\0",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-13-01T00:00:00Z",
    "25:00",
    [],
    [[]],
    {},
    ["a"] * 1000,
    [{"door": "lobby", "schedule": "always"}],
    "../../etc/passwd",
    "Etc/GMT+12",
    "+/#",
    "0" * 64,
    "A" * 43,
)
"""Values in the place of any other."""

ANSWERS_TO = (
    None,
    "menshen/v1/other/res/x",
    "menshen/v1/demo-gw/cmd",
    "menshen/v1/demo-gw/state",
    "menshen/v1/demo-gw/res/",
    "menshen/v1/demo-gw/res/a/b",
    "$SYS/x",
    "a" * 1000,
)
"""Where an attacker would have answers go."""


def mutated(random: Random, document: Any) -> Any:
    """Return a copy of a JSON document with one to three of its values, members or names made odd."""
    copy = json.loads(json.dumps(document))
    for _ in range(random.choice((1, 1, 2, 3))):
        places = list(_places(copy))
        if not places:
            break
        holder, key = random.choice(places)
        chance = random.random()
        if chance < 0.8:
            holder[key] = random.choice(ODD)
        elif chance < 0.9:
            del holder[key]
        elif isinstance(holder, dict):
            holder[random.choice(("zz", "__class__", "\ud800"))] = random.choice(ODD)
        else:
            holder.extend(holder * 3)
    return copy


def _places(value: Any) -> Any:
    """Go through every place of a document: what holds it, and under which key."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def text_of(random: Random, document: Any) -> bytes:
    """Return it as JSON that no careful program writes: NaN, half surrogates, a name twice."""
    text = json.dumps(document, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.1:
        text = text.replace("{", '{"v":1,"v":2,', 1)
    return text.encode("utf-8", "surrogatepass")


def signed(payload: bytes, key: Ed25519PrivateKey, typ: str) -> bytes:
    """Return `payload`, which need be no JSON, as a token with a good signature."""
    header = json.dumps({"alg": "EdDSA", "kid": kid(key.public_key()), "typ": typ}).encode()
    content = _base64url(header) + b"." + _base64url(payload)
    return content + b"." + _base64url(key.sign(content))


def payload_of(token: bytes) -> Any:
    """Return what a token says."""
    part = token.split(b".")[1]
    return json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class Publisher:
    """A client that hears nothing and says anything."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._sent: list[MQTTMessageInfo] = []
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="publisher", protocol=MQTTProtocolVersion.MQTTv5
        )

    def __enter__(self) -> Self:
        self._client.connect("localhost", self._port)
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, random: Random, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish, with whatever properties chance gives."""
        said: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho
        if (where := random.choice(ANSWERS_TO)) is not None:
            said.ResponseTopic = where
        if random.random() < 0.5:
            said.CorrelationData = random.randbytes(random.choice((1, 16, 5000)))
        if random.random() < 0.2:
            said.UserProperty = [("a", "b" * 1000)] * random.randint(1, 9)
        if random.random() < 0.2:
            said.ContentType = "x" * 500
        self._sent.append(self._client.publish(topic, payload, qos=1, retain=retain, properties=said))

    def settle(self) -> None:
        """Wait until the broker has all of it."""
        for each in self._sent:
            each.wait_for_publish(WITHIN_S)
        self._sent.clear()
