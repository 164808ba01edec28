"""`menshen journal verify | export | replay`: prove what happened, hand it out, try another list on it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import journal_replay
from agent.cli.words import say
from agent.errors import EX_DATAERR, BadInput, StoreError
from agent.roster.checkpoints import open_checkpoint
from agent.store.export import export_csv, export_json
from agent.store.reader import JournalReader
from agent.store.verify import Checkpoint, Verdict, verify
from protocols.tokens.errors import TokenError
from protocols.tokens.keys import kid, public_from_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator

    from agent.cli.app import Commands

STRETCHES_TOLD = 10


def register(commands: Commands) -> None:
    """Add `journal` and what it can do."""
    journal = commands.add_parser("journal", help=say("app.journal"), description=say("app.journal"))
    actions = journal.add_subparsers(metavar="ACTION", required=True, dest="action")

    check = actions.add_parser("verify", help=say("journal.verify"), description=say("journal.verify"))
    _file(check)
    check.add_argument("--checkpoints", type=Path, metavar="FILE", help=say("journal.checkpoints"))
    check.add_argument("--key", metavar="KEY", help=say("journal.key"))
    check.set_defaults(run=run_verify)

    export = actions.add_parser("export", help=say("journal.export"), description=say("journal.export"))
    _file(export)
    export.add_argument("--csv", action="store_true", help=say("journal.csv"))
    export.add_argument("--from", dest="first", type=int, default=1, metavar="SEQ", help=say("journal.first"))
    export.add_argument("--to", dest="last", type=int, metavar="SEQ", help=say("journal.last"))
    export.add_argument("--out", type=Path, metavar="FILE", help=say("journal.out"))
    export.set_defaults(run=run_export)

    again = actions.add_parser("replay", help=say("journal.replay"), description=say("journal.replay"))
    _file(again)
    journal_replay.add(again)


def run_verify(args: Namespace) -> int:
    """Print what the file proves; 0 when everything holds, 65 when not."""
    _readable(args.file)
    checkpoints = _checkpoints(args.checkpoints, args.key) if args.checkpoints else ()
    with watched(say("journal.verifying")) as seen:
        verdict = verify(args.file, checkpoints, immutable=args.copy, seen=seen)
    for line in _lines(verdict, with_checkpoints=bool(args.checkpoints)):
        print(line)
    return 0 if verdict.holds else EX_DATAERR


def run_export(args: Namespace) -> int:
    """Write the rows asked for."""
    _readable(args.file)
    reader = JournalReader(args.file, immutable=args.copy)
    write = export_csv if args.csv else export_json
    try:
        if args.out is None:
            write(reader, sys.stdout, args.first, args.last)
            return 0
        with args.out.open("w", encoding="utf-8", newline="") as out:
            count = write(reader, out, args.first, args.last)
    except BrokenPipeError:
        raise  # the reader of our pipe went away: the command line knows what that means
    except OSError as error:
        raise StoreError(say("journal.unwritable", file=args.out, error=error)) from error
    finally:
        reader.close()
    print(say("journal.exported", count=count, file=args.out))
    return 0


@contextmanager
def watched(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far long work is, to a person at a terminal; to a pipe nothing."""
    if not sys.stderr.isatty():
        yield lambda _done, _whole: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for a person at a terminal
    from rich.progress import Progress  # noqa: PLC0415 - the same

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, whole: progress.update(task, completed=done, total=whole)


def _file(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=say("journal.file"))
    parser.add_argument("--copy", action="store_true", help=say("journal.copy"))


def _readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise BadInput(say("journal.unreadable", file=path, error=error)) from error


def _checkpoints(path: Path, key_text: str | None) -> list[Checkpoint]:
    """Read the signed checkpoints in `path`, every one of them by this key."""
    if key_text is None:
        raise BadInput(say("journal.needs_key"))
    try:
        key = public_from_text(key_text)
    except TokenError as error:
        raise BadInput(say("journal.bad_key", error=error)) from error
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(say("journal.unreadable", file=path, error=error)) from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(open_checkpoint(line.strip(), {kid(key): key}.get)[1])
        except TokenError as error:
            raise BadInput(say("journal.bad_checkpoint", file=path, line=number, error=error)) from error
    return found


def _lines(verdict: Verdict, *, with_checkpoints: bool) -> list[str]:
    lines = [
        say("journal.holds" if verdict.holds else "journal.broken", rows=verdict.rows, head=verdict.head)
    ]
    lines += [f"  {problem}" for problem in verdict.problems]
    if verdict.removed:
        told = [f"{each.first}-{each.last}" for each in verdict.removed[:STRETCHES_TOLD]]
        told += ["…"] if len(verdict.removed) > STRETCHES_TOLD else []
        lines.append(say("journal.removed", stretches=", ".join(told)))
    if with_checkpoints:
        lines.append(say("journal.proved", proved=verdict.proved, unprovable=verdict.unprovable))
    return lines
