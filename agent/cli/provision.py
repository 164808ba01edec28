"""`menshen provision`: this gateway's key for the broker, and the request for its certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.certificate import request_certificate
from agent.cli.options import add_config, add_json
from agent.cli.words import say
from agent.config.load import gateway_of, read_tables
from agent.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from agent.cli.app import Commands


def register(commands: Commands) -> None:
    """Add the group."""
    parser = commands.add_parser("provision", help=say("app.provision"), description=say("app.provision"))
    add_config(parser)
    parser.add_argument("--key", metavar="FILE", type=Path, help=say("provision.key"))
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make what is missing and say where it lies. Asks nothing of the rest of the configuration."""
    tables = read_tables(args.config)
    gateway = gateway_of(tables)
    if gateway is None:
        raise ConfigError((say("provision.no_gateway", file=args.config),))
    key_file = args.key or _key_file(tables)
    if key_file is None:
        raise ConfigError((say("provision.no_key", file=args.config),))
    made = request_certificate(gateway, key_file)
    if args.json:
        told = {
            "gateway": gateway,
            "key": str(made.key),
            "key_is_new": made.key_is_new,
            "request": str(made.request),
            "fingerprint": made.fingerprint,
        }
        print(json.dumps(told, ensure_ascii=False))
        return 0
    print(say("provision.made" if made.key_is_new else "provision.kept", key=made.key))
    print(say("provision.request", gateway=gateway, request=made.request))
    print(say("provision.fingerprint", fingerprint=made.fingerprint))
    return 0


def _key_file(tables: dict[str, Any]) -> Path | None:
    match tables.get("broker"):
        case {"tls": {"key": str(path)}}:
            return Path(path)
        case _:
            return None
