"""`menshen office key | rekey | diff`: the office's keys, and what a revision would change at the doors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.office_book import action, author, family, new_passphrase, now, open_book, show_table
from agent.cli.words import known, say
from agent.errors import BadInput
from agent.office import access, signing
from agent.office.intake.table import NoFile
from agent.office.rekey import rekey
from agent.office.whatif import read_events, replay
from protocols.tokens.keys import kid, public_text

if TYPE_CHECKING:
    from argparse import Namespace

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from agent.cli.office_book import Actions
    from agent.office.whatif import Changed, Replay


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    key = family(actions, "key")
    action(key, "show").set_defaults(run=run_key_show)
    action(key, "prepare").set_defaults(run=run_key_prepare)
    action(key, "switch").set_defaults(run=run_key_switch)

    locking = action(actions, "rekey")
    locking.add_argument("--passphrase", action="store_true", help=say("office.opt_passphrase"))
    locking.add_argument(
        "--new-passphrase-file", type=Path, metavar="FILE", help=say("office.opt_new_passphrase_file")
    )
    locking.set_defaults(run=run_rekey)

    diff = action(actions, "diff", json=True)
    diff.add_argument("gateway", metavar="GW")
    diff.add_argument("events", type=Path, metavar="FILE", help=say("office.opt_events"))
    diff.add_argument("--revision", type=int, metavar="N", help=say("office.opt_diff_revision"))
    diff.set_defaults(run=run_diff)


def run_key_show(args: Namespace) -> int:
    """Print the public keys."""
    with open_book(args) as book:
        _print_key("key_now", book.signing_key().public_key())
        fresh = signing.successor(book)
        if fresh is not None:
            _print_key("key_next", fresh)
    return 0


def run_key_prepare(args: Namespace) -> int:
    """Make the next key, and say where its public half goes."""
    with open_book(args) as book:
        _print_key("key_next", signing.prepare(book))
        print(say("office.key_prepared"))
    return 0


def run_key_switch(args: Namespace) -> int:
    """Sign with the next key from now on."""
    with open_book(args) as book:
        _print_key("key_now", signing.switch(book, by=author(args), at=now()))
        print(say("office.push_hint"))
    return 0


def run_rekey(args: Namespace) -> int:
    """Seal everything personal anew."""
    with open_book(args) as book:
        wanted = args.passphrase or args.new_passphrase_file is not None
        passphrase = new_passphrase(args.new_passphrase_file) if wanted else None
        rekey(book, by=author(args), at=now(), passphrase=passphrase)
        print(say("office.rekeyed"))
    return 0


def run_diff(args: Namespace) -> int:
    """Decide recorded presentations again on a revision of the book, and print what would change."""
    try:
        lines = args.events.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NoFile(f"cannot read {args.events}: {error}") from error
    with open_book(args) as book:
        if args.gateway not in access.gateways(book):
            raise BadInput(say("office.no_gateways"))
        revision = book.revision if args.revision is None else args.revision
        found = replay(book, args.gateway, read_events(lines), revision)
    if args.json:
        print(json.dumps(_as_object(found, revision)))
        return 0
    show_table(
        ("col_at", "col_door", "col_id", "col_was", "col_would"),
        [
            (each.at, each.door, each.person or each.credential, _word(each.was), _word(each.now))
            for each in found.changed
        ],
    )
    counts = {"decided": found.decided, "changed": len(found.changed), "passed_over": found.passed_over}
    print(say("office.diffed", revision=revision, **counts))
    return 0


def _as_object(found: Replay, revision: int) -> dict[str, object]:
    def told(each: Changed) -> dict[str, object]:
        return {
            "at": each.at,
            "door": each.door,
            "credential": each.credential,
            "person": each.person,
            "was": each.was,
            "now": each.now,
        }

    return {
        "revision": revision,
        "decided": found.decided,
        "passed_over": found.passed_over,
        "changed": [told(each) for each in found.changed],
    }


def _word(code: str) -> str:
    return say(f"reason.{code}") if known(f"reason.{code}") else code


def _print_key(word: str, key: Ed25519PublicKey) -> None:
    print(say(f"office.{word}", key=public_text(key), kid=kid(key)))
