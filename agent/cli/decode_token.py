"""`menshen decode token`: what a signed token says, and whether its signature holds."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.cli.options import add_json
from agent.cli.words import say
from agent.errors import EX_DATAERR, BadInput
from protocols.tokens.errors import TokenError
from protocols.tokens.keys import kid, public_from_text
from protocols.tokens.token import LARGEST_CHARS, open_token, peek

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from agent.cli.app import Commands

SECONDS = frozenset({"iat", "exp", "nbf"})


def register(kinds: Commands) -> None:
    """Add the kind."""
    parser = kinds.add_parser("token", help=say("decode.token"), description=say("decode.token"))
    parser.add_argument("token", metavar="JWS", help=say("decode.text"))
    parser.add_argument("--key", metavar="KEY", help=say("decode.key"))
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the token. EX_DATAERR: it is none, or its signature does not hold."""
    token = (sys.stdin.read(LARGEST_CHARS + 1) if args.token == "-" else args.token).strip()  # noqa: S105 - no password
    try:
        header, payload = peek(token)
    except TokenError as error:
        raise BadInput(f"this is no token: {error}") from error
    defect = None if args.key is None else _defect(token, str(header.get("typ")), args.key)
    if args.json:
        signature = "unchecked" if args.key is None else (defect or "holds")
        told = {"header": header, "payload": payload, "signature": signature}
        print(json.dumps(told, ensure_ascii=False))
    else:
        print("\n".join(_lines(header, payload)))
        print(_signature(defect, checked=args.key is not None))
    return EX_DATAERR if defect else 0


def _defect(token: str, typ: str, key_text: str) -> str | None:
    """Return why the signature is not that of the key, or None. Its name in the token counts too."""
    try:
        key = public_from_text(key_text)
    except TokenError as error:
        raise BadInput(f"--key is no public key: {error}") from error
    try:
        open_token(token, typ, {kid(key): key}.get)
    except TokenError as error:
        return str(error)
    return None


def _lines(header: Mapping[str, object], payload: Mapping[str, object]) -> Iterator[str]:
    yield say("decode.kind", typ=header.get("typ"))
    yield say("decode.kid", kid=header.get("kid"))
    for name, value in payload.items():
        if name in SECONDS and isinstance(value, int) and (at := _at(value)) is not None:
            yield say("decode.time", name=name, value=value, at=at)
        else:
            said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield say("decode.value", name=name, value=said)


def _at(seconds: int) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def _signature(defect: str | None, *, checked: bool) -> str:
    if not checked:
        return say("decode.unchecked")
    return say("decode.holds") if defect is None else say("decode.wrong", why=defect)
