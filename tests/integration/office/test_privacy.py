"""Real names stay at home: every byte that leaves the office is searched for what was put in."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

from agent.cli.app import main
from agent.errors import EX_DATAERR
from agent.keyfiles import make_signing_key
from agent.office.book import Book
from protocols.tokens.keys import public_text
from tests.peers.broker import Broker as Mosquitto
from tests.peers.centre import Centre, until
from tests.peers.office_site import resident_number
from tests.peers.roster_gateway import RosterGateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pytest

    from tests.peers.log_watch import LogWatch

NAMES = ("欧阳震华", "慕容晓晓", "Zebulon Quark")
NUMBERS = (resident_number(101), resident_number(202), "E12345678")
PHONES = ("13912340001", "13912340002", "13912340003")
CARDS = ("0040856634", "0040856635", "0040856636")
CARD_VALUES = tuple(int(card) for card in CARDS)
NOTES = ("左眼失明", "每周透析", "lives alone")
WHY = "在菜市场丢失"
HOME = "7-2-1604"


def needles() -> set[bytes]:
    """Return all that is personal, in every spelling that a leak might have."""
    texts = {*NAMES, *NUMBERS, *PHONES, *CARDS, *NOTES, WHY, HOME}
    found = {text.encode(encoding) for text in texts for encoding in ("utf-8", "gb18030", "utf-16-le")}
    found |= {json.dumps(text).strip('"').encode() for text in texts}
    for value in CARD_VALUES:
        found |= {b"%08X" % value, b"%08x" % value, b"uid32:", str(value).encode()}
    return found


def leaks(content: bytes) -> set[bytes]:
    """Return the needles in `content`, also inside what is written as base64url in it."""
    found = {needle for needle in needles() if needle in content}
    for part in re.findall(rb"[A-Za-z0-9_-]{16,}", content):
        plain = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
        found |= {needle for needle in needles() if needle in plain}
    return found


def files_below(*directories: Path) -> Iterable[Path]:
    for directory in directories:
        yield from (path for path in directory.rglob("*") if path.is_file())


def roster_file(path: Path) -> Path:
    lines = ["姓名,证件类型,证件号码,手机号,住址,权限组,卡号,核验日期,备注"]
    kinds = ("身份证", "身份证", "护照")
    for name, kind, number, phone, card, note in zip(
        NAMES, kinds, NUMBERS, PHONES, CARDS, NOTES, strict=True
    ):
        lines.append(f"{name},{kind},{number},{phone},{HOME},residents,{card},2026-11-01,{note}")
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    return path


def slipped_file(path: Path) -> Path:
    """Return a roster whose columns have slipped: names, numbers and phones stand where others belong."""
    lines = ["身份证号,姓名,权限组,手机号,卡号,住址,人员类型,核验日期,证件类型,租约到期"]
    lines += [",".join([NAMES[0], NUMBERS[0], NAMES[1], NAMES[2], PHONES[0], NUMBERS[1], NAMES[0], NAMES[1],
                        NAMES[2], NUMBERS[0]])]  # fmt: skip
    lines += [f"{number},{name},residents,{phone},{CARDS[0]},{HOME},,2026-11-01,,"
              for number, name, phone in zip(NUMBERS, NAMES, PHONES, strict=True)]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def make_mistakes(run: Callable[..., None], slipped: str, outside: Path) -> None:
    """Have the office refuse what it can refuse: what it says then leaves it too."""
    run("import", slipped, "--report", str(outside / "slipped.txt"), code=EX_DATAERR)
    run("import", slipped, "--json", "--report", str(outside / "slipped.csv"), code=EX_DATAERR)
    for words in (
        ("card", "issue", NAMES[0], CARDS[1]),
        ("card", "issue", NAMES[0], NUMBERS[1]),
        ("card", "lost", "0099999999", "--why", WHY),
        ("person", "add", "--name", NAMES[0], "--number", NUMBERS[0], "--phone", PHONES[0]),
        ("person", "add", "--name", NAMES[0], "--number", f"{NUMBERS[0][:-1]}?", "--home", HOME),
        ("person", "show", f"{NAMES[0]}{NAMES[1]}"),
        ("person", "purge", NAMES[0]),
        ("phone", "add", NAMES[1], "--key", PHONES[0]),
    ):
        run(*words, code=EX_DATAERR)


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    content = roster_file(tmp_path / "roster.csv").read_bytes()
    assert {name.encode("gb18030") for name in NAMES} <= leaks(content)
    token = base64.urlsafe_b64encode(f'{{"name":"{NAMES[0]}","card":"uid32:026F6C3A"}}'.encode()).rstrip(b"=")
    assert NAMES[0].encode() in leaks(b"header." + token + b".signature")
    assert b"uid32:" in leaks(b"header." + token + b".signature")


def test_nothing_personal_leaves_the_office(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], log_watch: LogWatch
) -> None:
    site, outside, spool = tmp_path / "book", tmp_path / "outside", tmp_path / "broker"
    outside.mkdir()
    spool.mkdir()
    where = ["--book", str(site)]
    roster = roster_file(tmp_path / "roster.csv")
    said: list[str] = []

    def run(*words: str, code: int = 0) -> None:
        assert main(["office", *words, *where]) == code, words
        captured = capsys.readouterr()
        said.extend((captured.out, captured.err))

    run("init")
    run("gateway", "add", "gw01", "--doors", "lobby,garage")
    run("group", "add", "residents", "--door", "lobby", "--door", "garage")
    run("import", str(roster), "--dry-run", "--report", str(outside / "dry.txt"))
    run("import", str(roster), "--json", "--report", str(outside / "report.txt"))
    make_mistakes(run, str(slipped_file(tmp_path / "slipped.csv")), outside)
    with (
        Mosquitto(spool, persistent=True) as broker,
        Centre(broker.port, hears=("#",)) as everything,
        Book.open(site) as book,
        RosterGateway(outside, broker.port, "gw01", ("lobby", "garage"), book.signing_key().public_key()),
    ):
        line = ["--broker", f"127.0.0.1:{broker.port}", "--wait", "20"]
        run("push", *line)
        run("card", "lost", CARDS[0], "--why", WHY)
        run("phone", "add", NAMES[1], "--key", public_text(make_signing_key(tmp_path / "p.key").public_key()))
        run("push", *line)
        run("push", *line, "--json")
        run("person", "leave", NAMES[2])
        run("undo", "4")
        run("push", *line)
        until(lambda: any("delta" in heard.topic for heard in everything.heard()))
        messages = everything.heard()
    run("person", "set", NAMES[0], "--consent", NOTES[0], "--care", f"{NAMES[1]} {PHONES[1]}")
    run("person", "leave", NAMES[2])
    run("person", "purge", NAMES[2], "--receipts", str(outside / "purged.txt"))
    run("person", "purged")
    run("person", "purged", "--json")
    run("access", "show")
    plan = outside / "plan.toml"
    plan.write_text('[groups]\nresidents = ["lobby"]\n', encoding="utf-8")
    run("access", "load", str(plan), "--json")
    run("household", "suspend", HOME)
    run("receipts")
    run("receipts", "--json")
    for more in ((), ("--json",), ("--about", NAMES[0]), ("--verify",)):
        run("history", *more)

    assert any("snapshot" in heard.topic for heard in messages)
    for heard in messages:
        assert leaks(heard.topic.encode() + b"\n" + heard.payload) == set(), heard.topic
    searched = list(files_below(site, outside, spool))
    assert {"book.sqlite", "gw01.db", "mosquitto.db", "report.txt", "slipped.txt", "purged.txt"} <= {
        path.name for path in searched
    }
    for path in searched:
        assert leaks(path.read_bytes()) == set(), path
    assert leaks("".join(said).encode()) == set()
    assert leaks(repr(log_watch.lines).encode()) == set()
