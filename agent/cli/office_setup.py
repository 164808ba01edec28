"""`menshen office init | broker | gateway | group | schedule`: what stands before anybody lives there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.cli.broker_options import add_broker, to_keep
from agent.cli.office_book import (
    accept_option,
    action,
    author,
    family,
    new_passphrase,
    now,
    open_book,
    show_collisions,
    show_table,
)
from agent.cli.words import say
from agent.office import access, collisions
from agent.office.aliases import DEFAULT_READS
from agent.office.book import DIGEST_KEY_FILE, HOME_ZONE, Book
from protocols.mqtt.model import stamp
from protocols.tokens.keys import kid, public_text

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.office_book import Actions


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    init = action(actions, "init", json=True)
    init.add_argument("--passphrase", action="store_true", help=say("office.opt_passphrase"))
    init.add_argument("--zone", default=HOME_ZONE, help=say("office.opt_zone"))
    init.set_defaults(run=run_init)

    broker = action(actions, "broker")
    add_broker(broker, required=True)
    broker.set_defaults(run=run_broker)

    gateway = family(actions, "gateway")
    adding = action(gateway, "add")
    adding.add_argument("name", metavar="GW")
    adding.add_argument("--doors", metavar="DOORS", help=say("office.opt_doors"))
    adding.add_argument(
        "--reads", metavar="READS", help=say("office.opt_reads", default=",".join(DEFAULT_READS))
    )
    accept_option(adding)
    adding.add_argument("--key", metavar="KEY", help=say("office.opt_key"))
    adding.set_defaults(run=run_gateway_add)
    _list_and_remove(gateway, "gateway", "GW")

    group = family(actions, "group")
    adding = action(group, "add")
    adding.add_argument("name", metavar="GROUP")
    adding.add_argument("--door", action="append", required=True, metavar="DOOR", help=say("office.opt_door"))
    adding.set_defaults(run=run_group_add)
    _list_and_remove(group, "door_group", "GROUP")

    schedule = family(actions, "schedule")
    adding = action(schedule, "add")
    adding.add_argument("name", metavar="SCHEDULE")
    adding.add_argument(
        "--window", action="append", required=True, metavar="WINDOW", help=say("office.opt_window")
    )
    adding.add_argument("--zone", help=say("office.opt_zone"))
    adding.set_defaults(run=run_schedule_add)
    _list_and_remove(schedule, "schedule", "SCHEDULE")


def run_init(args: Namespace) -> int:
    """Make the book, and say what goes on the gateways."""
    wanted = args.passphrase or args.passphrase_file is not None
    passphrase = new_passphrase(args.passphrase_file) if wanted else None
    with Book.make(args.book, at=now(), by=author(args), passphrase=passphrase, zone=args.zone) as book:
        with book.change("book.made", by=author(args), at=now()) as edit:
            access.set_schedule(edit, access.ALWAYS, ["00:00-24:00"], args.zone)
        public = book.signing_key().public_key()
    digest_key = args.book / DIGEST_KEY_FILE
    if args.json:
        print(
            json.dumps(
                {
                    "book": str(args.book),
                    "key": public_text(public),
                    "kid": kid(public),
                    "digest_key_file": str(digest_key),
                }
            )
        )
    else:
        print(say("office.made", book=args.book, key=public_text(public), digest_key=digest_key))
    return 0


def run_broker(args: Namespace) -> int:
    """Keep the broker's settings in the book."""
    kept = to_keep(args)
    with open_book(args) as book:
        for name, text in kept.items():
            book.set(setting_name(name), text)
    return 0


def setting_name(name: str) -> str:
    """Return under which name the book keeps what an option of the broker says."""
    return name if name == "broker" else f"broker.{name}"


def run_gateway_add(args: Namespace) -> int:
    """Write a gateway; a key given here by a person is held to from now on."""
    accepted = args.accept_collisions
    with open_book(args) as book:
        doors = access.gateways(book).get(args.name, ()) if args.doors is None else _names(args.doors)
        reads = None if args.reads is None else _names(args.reads)
        with book.change("gateway.set", by=author(args), at=now(), accept_collisions=accepted) as edit:
            access.set_gateway(edit, args.name, doors, reads)
        if args.key is not None:
            access.pin_gateway_key(book, args.name, args.key, how="given", now=stamp(now()))
        print(say("office.done", revision=book.revision))
        found = collisions.standing(book.database)
        show_collisions(each for each in found if each.gateway == args.name)
    return 0


def run_group_add(args: Namespace) -> int:
    """Write a group."""
    rights = [_right(text) for text in args.door]
    with open_book(args) as book:
        with book.change("group.set", by=author(args), at=now()) as edit:
            access.set_group(edit, args.name, rights)
        print(say("office.done", revision=book.revision))
    return 0


def run_schedule_add(args: Namespace) -> int:
    """Write a schedule."""
    with open_book(args) as book:
        with book.change("schedule.set", by=author(args), at=now()) as edit:
            access.set_schedule(edit, args.name, args.window, args.zone or book.zone.key)
        print(say("office.done", revision=book.revision))
    return 0


def run_remove(args: Namespace) -> int:
    """Remove a gateway, a group or a schedule."""
    with open_book(args) as book:
        with book.change(f"{args.table}.removed", by=author(args), at=now()) as edit:
            access.drop(edit, args.table, args.name)
        print(say("office.done", revision=book.revision))
    return 0


def run_list(args: Namespace) -> int:
    """List gateways, groups or schedules."""
    with open_book(args) as book:
        match args.table:
            case "gateway":
                reads = access.reads(book)
                show_table(
                    ("col_gateway", "col_doors", "col_key", "col_reads"),
                    [
                        (
                            name,
                            ", ".join(doors),
                            access.gateway_key(book, name) or "",
                            ", ".join(reads[name]),
                        )
                        for name, doors in access.gateways(book).items()
                    ],
                )
            case "door_group":
                show_table(
                    ("col_id", "col_doors"),
                    [
                        (name, ", ".join(f"{door}:{schedule}" for door, schedule in rights))
                        for name, rights in access.groups(book).items()
                    ],
                )
            case _:
                show_table(
                    ("col_id", "col_zone", "col_windows"),
                    [(name, zone, "; ".join(windows)) for name, zone, windows in access.schedules(book)],
                )
    return 0


def _list_and_remove(actions: Actions, table: str, metavar: str) -> None:
    listing = action(actions, "list")
    listing.set_defaults(run=run_list, table=table)
    removing = action(actions, "remove")
    removing.add_argument("name", metavar=metavar)
    removing.set_defaults(run=run_remove, table=table)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _right(text: str) -> tuple[str, str]:
    door, _, schedule = text.partition(":")
    return door, schedule or access.ALWAYS
