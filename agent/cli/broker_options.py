"""How to reach the broker: the same options wherever a person's command speaks to one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.words import say

if TYPE_CHECKING:
    import argparse

    from agent.broker import BrokerSettings


def add_broker(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Add `--broker`, `--user`, `--password-file`, `--ca`, `--certificate` and `--broker-key`."""
    parser.add_argument("--broker", metavar="HOST:PORT", required=required, help=say("office.opt_broker"))
    parser.add_argument("--user", metavar="NAME", help=say("office.opt_user"))
    parser.add_argument("--password-file", metavar="FILE", type=Path, help=say("office.opt_password_file"))
    parser.add_argument("--ca", metavar="FILE", type=Path, help=say("office.opt_ca"))
    parser.add_argument("--certificate", metavar="FILE", type=Path, help=say("office.opt_certificate"))
    parser.add_argument("--broker-key", metavar="FILE", type=Path, help=say("office.opt_broker_key"))


def settings_of(args: argparse.Namespace) -> BrokerSettings:
    """Return the broker that the options name. Raises BadInput."""
    from agent.broker import BrokerSettings, broker_at  # noqa: PLC0415 - paho only where it is used

    host, port = broker_at(args.broker, secure=args.ca is not None)
    return BrokerSettings(
        host, port, args.user, args.password_file, args.ca, args.certificate, args.broker_key
    )
