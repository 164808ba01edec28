"""The office's figures: an import of 100 000 rows, the whole list signed, one revocation and ten thousand."""

from __future__ import annotations

import csv
import io
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.credentials import CredentialState
from agent.office import access, credentials
from agent.office.aliases import DEFAULT_READS
from agent.office.intake.apply import carry_out
from agent.office.intake.entry import Terms
from agent.office.intake.plan import judge
from agent.office.intake.separated import read_csv
from agent.office.intake.workbook import read_workbook
from agent.office.push import Pusher
from agent.office.roster import Rosters
from protocols.mqtt.model import stamp
from protocols.mqtt.roster_messages import DoorReceipt, ReceiptMessage
from protocols.mqtt.topics import Kind, plain
from protocols.tokens.keys import public_text
from protocols.tokens.token import RECEIPT_TYP, sign
from tests.peers.office_site import make_book, resident_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.office.book import Book
    from agent.office.messages import Message

GATEWAY = Ed25519PrivateKey.generate()
ROWS = 100_000
QUICK_ROWS = 10_000
IMPORT_TARGET_S = 60.0
REVOKED = 10_000
REVOKE_TARGET_S = 5.0
"""From the desk to the receipt; the office's part is measured here, the gateway's in its own bench."""
ONE_TARGET_MS = 100.0


def lines(quick: bool) -> Iterable[tuple[str, str, str, str]]:  # noqa: FBT001 - the shape of every bench
    """Yield (what, figure, target, verdict)."""
    rows = QUICK_ROWS if quick else ROWS
    with (
        tempfile.TemporaryDirectory() as directory,
        make_book(Path(directory) / "book", reads=DEFAULT_READS) as book,
    ):
        yield _import(book, rows)
        yield _again(book, rows)
        yield _workbook(rows)
        sent: list[Message] = []
        pusher = Pusher(book, _now, sent.append)
        yield _whole_list(pusher, sent)
        yield _one_revocation(book, pusher, sent)
        yield _many_revocations(book, pusher, sent, min(REVOKED, rows // 2))


def _import(book: Book, rows: int) -> tuple[str, str, str, str]:
    took_s = _imported(book, rows)
    target_s = IMPORT_TARGET_S * rows / ROWS
    return (
        f"import of {rows} rows (CSV, verified, one card each), sealed and committed",
        f"{took_s:.1f} s",
        f"<= {target_s:.0f} s",
        _verdict(took_s <= target_s),
    )


def _again(book: Book, rows: int) -> tuple[str, str, str, str]:
    took_s = _imported(book, rows)
    target_s = IMPORT_TARGET_S * rows / ROWS
    return (
        f"the same {rows} rows again",
        f"{took_s:.1f} s",
        f"<= {target_s:.0f} s",
        _verdict(took_s <= target_s),
    )


def _workbook(rows: int) -> tuple[str, str, str, str]:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("roster")
    for row in csv.reader(io.StringIO(_roster(rows))):
        sheet.append(row)
    file = io.BytesIO()
    workbook.save(file)
    started = time.perf_counter()
    read = len(read_workbook(file.getvalue()).rows)
    took_s = time.perf_counter() - started
    return (
        f"added to that: reading it where it is a workbook (.xlsx) of {read} rows",
        f"{took_s:.1f} s",
        "",
        "",
    )


def _roster(rows: int) -> str:
    header = "姓名,身份证号,楼栋,单元,房号,权限组,卡号,核验日期\n"
    return header + "".join(
        f"住户{n},{resident_number(n)},{n // 4000 + 1},{n // 400 % 10 + 1},{n % 400 + 101},residents,"
        f"{n + 1:010},2026-11-01\n"
        for n in range(rows)
    )


def _imported(book: Book, rows: int) -> float:
    content = _roster(rows)
    started = time.perf_counter()
    table = read_csv(content.encode())
    plan = judge(book, table, Terms(book.zone, _now(), "bench", access.groups(book).keys()))
    if plan.problems:
        raise AssertionError(plan.problems[0])
    carry_out(book, plan, by="bench", at=_now(), rehearse=False)
    return time.perf_counter() - started


def _whole_list(pusher: Pusher, sent: list[Message]) -> tuple[str, str, str, str]:
    started = time.perf_counter()
    pusher.push(["gw01"])
    took_s = time.perf_counter() - started
    pusher.settled()
    size = sum(len(message.payload) for message in sent)
    figure = f"{took_s:.1f} s, {len(sent) - 1} chunks, {size / 1e6:.1f} MB"
    sent.clear()
    return ("first push of the whole list, chunked and signed", figure, "", "")


def _one_revocation(book: Book, pusher: Pusher, sent: list[Message]) -> tuple[str, str, str, str]:
    times_ms = sorted(_revoked(book, pusher, sent, [n]) * 1000 for n in range(20))
    sent.clear()
    return (
        "one revocation: desk to signed messages (20 times; median, worst)",
        f"{times_ms[len(times_ms) // 2]:.1f} ms, {times_ms[-1]:.1f} ms",
        f"a part of {ONE_TARGET_MS:.0f} ms",
        _verdict(times_ms[len(times_ms) // 2] <= ONE_TARGET_MS),
    )


def _many_revocations(
    book: Book, pusher: Pusher, sent: list[Message], count: int
) -> tuple[str, str, str, str]:
    took_s = _revoked(book, pusher, sent, list(range(100, 100 + count)))
    size = sum(len(message.payload) for message in sent)
    return (
        f"{count} revocations in one delta: desk to signed messages",
        f"{took_s:.1f} s, {size / 1e6:.1f} MB",
        f"a part of {REVOKE_TARGET_S:.0f} s",
        _verdict(took_s <= REVOKE_TARGET_S),
    )


def _revoked(book: Book, pusher: Pusher, sent: list[Message], numbers: list[int]) -> float:
    _receipted(book, pusher)
    sent.clear()
    started = time.perf_counter()
    with book.change("bench.revoked", by="bench", at=_now()) as edit:
        for n in numbers:
            key = credentials.digest_of(book.digest_key, f"uid32:{n + 1:08X}")
            credentials.set_state(edit, key, CredentialState.REVOKED)
    pusher.push(["gw01"])
    return time.perf_counter() - started


def _receipted(book: Book, pusher: Pusher) -> None:
    """Play the gateway: sign that the newest revision is enforced, so that the next push is a delta."""
    access.pin_gateway_key(book, "gw01", public_text(GATEWAY.public_key()), how="given", now=stamp(_now()))
    state = Rosters(book.database).state("gw01", book.revision)
    receipt = DoorReceipt(
        gw="gw01", door="lobby", revision=book.revision, digest=state.hex, count=state.count,
        enforced_at=_now(), complete=True,
    )  # fmt: skip
    said = ReceiptMessage(
        gw="gw01", revision=book.revision, digest=state.hex, enforced_at=_now(),
        receipts=(sign(receipt.as_object(), GATEWAY, RECEIPT_TYP),),
    )  # fmt: skip
    if not pusher.heard(plain("gw01", Kind.RECEIPT), said.encode()):
        raise AssertionError("the bench's own receipt was not taken")


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a bench stamps what it makes


def _verdict(good: bool) -> str:  # noqa: FBT001 - the only parameter
    return "ok" if good else "MISSED"


if __name__ == "__main__":
    for line in lines(quick=False):
        print("\t".join(line))  # noqa: T201 - a bench prints
