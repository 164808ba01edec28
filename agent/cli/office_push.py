"""`menshen office push | watch`: rosters out, signed receipts in, door by door."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from agent.broker import Broker
from agent.cli.broker_options import add_broker, fill_in, settings_of
from agent.cli.office_book import action, now, open_book, second_text, show_table
from agent.cli.office_setup import setting_name
from agent.cli.office_standing import HEADERS, lines, live_table, tell_unsaid
from agent.cli.words import say
from agent.clock import SystemClock
from agent.errors import EX_TEMPFAIL, BadInput, Unavailable
from agent.office import signing
from agent.office.access import gateways
from agent.office.push import HEARD, Pusher
from protocols.mqtt.model import stamp

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.broker import BrokerSettings
    from agent.cli.office_book import Actions
    from agent.office.book import Book
    from agent.office.messages import Message
    from agent.office.push import Standing

SETTLE_WITHIN_S = 30.0
"""How long the broker may take to confirm what was sent: a whole list over a slow line."""
TURN_S = 0.2
"""How often a waiting table is drawn anew."""


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    push = action(actions, "push", json=True)
    push.add_argument("gateways", nargs="*", metavar="GW")
    push.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help=say("office.opt_wait"))
    push.add_argument("--key-file", type=Path, metavar="FILE", help=say("office.opt_key_file"))
    add_broker(push)
    push.set_defaults(run=run_push)

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
        only, stopping = args.gateways or None, _stopping(args, book)
        with Broker(broker_of(args, book), f"office-{os.getpid()}") as broker:
            pusher = _pusher(book, broker, stopping)
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


def run_watch(args: Namespace) -> int:
    """Stay at the broker, until interrupted or for --seconds: answer what gateways lack, keep receipts."""
    clock = SystemClock()
    until = None if args.seconds is None else clock.monotonic() + args.seconds
    with ExitStack() as stack:
        book = stack.enter_context(open_book(args))
        stopping = _stopping(args, book)
        broker = stack.enter_context(Broker(broker_of(args, book), f"office-watch-{os.getpid()}"))
        pusher = _pusher(book, broker, stopping)
        told: set[str] = set()
        broker.subscribe(HEARD)
        print(say("office.watching", count=len(gateways(book))))
        while until is None or clock.monotonic() < until:
            arrived = broker.take(TURN_S)
            if arrived is None:
                continue
            heard = pusher.heard(arrived.topic, arrived.payload)
            tell_unsaid(book, pusher.unread(), told)
            for receipt in heard:
                print(
                    say(
                        "office.heard",
                        gateway=receipt.gw,
                        door=receipt.door,
                        revision=receipt.revision,
                        at=second_text(book, receipt.enforced_at),
                    ),
                    flush=True,
                )
    return 0


def broker_of(args: Namespace, book: Book) -> BrokerSettings:
    """Return the broker of the options, or the one that the book remembers. Raises BadInput."""
    if not fill_in(args, lambda name: book.setting(setting_name(name))):
        raise BadInput(say("office.no_broker"))
    return settings_of(args)


def _wait(args: Namespace, broker: Broker, pusher: Pusher, only: Sequence[str] | None) -> list[Standing]:
    """Take receipts until every door has the newest revision or the time is over; return what is missing."""
    clock = SystemClock()
    until = clock.monotonic() + args.wait
    with live_table(pusher.book, shown=not args.json) as draw:
        while True:
            standing = _chosen(pusher.standing(), only)
            missing = [each for each in standing if not each.enforced]
            left = until - clock.monotonic()
            draw(standing, left)
            if not missing or left <= 0:
                return missing
            arrived = broker.take(min(left, TURN_S))
            while arrived is not None:
                pusher.heard(arrived.topic, arrived.payload)
                arrived = broker.take(0.0)


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
                            "seen_at": None if each.seen_at is None else stamp(each.seen_at),
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
        show_table(HEADERS, lines(book, standing))
        tell_unsaid(book, {each.gateway: each.unread for each in standing}, set())
        key = "some_missing" if missing else "all_enforced"
        print(say(f"office.{key}", revision=book.roster_revision, missing=len(missing), doors=len(standing)))
    else:
        count = len({each.gateway for each in standing})
        print(say("office.pushed", revision=book.roster_revision, count=count))


def _stopping(args: Namespace, book: Book) -> Ed25519PrivateKey | None:
    """Return the key to sign with in the office's place, if one is named. Raises BadInput."""
    return None if args.key_file is None else signing.deputy(book, args.key_file)


def _pusher(book: Book, broker: Broker, stopping: Ed25519PrivateKey | None) -> Pusher:
    return Pusher(book, now, lambda message: _send(broker, message), stopping=stopping)


def _chosen(standing: Sequence[Standing], only: Sequence[str] | None) -> list[Standing]:
    return [each for each in standing if only is None or each.gateway in only]


def _send(broker: Broker, message: Message) -> None:
    broker.publish(message.topic, message.payload, retain=message.retain)
