"""Where each door stands: the table that `menshen office push` and `receipts` show, live or once."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.cli.office_book import second_text
from agent.cli.words import known, say
from agent.office.access import reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from agent.office.book import Book
    from agent.office.push import Standing

HEADERS = ("col_gateway", "col_door", "col_status", "col_enforced", "col_latency", "col_complete")
FRAME_ROWS = 6
"""What of a screen's height is not rows: the table's own lines, the progress, the prompt."""


def lines(book: Book, standing: Sequence[Standing]) -> list[tuple[str, ...]]:
    """Return the table's rows, a door each."""
    found: list[tuple[str, ...]] = []
    for each in standing:
        evidence = each.evidence
        latency = None if evidence is None else evidence.latency_s
        found.append(
            (
                each.gateway,
                each.door,
                _status(book, each),
                "" if evidence is None else f"{evidence.revision}: {second_text(book, evidence.enforced_at)}",
                "" if latency is None else say("office.seconds", seconds=latency),
                "" if evidence is None else _panels(each),
            )
        )
    return found


@contextmanager
def live_table(book: Book, *, shown: bool) -> Iterator[Callable[[Sequence[Standing], float], None]]:
    """Give what draws the doors anew, with the seconds that are left; nothing, where no person looks on."""
    if not shown or not sys.stdout.isatty():
        yield lambda _standing, _left_s: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for a person at a terminal
    from rich.live import Live  # noqa: PLC0415 - only for a person at a terminal

    with Live(console=Console(), transient=True, auto_refresh=False) as live:
        yield lambda standing, left_s: live.update(
            _drawn(book, standing, left_s, live.console.height), refresh=True
        )


def tell_unsaid(book: Book, unread: Mapping[str, tuple[str, ...]], told: set[str]) -> None:
    """Say of each gateway, not told yet, that its readers give more than the office was told of."""
    for gateway, given in unread.items():
        if given and gateway not in told:
            told.add(gateway)
            said = ",".join(sorted({*reads(book)[gateway], *given}))
            words = {"gateway": gateway, "given": ", ".join(given), "reads": said}
            print(say("office.reads_unsaid", **words), flush=True)


def _drawn(book: Book, standing: Sequence[Standing], left_s: float, height: int) -> RenderableType:
    from rich.console import Group  # noqa: PLC0415 - only for a person at a terminal
    from rich.table import Table  # noqa: PLC0415 - the same
    from rich.text import Text  # noqa: PLC0415 - the same

    most = max(1, height - FRAME_ROWS)
    # Where not all fit, those that are still waited for come first.
    chosen = standing if len(standing) <= most else sorted(standing, key=lambda each: each.enforced)[:most]
    table = Table(*(say(f"office.{header}") for header in HEADERS))
    for line in lines(book, chosen):
        table.add_row(*(Text(cell) for cell in line))
    done = sum(each.enforced for each in standing)
    told = [say("receipts.progress", done=done, doors=len(standing), left=max(0.0, left_s))]
    if len(chosen) < len(standing):
        told.insert(0, say("receipts.more", count=len(standing) - len(chosen)))
    return Group(table, *(Text(each) for each in told))


def _status(book: Book, each: Standing) -> str:
    if each.enforced:
        return say("office.st_enforced")
    if each.trouble is not None:
        key = f"office.trouble_{each.trouble}"
        return say("office.st_trouble", why=say(key) if known(key) else each.trouble)
    if each.online is False:
        if each.seen_at is None:
            return say("office.st_offline")
        return say("receipts.offline_since", at=second_text(book, each.seen_at))
    if each.evidence is None and each.online is None:
        return say("office.st_never")
    return say("office.st_waiting")


def _panels(each: Standing) -> str:
    if each.evidence is None or not each.enforced:
        return ""
    return say("office.yes") if each.complete else say("office.in_part", why=each.evidence.why or "")
