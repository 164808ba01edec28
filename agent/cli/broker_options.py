"""How to reach the broker: the same options wherever a person's command speaks to one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.words import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from agent.broker import BrokerSettings

FILES = ("password_file", "ca", "certificate", "broker_key")


def add_broker(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Add `--broker`, `--user`, `--password-file`, `--ca`, `--certificate` and `--broker-key`."""
    parser.add_argument("--broker", metavar="HOST:PORT", required=required, help=say("office.opt_broker"))
    parser.add_argument("--user", metavar="NAME", help=say("office.opt_user"))
    parser.add_argument("--password-file", metavar="FILE", type=Path, help=say("office.opt_password_file"))
    parser.add_argument("--ca", metavar="FILE", type=Path, help=say("office.opt_ca"))
    parser.add_argument("--certificate", metavar="FILE", type=Path, help=say("office.opt_certificate"))
    parser.add_argument("--broker-key", metavar="FILE", type=Path, help=say("office.opt_broker_key"))


def to_keep(args: argparse.Namespace) -> dict[str, str]:
    """Return what the options say, as texts to keep by name; files by their whole path. Raises BadInput."""
    from agent.broker import broker_at  # noqa: PLC0415 - paho only where it is used

    broker_at(args.broker)
    files: dict[str, Path | None] = {name: getattr(args, name) for name in FILES}
    return {
        "broker": args.broker,
        "user": args.user or "",
        **{name: "" if path is None else str(path.absolute()) for name, path in files.items()},
    }


def fill_in(args: argparse.Namespace, kept: Callable[[str], str | None]) -> bool:
    """Take what was kept by name where the options name no broker; say whether there is one now."""
    if args.broker is None:
        args.broker = kept("broker") or None
        args.user = args.user or kept("user") or None
        for name in FILES:
            text = kept(name)
            if getattr(args, name) is None and text:
                setattr(args, name, Path(text))
    return args.broker is not None


def settings_of(args: argparse.Namespace) -> BrokerSettings:
    """Return the broker that the options name. Raises BadInput."""
    from agent.broker import BrokerSettings, broker_at  # noqa: PLC0415 - paho only where it is used

    host, port = broker_at(args.broker, secure=args.ca is not None)
    return BrokerSettings(
        host, port, args.user, args.password_file, args.ca, args.certificate, args.broker_key
    )
