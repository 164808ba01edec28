"""`menshen office pass`: a visitor's QR code."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.office_book import (
    action,
    author,
    day_text,
    from_option,
    now,
    open_book,
    until_option,
)
from agent.cli.words import say
from agent.errors import BadInput
from agent.office import people
from agent.office.passes import issue_pass, qr_code, save_picture

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.office_book import Actions


def add(actions: Actions) -> None:
    """Add this action to `office`."""
    parser = action(actions, "pass", json=True)
    parser.add_argument("person", metavar="PERSON", help=say("office.opt_person"))
    parser.add_argument("--gateway", required=True, metavar="GW", help=say("office.opt_gateway"))
    parser.add_argument("--door", action="append", required=True, help=say("office.opt_pass_door"))
    parser.add_argument("--from", dest="valid_from", metavar="DATE", help=say("office.opt_from"))
    parser.add_argument("--until", required=True, metavar="DATE", help=say("office.opt_pass_until"))
    parser.add_argument("--uses", type=int, default=1, metavar="N", help=say("office.opt_uses"))
    parser.add_argument("--png", type=Path, metavar="FILE", help=say("office.opt_png"))
    parser.add_argument("--svg", type=Path, metavar="FILE", help=say("office.opt_svg"))
    parser.set_defaults(run=run_pass)


def run_pass(args: Namespace) -> int:
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
                "office.pass_made",
                jti=claims.jti,
                person=claims.sub,
                doors=", ".join(claims.doors),
                until=day_text(book, until),
                uses=claims.uses,
            )
        )
    return 0
