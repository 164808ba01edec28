"""`menshen office push | receipts | watch`: rosters out, signed receipts in, door by door."""

from __future__ import annotations

import csv
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent.broker import Broker
from agent.cli.broker_options import add_broker, settings_of
from agent.cli.office_book import action, day_text, now, open_book, show_table
from agent.cli.words import known, say
from agent.clock import SystemClock
from agent.errors import EX_TEMPFAIL, BadInput, Unavailable
from agent.office import receipts, signing
from agent.office.access import gateways, reads
from agent.office.push import HEARD, Pusher
from protocols.mqtt.model import stamp

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence

    from rich.table import Table

    from agent.broker import BrokerSettings
    from agent.cli.office_book import Actions
    from agent.office.book import Book
    from agent.office.messages import Message
    from agent.office.push import Standing

SETTLE_WITHIN_S = 30.0
"""How long the broker may take to confirm what was sent: a whole list over a slow line."""
TURN_S = 0.2
"""How often a waiting table is drawn anew."""
HEADERS = ("col_gateway", "col_door", "col_status", "col_enforced", "col_latency", "col_complete")


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    push = action(actions, "push", json=True)
    push.add_argument("gateways", nargs="*", metavar="GW")
    push.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help=say("office.opt_wait"))
    push.add_argument("--key-file", type=Path, metavar="FILE", help=say("office.opt_key_file"))
    add_broker(push)
    push.set_defaults(run=run_push)

    listing = action(actions, "receipts", json=True)
    listing.add_argument("--csv", action="store_true", help=say("office.opt_csv"))
    listing.set_defaults(run=run_receipts)

    watch = action(actions, "watch")
    watch.add_argument("--seconds", type=float, metavar="SECONDS", help=say("office.opt_seconds"))
    watch.add_argument("--key-file", type=Path, metavar="FILE", help=say("office.opt_key_file"))
    add_broker(watch)
    watch.set_defaults(run=run_watch)


def run_push(args: Namespace) -> int:
    """Send the newest revision; with --wait, 0 only when every door has it."""
    with open_book(args) as book:
        if not gateways(book):
            raise BadInput(say("office.no_gateways"))
        only = args.gateways or None
        with Broker(broker_of(args, book), f"office-{os.getpid()}") as broker:
            pusher = _pusher(args, book, broker)
            broker.subscribe(HEARD)
            pusher.push(only)
            missing = _wait(args, broker, pusher, only) if args.wait > 0 else []
            if missing:
                pusher.lay_out(dict.fromkeys(standing.gateway for standing in missing))
            if not broker.settle(SETTLE_WITHIN_S):
                raise Unavailable(say("office.unsent"))
            pusher.settled()
            standing = _chosen(pusher.standing(), only)
        _say_pushed(args, book, standing)
    return EX_TEMPFAIL if missing else 0


def run_receipts(args: Namespace) -> int:
    """Print the evidence: the newest for people, all of it for programs."""
    with open_book(args) as book:
        if args.json:
            for evidence in receipts.all_of(book):
                print(json.dumps(_evidence_object(evidence)))
        elif args.csv:
            rows = [_evidence_object(evidence) for evidence in receipts.all_of(book)]
            writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else ["gateway", "door"])
            writer.writeheader()
            writer.writerows(rows)
        else:
            show_table(HEADERS, _lines(book, Pusher(book, now, _nowhere).standing()))
    return 0


def run_watch(args: Namespace) -> int:
    """Stay at the broker, until interrupted or for --seconds: answer what gateways lack, keep receipts."""
    clock = SystemClock()
    until = None if args.seconds is None else clock.monotonic() + args.seconds
    with open_book(args) as book, Broker(broker_of(args, book), f"office-watch-{os.getpid()}") as broker:
        pusher = _pusher(args, book, broker)
        told: set[str] = set()
        broker.subscribe(HEARD)
        print(say("office.watching", count=len(gateways(book))))
        while until is None or clock.monotonic() < until:
            arrived = broker.take(TURN_S)
            if arrived is None:
                continue
            heard = pusher.heard(arrived.topic, arrived.payload)
            _tell_unsaid(book, pusher.standing(), told)
            for receipt in heard:
                print(
                    say(
                        "office.heard",
                        gateway=receipt.gw,
                        door=receipt.door,
                        revision=receipt.revision,
                        at=day_text(book, receipt.enforced_at),
                    ),
                    flush=True,
                )
    return 0


def broker_of(args: Namespace, book: Book) -> BrokerSettings:
    """Return the broker of the options, or the one that the book remembers. Raises BadInput."""
    if args.broker is None:
        args.broker = book.setting("broker") or None
        args.user = args.user or book.setting("broker.user") or None
        for name in ("password_file", "ca", "certificate", "broker_key"):
            kept = book.setting(f"broker.{name}")
            if getattr(args, name) is None and kept:
                setattr(args, name, Path(kept))
    if args.broker is None:
        raise BadInput(say("office.no_broker"))
    return settings_of(args)


def _wait(args: Namespace, broker: Broker, pusher: Pusher, only: Sequence[str] | None) -> list[Standing]:
    """Take receipts until every door has the newest revision or the time is over; return what is missing."""
    clock = SystemClock()
    until = clock.monotonic() + args.wait
    with _live_table(args, pusher) as draw:
        while True:
            missing = [each for each in _chosen(pusher.standing(), only) if not each.enforced]
            draw()
            left = until - clock.monotonic()
            if not missing or left <= 0:
                return missing
            arrived = broker.take(min(left, TURN_S))
            while arrived is not None:
                pusher.heard(arrived.topic, arrived.payload)
                arrived = broker.take(0.0)


@contextmanager
def _live_table(args: Namespace, pusher: Pusher) -> Iterator[Callable[[], None]]:
    if args.json or not sys.stdout.isatty():
        yield lambda: None
        return
    from rich.live import Live  # noqa: PLC0415 - only for a person at a terminal

    with Live(transient=True, auto_refresh=False) as live:
        yield lambda: live.update(_drawn(pusher), refresh=True)


def _drawn(pusher: Pusher) -> Table:
    from rich.table import Table  # noqa: PLC0415 - only for a person at a terminal
    from rich.text import Text  # noqa: PLC0415 - the same

    table = Table(*(say(f"office.{header}") for header in HEADERS))
    for line in _lines(pusher.book, pusher.standing()):
        table.add_row(*(Text(cell) for cell in line))
    return table


def _lines(book: Book, standing: Sequence[Standing]) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    for each in standing:
        evidence = each.evidence
        latency = None if evidence is None else evidence.latency_s
        lines.append(
            (
                each.gateway,
                each.door,
                _status(each),
                "" if evidence is None else f"{evidence.revision}: {day_text(book, evidence.enforced_at)}",
                "" if latency is None else say("office.seconds", seconds=latency),
                "" if evidence is None else _panels(each),
            )
        )
    return lines


def _status(each: Standing) -> str:
    if each.enforced:
        return say("office.st_enforced")
    if each.trouble is not None:
        key = f"office.trouble_{each.trouble}"
        return say("office.st_trouble", why=say(key) if known(key) else each.trouble)
    if each.online is False:
        return say("office.st_offline")
    if each.evidence is None and each.online is None:
        return say("office.st_never")
    return say("office.st_waiting")


def _panels(each: Standing) -> str:
    if each.complete or each.evidence is None:
        return say("office.yes") if each.complete else ""
    return say("office.in_part", why=each.evidence.why or "")


def _say_pushed(args: Namespace, book: Book, standing: Sequence[Standing]) -> None:
    missing = [each for each in standing if not each.enforced]
    if args.json:
        print(
            json.dumps(
                {
                    "revision": book.roster_revision,
                    "doors": [
                        {
                            "gateway": each.gateway,
                            "door": each.door,
                            "enforced": each.enforced,
                            "complete": each.complete,
                            "enforced_at": None
                            if each.evidence is None or not each.enforced
                            else stamp(each.evidence.enforced_at),
                            "latency_s": None if each.evidence is None else each.evidence.latency_s,
                            "online": each.online,
                            "trouble": each.trouble,
                            "reads_unsaid": list(each.unread),
                        }
                        for each in standing
                    ],
                }
            )
        )
        return
    if args.wait > 0:
        show_table(HEADERS, _lines(book, standing))
        _tell_unsaid(book, standing, set())
        key = "some_missing" if missing else "all_enforced"
        print(say(f"office.{key}", revision=book.roster_revision, missing=len(missing), doors=len(standing)))
    else:
        count = len({each.gateway for each in standing})
        print(say("office.pushed", revision=book.roster_revision, count=count))


def _evidence_object(evidence: receipts.Evidence) -> dict[str, object]:
    return {
        "gateway": evidence.gateway,
        "door": evidence.door,
        "revision": evidence.revision,
        "made_at": None if evidence.made_at is None else stamp(evidence.made_at),
        "published_at": None if evidence.published_at is None else stamp(evidence.published_at),
        "enforced_at": stamp(evidence.enforced_at),
        "latency_s": evidence.latency_s,
        "complete": evidence.complete,
        "why": evidence.why,
        "digest": evidence.digest,
        "count": evidence.count,
        "received_at": stamp(evidence.received_at),
        "receipt": evidence.token,
    }


def _pusher(args: Namespace, book: Book, broker: Broker) -> Pusher:
    stopping = None if args.key_file is None else signing.deputy(book, args.key_file)
    return Pusher(book, now, lambda message: _send(broker, message), stopping=stopping)


def _tell_unsaid(book: Book, standing: Sequence[Standing], told: set[str]) -> None:
    """Say once of each gateway that its readers give more than the office was told of."""
    said = reads(book)
    for each in standing:
        if each.unread and each.gateway not in told:
            told.add(each.gateway)
            print(
                say(
                    "office.reads_unsaid",
                    gateway=each.gateway,
                    given=", ".join(each.unread),
                    reads=",".join(sorted({*said[each.gateway], *each.unread})),
                ),
                flush=True,
            )


def _chosen(standing: Sequence[Standing], only: Sequence[str] | None) -> list[Standing]:
    return [each for each in standing if only is None or each.gateway in only]


def _send(broker: Broker, message: Message) -> None:
    broker.publish(message.topic, message.payload, retain=message.retain)


def _nowhere(_message: Message) -> None:
    """Nothing is sent by reading."""
