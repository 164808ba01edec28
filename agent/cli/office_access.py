"""`menshen office access load | show`: who may open what, where and when, as one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.office_book import accept_option, action, author, family, now, open_book, show_collisions
from agent.cli.office_shifts import as_objects, show_shifts
from agent.cli.words import say
from agent.office import access_plan, collisions, reach
from agent.office.intake.access_sheets import read_plan

if TYPE_CHECKING:
    from argparse import Namespace

    from agent.cli.office_book import Actions


def add(actions: Actions) -> None:
    """Add these actions to `office`."""
    group = family(actions, "access")
    loading = action(group, "load", json=True)
    loading.add_argument("file", type=Path, metavar="FILE", help=say("office.opt_plan"))
    loading.add_argument("--dry-run", action="store_true", help=say("office.opt_dry_run"))
    accept_option(loading)
    loading.set_defaults(run=run_load)
    showing = action(group, "show")
    showing.set_defaults(run=run_show)


def run_load(args: Namespace) -> int:
    """Make schedules, groups and gateways what the file says, or say what that would change."""
    plan = read_plan(args.file)
    with open_book(args) as book:
        at = now()
        before = reach.everybody(book.database, at)
        with book.change(
            "access.loaded",
            by=author(args),
            at=at,
            keep=not args.dry_run,
            accept_collisions=args.accept_collisions,
        ) as edit:
            steps = access_plan.apply(edit, plan, book.zone.key)
            shifts = reach.shifts(before, reach.everybody(edit.database, at))
            unwired, unopened = access_plan.loose_ends(edit)
        if args.json:
            print(
                json.dumps(
                    {
                        "steps": [
                            {"table": s.table, "name": s.name, "what": s.what, "detail": s.detail}
                            for s in steps
                        ],
                        "shifts": as_objects(shifts),
                        "doors_of_no_gateway": unwired,
                        "doors_of_no_group": unopened,
                        "revision": None if args.dry_run or not steps else book.revision,
                    },
                    ensure_ascii=False,
                )
            )
            return 0
        for step in steps:
            table = say(f"desk.table_{step.table}")
            print(say(f"desk.step_{step.what}", table=table, name=step.name, detail=step.detail))
        show_shifts(book, shifts)
        for word, doors in (("door_unwired", unwired), ("door_unopened", unopened)):
            if doors:
                print(say(f"desk.{word}", doors=", ".join(doors)))
        if args.dry_run:
            print(say("desk.dry", count=len(steps)))
        elif not steps:
            print(say("office.unchanged"))
        else:
            print(say("office.done", revision=book.revision))
            show_collisions(collisions.standing(book.database))
            print(say("office.push_hint"))
    return 0


def run_show(args: Namespace) -> int:
    """Print the access plan of the book: a file that `load` takes."""
    with open_book(args) as book:
        print(access_plan.written(book), end="")
    return 0
