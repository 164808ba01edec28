"""What phone and duty desk have in common as commands: whose key, over which broker, and the words for it."""

from __future__ import annotations

from argparse import ArgumentTypeError
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.words import known, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.broker import BrokerSettings
    from agent.orders.sender import Sender

ANSWER_WITHIN_S = 15.0
LONGEST_S = 300.0
"""Nobody waits for a door longer; infinity is no time that a queue can wait for."""


def add_key(parser: argparse.ArgumentParser, default: Path, word: str) -> None:
    """Add `--key`, whose help is the phrase `word`."""
    parser.add_argument("--key", type=Path, default=default, metavar="FILE", help=say(word))


def add_sending(parser: argparse.ArgumentParser) -> None:
    """Add `--client`, `--within` and `--json`."""
    parser.add_argument("--client", metavar="NAME", help=say("phone.client"))
    parser.add_argument(
        "--within", type=_seconds, default=ANSWER_WITHIN_S, metavar="SECONDS", help=say("phone.within")
    )
    parser.add_argument("--json", action="store_true", help=say("check.json"))


@contextmanager
def sending(
    settings: BrokerSettings, client_id: str, key: Ed25519PrivateKey, gateway: str, client: str
) -> Iterator[Sender]:
    """Give who orders of `gateway` with `key`, and hears the answers as `client`. Raises Unavailable."""
    from agent.broker import Broker  # noqa: PLC0415 - paho only where it is used
    from agent.clock import SystemClock  # noqa: PLC0415 - the same
    from agent.orders.sender import Sender  # noqa: PLC0415 - the same

    with Broker(settings, client_id) as broker:
        yield Sender(broker, key, gateway=gateway, client=client, clock=SystemClock())


def refuse_what_no_topic_holds(*names: str) -> None:
    """Raise BadInput for what cannot be the name of a gateway, a door or a client."""
    from agent.errors import BadInput  # noqa: PLC0415 - only where it is used
    from protocols.mqtt.topics import is_name  # noqa: PLC0415 - the same
    from protocols.tokens.command import EVERY_DOOR  # noqa: PLC0415 - the same

    for name in names:
        if not is_name(name) or name == EVERY_DOOR:
            raise BadInput(f"{name!r} cannot be a name: 1 to 64 characters, none of + # /")


def _seconds(text: str) -> float:
    """Return seconds in which an answer may come."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_S:
        raise ArgumentTypeError(say("phone.seconds", text=text, longest=f"{LONGEST_S:g}"))
    return seconds


def reason_text(code: str | None) -> str:
    """Return the words of a reason code; the code itself where there are none."""
    if code is None:
        return "?"
    return say(f"reason.{code}") if known(f"reason.{code}") else code
