"""`menshen office receipts`: the signed evidence, printed, exported, asked for one card, checked offline."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.office_book import action, now, open_book, second_text, show_table
from agent.cli.office_cards import card_key
from agent.cli.office_standing import HEADERS, lines
from agent.cli.words import say
from agent.errors import EX_DATAERR, EX_TEMPFAIL, BadInput
from agent.office import evidence, receipts, visits
from agent.office.access import gateways, key_origin
from agent.office.evidence import Flaw, ListProof
from agent.office.push import Pusher
from protocols.mqtt.model import read_stamp

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import datetime

    from agent.cli.office_book import Actions
    from agent.office.book import Book
    from agent.office.messages import Message
    from agent.office.receipts import Evidence

PROOF = ("col_gateway", "col_door", "receipts.col_since", "receipts.col_after", "receipts.col_proof")


def add(actions: Actions) -> None:
    """Add this action to `office`."""
    listing = action(actions, "receipts", json=True)
    listing.add_argument("--csv", action="store_true", help=say("office.opt_csv"))
    about = listing.add_mutually_exclusive_group()
    about.add_argument("--card", metavar="CARD", help=say("receipts.opt_card"))
    about.add_argument("--pass", dest="visit", metavar="NUMBER", help=say("receipts.opt_pass"))
    about.add_argument("--check", type=Path, metavar="FILE", help=say("receipts.opt_check"))
    about.add_argument("--list", dest="gateway", metavar="GW", help=say("receipts.opt_list"))
    listing.add_argument("--revision", type=int, metavar="N", help=say("receipts.opt_revision"))
    listing.add_argument("--list-file", type=Path, metavar="FILE", help=say("receipts.opt_list_file"))
    listing.add_argument("--key", action="append", default=[], metavar="KEY", help=say("receipts.opt_key"))
    listing.set_defaults(run=run)


def run(args: Namespace) -> int:
    """Print the evidence: the newest for people, all of it for programs; or what it says of one card."""
    if args.check is not None:
        return _check(args)
    with open_book(args) as book:
        if args.card is not None:
            return _proof(args, book, "credential", card_key(book, args.card, None))
        if args.visit is not None:
            return _proof(args, book, "pass", visits.key_of(book, args.visit))
        if args.gateway is not None:
            _rows(args, book)
        elif args.json or args.csv:
            _export(args, book)
        else:
            show_table(HEADERS, lines(book, Pusher(book, now, _nowhere).standing()))
    return 0


def _export(args: Namespace, book: Book) -> None:
    rows = [evidence.exported(each, key_origin(book, each.gateway)) for each in receipts.all_of(book)]
    if args.json:
        for row in rows:
            print(json.dumps(row))
        return
    writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else ["gateway", "door"])
    writer.writeheader()
    writer.writerows(rows)


def _rows(args: Namespace, book: Book) -> None:
    """Print the opaque list of a gateway, at a revision or at the newest one with a receipt."""
    if args.gateway not in gateways(book):
        raise BadInput(say("receipts.no_gateway", gateway=args.gateway))
    revision = args.revision or receipts.newest_of(book, args.gateway) or book.roster_revision
    if revision > book.revision:
        raise BadInput(say("receipts.no_revision", revision=revision, newest=book.revision))
    for line in evidence.list_lines(book, args.gateway, revision):
        print(json.dumps(line, ensure_ascii=False))


def _proof(args: Namespace, book: Book, kind: str, key: str) -> int:
    """Say since when a credential is dead at each door; 0 only when it is so at all."""
    revision = receipts.stopped_at(book, kind, key)
    if revision is None:
        raise BadInput(say("receipts.alive"))
    reached = receipts.reached(book, revision)
    doors = receipts.concerned(book, kind, key, revision)
    if not doors:
        raise BadInput(say("receipts.nowhere"))
    made = book.database.execute("SELECT at, by FROM revision WHERE number = ?", (revision,)).fetchone()
    made_at = read_stamp(made["at"])
    missing = [place for place in doors if place not in reached]
    if args.json:
        for gateway, door in doors:
            found = reached.get((gateway, door))
            told = None if found is None else evidence.exported(found, key_origin(book, gateway))
            after = None if found is None else (found.enforced_at - made_at).total_seconds()
            line = {"gateway": gateway, "door": door, "stopped_revision": revision, "stopped_at": made["at"]}
            print(json.dumps({**line, "after_s": after, "evidence": told}))
        return EX_TEMPFAIL if missing else 0
    at = second_text(book, made_at)
    print(say("receipts.stopped", revision=revision, at=at, by=made["by"]))
    show_table(PROOF, [(*place, *_since(book, reached.get(place), made_at)) for place in doors])
    word = "alive_somewhere" if missing else "dead_everywhere"
    print(say(f"receipts.{word}", missing=len(missing), doors=len(doors)))
    return EX_TEMPFAIL if missing else 0


def _since(book: Book, found: Evidence | None, made_at: datetime) -> tuple[str, str, str]:
    if found is None:
        return say("receipts.not_yet"), "", ""
    after_s = (found.enforced_at - made_at).total_seconds()
    return second_text(book, found.enforced_at), say("office.seconds", seconds=after_s), str(found.revision)


def _check(args: Namespace) -> int:
    """Check exported evidence without a book; 0 only where every line holds."""
    text = _text(args.check)
    proof = None if args.list_file is None else _list_proof(args.list_file)
    good, bad, own, proven = 0, 0, set(), Counter[tuple[str, int]]()
    for number, line in enumerate(text.splitlines(), start=1):
        found = evidence.check_exported(line, args.key)
        if isinstance(found, Flaw):
            bad += 1
            print(say("receipts.line_bad", line=number, why=_why(found)))
        else:
            good += 1
            own.add((found.gateway, found.key))
            proven[found.gateway, found.revision] += found.proof == proof
    if not good and not bad:
        raise BadInput(say("receipts.no_lines", file=args.check))
    print(say("receipts.checked", good=good, bad=bad))
    if proof is not None:
        for (gateway, revision), count in sorted((+proven).items()):
            words = {"gateway": gateway, "revision": revision, "rows": proof.count, "receipts": count}
            print(say("receipts.list_proven", **words))
        if not +proven:
            print(say("receipts.list_unproven", rows=proof.count))
    if own and not args.key:
        print(say("receipts.own_keys"))
        for gateway, key in sorted(own):
            print(f"  {gateway}  {key}")
    return EX_DATAERR if bad or (proof is not None and not +proven) else 0


def _list_proof(file: Path) -> ListProof:
    """Return what the rows of an exported list come to. Raises BadInput."""
    found = evidence.check_list(_text(file).splitlines())
    if isinstance(found, Flaw):
        raise BadInput(say("receipts.list_line", file=file, line=found.detail))
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadInput(say("receipts.unreadable", file=file, error=error)) from error


def _why(flaw: Flaw) -> str:
    return say(f"receipts.bad_{flaw.what}", why=flaw.detail, names=flaw.detail)


def _nowhere(_message: Message) -> None:
    """Nothing is sent by reading."""
