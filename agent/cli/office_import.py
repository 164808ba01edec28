"""`menshen office import`: a roster into the book, rehearsed first when asked, every problem by its cell."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.office_book import accept_option, action, author, now, open_book
from agent.cli.words import Language, language, say
from agent.errors import EX_DATAERR, BadInput
from agent.office import access
from agent.office.intake.apply import carry_out
from agent.office.intake.entry import Terms
from agent.office.intake.files import is_open, read_roster
from agent.office.intake.plan import Plan, judge
from agent.office.intake.template import template
from agent.office.printed import Style, read_style

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator

    from agent.cli.office_book import Actions
    from agent.office.book import Book
    from agent.office.intake.apply import Outcome
    from agent.office.intake.problems import Problem

TOLD = 200
"""How many lines of a kind a terminal is shown; the report file and --json have them all."""


def add(actions: Actions) -> None:
    """Add this action to `office`."""
    parser = action(actions, "import", json=True)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--sheet", metavar="NAME", help=say("office.opt_sheet"))
    parser.add_argument("--dry-run", action="store_true", help=say("office.opt_dry_run"))
    parser.add_argument("--skip-bad", action="store_true", help=say("office.opt_skip_bad"))
    parser.add_argument("--group", action="append", default=[], help=say("office.opt_default_group"))
    parser.add_argument("--card-style", metavar="STYLE", help=say("office.opt_style", known=", ".join(Style)))
    parser.add_argument("--leave-missing", action="store_true", help=say("office.opt_leave_missing"))
    accept_option(parser)
    parser.add_argument("--report", type=Path, metavar="FILE", help=say("office.opt_report"))
    parser.set_defaults(run=run_import)

    empty = action(actions, "template")
    empty.add_argument("file", type=Path, metavar="FILE", help=say("office.opt_template"))
    empty.set_defaults(run=run_template)


def run_import(args: Namespace) -> int:
    """Judge the file, tell all that is wrong, and write (or rehearse) what is right."""
    if args.leave_missing and args.skip_bad:
        raise BadInput(say("office.not_both"))
    if args.report is not None:
        _write_report(args.report, Plan([], [], [], 0), [])  # that it cannot be written is no news for later
    table = read_roster(args.file, args.sheet)
    if is_open(args.file) and not args.json:
        print(say("office.still_open", file=args.file), file=sys.stderr)
    with open_book(args) as book:
        at = now()
        with _progress(say("office.reading"), quiet=args.json) as progress:
            plan = judge(book, table, _terms(args, book), progress)
        refused = bool(plan.problems) and not args.skip_bad
        outcome = None
        if not refused or args.dry_run:
            with _progress(say("office.writing"), quiet=args.json) as progress:
                outcome = carry_out(
                    book,
                    plan,
                    by=author(args),
                    at=at,
                    rehearse=args.dry_run,
                    leave_missing=args.leave_missing and not refused,
                    progress=progress,
                )
    if args.report is not None:
        report = list(_report(plan, outcome, refused=refused, rehearsed=args.dry_run))
        _write_report(args.report, plan, report)
    if args.json:
        print(json.dumps(_as_object(plan, outcome, refused=refused), ensure_ascii=False))
    else:
        _print_report(plan, outcome, refused=refused, rehearsed=args.dry_run)
    return EX_DATAERR if refused else 0


def run_template(args: Namespace) -> int:
    """Write an empty roster to fill in."""
    with open_book(args) as book:
        groups = list(access.groups(book))
    content = template(groups, chinese=language() is Language.CHINESE)
    try:
        with args.file.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise BadInput(say("office.report_unwritten", path=args.file, why=error.strerror)) from error
    print(say("desk.template_made", file=args.file))
    return 0


def _terms(args: Namespace, book: Book) -> Terms:
    known = access.groups(book)
    for group in args.group:
        if group not in known:
            raise BadInput(say("office.unknown_group", group=group))
    style = None if args.card_style is None else read_style(args.card_style)
    if args.card_style is not None and style is None:
        raise BadInput(say("intake.card_style", known=", ".join(Style)))
    return Terms(
        book.zone, now(), author(args), known.keys(), tuple(args.group), style, args.accept_collisions
    )


def _report(
    plan: Plan, outcome: Outcome | None, *, refused: bool, rehearsed: bool, most: int | None = None
) -> Iterator[str]:
    """Yield the lines of the report. `most`: of each kind. No line holds a name or a number."""
    yield from _some([_told("problem_line", problem) for problem in plan.problems], most)
    yield from _some([_told("warning_line", warning) for warning in plan.warnings], most)
    if outcome is not None:
        yield from _shifts(outcome, most)
    if refused:
        yield say("office.import_refused", bad=len(plan.refused), rows=plan.rows)
    if outcome is None:
        return
    key = "import_dry" if rehearsed else "import_same" if outcome.revision is None else "import_done"
    if refused:
        key = "import_would"
    if outcome.unverified:
        yield say("desk.import_unverified", count=outcome.unverified)
    if outcome.missing:
        word = "import_left" if outcome.left else "import_missing"
        yield say(f"office.{word}", count=len(outcome.missing))
    yield say(
        f"office.{key}",
        added=outcome.added,
        changed=outcome.changed,
        same=outcome.same,
        cards=outcome.cards,
        revision=outcome.revision,
    )
    if outcome.revision is not None:
        yield say("office.push_hint")
        yield say("desk.undo_hint", revision=outcome.revision - 1)


def _shifts(outcome: Outcome, most: int | None) -> Iterator[str]:
    lines = [
        say(
            "office.shift_line" if shift.row is not None else "office.shift_missing",
            row=shift.row,
            person=shift.person,
            gains=", ".join(shift.gains) or "—",
            loses=", ".join(shift.loses) or "—",
        )
        for shift in outcome.shifts
    ]
    yield from _some(lines, most)
    for door, (gain, lose) in sorted(_by_door(outcome).items()):
        yield say("office.shift_total", door=door, gain=gain, lose=lose)


def _by_door(outcome: Outcome) -> dict[str, tuple[int, int]]:
    totals: dict[str, tuple[int, int]] = {}
    for shift in outcome.shifts:
        for door in shift.gains:
            gain, lose = totals.get(door, (0, 0))
            totals[door] = gain + 1, lose
        for door in shift.loses:
            gain, lose = totals.get(door, (0, 0))
            totals[door] = gain, lose + 1
    return totals


def _some(lines: list[str], most: int | None) -> Iterator[str]:
    yield from lines[:most]
    if most is not None and len(lines) > most:
        yield say("office.more", count=len(lines) - most)


def _told(key: str, problem: Problem) -> str:
    what = say(f"intake.{problem.code}", **problem.values)
    if problem.column is None:
        return say(f"office.{key}_row", row=problem.row, what=what)
    return say(f"office.{key}", row=problem.row, place=problem.place, header=problem.header, what=what)


def _print_report(plan: Plan, outcome: Outcome | None, *, refused: bool, rehearsed: bool) -> None:
    for line in _report(plan, outcome, refused=refused, rehearsed=rehearsed, most=TOLD):
        print(line, file=sys.stderr if refused else sys.stdout)


def _write_report(path: Path, plan: Plan, lines: list[str]) -> None:
    """Write the report: as a table of what is wrong where the file is a .csv, else as text."""
    try:
        if path.suffix.lower() != ".csv":
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            return
        with path.open("w", encoding="utf-8-sig", newline="") as file:  # the mark tells Excel what it is
            table = csv.writer(file)
            table.writerow([say(f"office.col_{name}") for name in ("row", "cell", "column", "mend")])
            for problem in (*plan.problems, *plan.warnings):
                mend = say(f"intake.{problem.code}", **problem.values)
                table.writerow([problem.row, problem.place, problem.header, mend])
    except OSError as error:
        raise BadInput(say("office.report_unwritten", path=path, why=error.strerror)) from error


def _as_object(plan: Plan, outcome: Outcome | None, *, refused: bool) -> dict[str, object]:
    def told(problem: Problem) -> dict[str, object]:
        return {
            "row": problem.row,
            "cell": problem.place,
            "column": problem.header,
            "code": problem.code,
            "mend": say(f"intake.{problem.code}", **problem.values),
        }

    return {
        "rows": plan.rows,
        "refused": refused,
        "problems": [told(problem) for problem in plan.problems],
        "warnings": [told(warning) for warning in plan.warnings],
        "added": 0 if outcome is None else outcome.added,
        "changed": 0 if outcome is None else outcome.changed,
        "same": 0 if outcome is None else outcome.same,
        "cards": 0 if outcome is None else outcome.cards,
        "missing": [] if outcome is None else outcome.missing,
        "unverified": 0 if outcome is None else outcome.unverified,
        "left": outcome is not None and outcome.left,
        "shifts": [
            {"row": shift.row, "person": shift.person, "gains": shift.gains, "loses": shift.loses}
            for shift in (() if outcome is None else outcome.shifts)
        ],
        "revision": None if outcome is None else outcome.revision,
    }


@contextmanager
def _progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Give what tells progress: a bar on a terminal, nothing in a pipe."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - only for a person at a terminal
    from rich.progress import Progress  # noqa: PLC0415 - the same

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
