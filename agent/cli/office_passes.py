"""`menshen office pass issue | list | revoke`: a visitor's QR code, and its end before the time."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.office_book import (
    action,
    author,
    day_text,
    family,
    from_option,
    now,
    open_book,
    show_table,
    until_option,
)
from agent.cli.words import say
from agent.errors import BadInput
from agent.office import people, receipts, visits
from agent.office.passes import issue_pass, qr_code, revoke_passes, save_picture
from protocols.mqtt.model import stamp

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from datetime import datetime

    from agent.cli.office_book import Actions
    from agent.office.book import Book
    from agent.office.visits import Visit

HEADERS = (
    "passes.col_number",
    "passes.col_visitor",
    "passes.col_host",
    "col_gateway",
    "col_doors",
    "col_until",
    "passes.col_uses",
    "col_state",
)


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    passes = family(actions, "pass")
    issuing = action(passes, "issue", json=True, said="passes.issue")
    issuing.add_argument("person", metavar="PERSON", help=say("office.opt_person"))
    issuing.add_argument("--gateway", required=True, metavar="GW", help=say("passes.opt_gateway"))
    issuing.add_argument("--door", action="append", required=True, help=say("passes.opt_door"))
    issuing.add_argument("--from", dest="valid_from", metavar="DATE", help=say("office.opt_from"))
    issuing.add_argument("--until", required=True, metavar="DATE", help=say("passes.opt_until"))
    issuing.add_argument("--uses", type=int, default=1, metavar="N", help=say("passes.opt_uses"))
    issuing.add_argument("--host", metavar="PERSON", help=say("passes.opt_host"))
    issuing.add_argument("--png", type=Path, metavar="FILE", help=say("passes.opt_png"))
    issuing.add_argument("--svg", type=Path, metavar="FILE", help=say("passes.opt_svg"))
    issuing.set_defaults(run=run_issue)

    listing = action(passes, "list", json=True, said="passes.list")
    listing.add_argument("--all", action="store_true", help=say("passes.opt_all"))
    listing.set_defaults(run=run_list)

    revoking = action(passes, "revoke", json=True, said="passes.revoke")
    revoking.add_argument("number", nargs="*", metavar="NUMBER", help=say("passes.opt_number"))
    revoking.add_argument("--person", metavar="PERSON", help=say("passes.opt_of"))
    revoking.set_defaults(run=run_revoke)


def run_issue(args: Namespace) -> int:
    """Sign a pass, and show its code on the terminal or write it to a file."""
    with open_book(args) as book:
        at = now()
        until = until_option(book, args.until)
        if until is None:
            raise BadInput(say("office.bad_date", text=args.until))
        token, claims = issue_pass(
            book,
            people.one(book, args.person).id,
            gateway=args.gateway,
            doors=args.door,
            valid_from=from_option(book, args.valid_from) or at,
            valid_until=until,
            uses=args.uses,
            by=author(args),
            at=at,
            host=None if args.host is None else people.one(book, args.host).id,
        )
        for path, kind in ((args.png, "png"), (args.svg, "svg")):
            if path is not None:
                save_picture(token, path, kind)
        if args.json:
            print(json.dumps({"pass": token, **claims.payload()}))
            return 0
        if args.png is None and args.svg is None:
            qr_code(token).terminal(out=sys.stdout, compact=True)
        print(
            say(
                "passes.made",
                number=claims.jti,
                person=claims.sub,
                doors=", ".join(claims.doors),
                until=day_text(book, until),
                uses=claims.uses,
            )
        )
    return 0


def run_list(args: Namespace) -> int:
    """List the passes that are out; of a revoked one, at which of its doors it is not yet dead."""
    with open_book(args) as book:
        at = now()
        alive = _alive(book)
        found = list(visits.standing(book, at, ended=args.all))
        if args.json:
            for each in found:
                print(json.dumps(_object(each, alive(each))))
            return 0
        lines = [
            (
                each.number,
                _name(book, each.person),
                "" if each.host is None else _name(book, each.host),
                each.gateway,
                ", ".join(each.doors),
                day_text(book, each.ends),
                str(each.uses),
                _state(book, each, alive(each), at),
            )
            for each in found
        ]
        show_table(HEADERS, lines)
    return 0


def run_revoke(args: Namespace) -> int:
    """Revoke passes; the doors know of it after a push."""
    if not args.number and args.person is None:
        raise BadInput(say("passes.none_named"))
    with open_book(args) as book:
        count = revoke_passes(
            book,
            numbers=args.number,
            person=None if args.person is None else people.one(book, args.person).id,
            by=author(args),
            at=now(),
        )
        if args.json:
            print(json.dumps({"revoked": count, "revision": book.revision}))
        elif count:
            print(say("passes.revoked", count=count, revision=book.revision))
            print(say("office.push_hint"))
        else:
            print(say("passes.none_stopped"))
    return 0


def _alive(book: Book) -> Callable[[Visit], tuple[str, ...]]:
    """Return what tells at which of its doors a pass is not yet known to be revoked, by their receipts."""
    latest = receipts.latest(book)
    known = {place: evidence.revision for place, evidence in latest.items()}

    def at_doors(visit: Visit) -> tuple[str, ...]:
        needed = visit.revision
        return tuple(
            door for door in visit.doors if needed is None or known.get((visit.gateway, door), 0) < needed
        )

    return at_doors


def _name(book: Book, person: str) -> str:
    """Return a person's name, as the desk knows them; the id of one who was purged, or is not there."""
    row = book.row("person", person)
    return person if row is None else people.load(book, person).details.name or person


def _state(book: Book, visit: Visit, alive: tuple[str, ...], at: datetime) -> str:
    if visit.revoked:
        return say("passes.st_dying", doors=", ".join(alive)) if alive else say("passes.st_dead")
    if visit.ends <= at:
        return say("passes.st_over")
    if at < visit.begins:
        return say("passes.st_not_yet", at=day_text(book, visit.begins))
    return say("passes.st_valid")


def _object(visit: Visit, alive: tuple[str, ...]) -> dict[str, object]:
    return {
        "number": visit.number,
        "person": visit.person,
        "host": visit.host,
        "gateway": visit.gateway,
        "doors": list(visit.doors),
        "from": stamp(visit.begins),
        "until": stamp(visit.ends),
        "uses": visit.uses,
        "revoked": visit.revoked,
        "revision": visit.revision,
        "not_yet_dead_at": list(alive) if visit.revoked else None,
    }
