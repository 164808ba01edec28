"""`menshen office key | rekey`: what the office signs with, and what its book is locked with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.office_book import action, author, day_text, family, new_passphrase, now, open_book
from agent.cli.words import say
from agent.office import signing, visits
from agent.office.rekey import rekey
from protocols.tokens.keys import kid, public_text

if TYPE_CHECKING:
    from argparse import Namespace

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from agent.cli.office_book import Actions


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    key = family(actions, "key")
    action(key, "show").set_defaults(run=run_key_show)
    action(key, "prepare").set_defaults(run=run_key_prepare)
    action(key, "switch").set_defaults(run=run_key_switch)
    deputy = action(key, "deputy")
    deputy.add_argument("file", type=Path, metavar="FILE", help=say("office.opt_deputy"))
    deputy.set_defaults(run=run_key_deputy)

    locking = action(actions, "rekey")
    locking.add_argument("--passphrase", action="store_true", help=say("office.opt_passphrase"))
    locking.add_argument(
        "--new-passphrase-file", type=Path, metavar="FILE", help=say("office.opt_new_passphrase_file")
    )
    locking.set_defaults(run=run_rekey)


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
        at = now()
        last = visits.signed_until(book, kid(book.signing_key().public_key()), at)
        _print_key("key_now", signing.switch(book, by=author(args), at=at))
        if last is not None:
            print(say("office.key_passes", until=day_text(book, last)))
        print(say("office.push_hint"))
    return 0


def run_key_deputy(args: Namespace) -> int:
    """Make a key that gateways trust to stop cards and nothing else, and say what goes on them."""
    public = signing.make_deputy(args.file)
    print(say("office.key_deputy", key=public_text(public), file=args.file))
    return 0


def run_rekey(args: Namespace) -> int:
    """Seal everything personal anew."""
    with open_book(args) as book:
        wanted = args.passphrase or args.new_passphrase_file is not None
        passphrase = new_passphrase(args.new_passphrase_file) if wanted else None
        rekey(book, by=author(args), at=now(), passphrase=passphrase)
        print(say("office.rekeyed"))
    return 0


def _print_key(word: str, key: Ed25519PublicKey) -> None:
    print(say(f"office.{word}", key=public_text(key), kid=kid(key)))
