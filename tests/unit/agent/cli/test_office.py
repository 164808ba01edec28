"""`menshen office`, as a property manager types it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.cli.app import main
from agent.clock import SystemClock
from agent.errors import EX_DATAERR, EX_NOINPUT, EX_NOPERM, EX_TEMPFAIL, EX_USAGE
from agent.keyfiles import make_signing_key, read_signing_key, write_private
from agent.office.book import Book
from protocols.tokens.keys import kid, public_text
from tests.peers.office_site import resident_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., str]

ONE, TWO = resident_number(1), resident_number(2)
CARD = "0040856634"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `menshen office …` on one book, in English; return what it said."""
    monkeypatch.setenv("LC_ALL", "C")
    capsys.readouterr()

    def run(*words: str, code: int = 0) -> str:
        assert main(["office", *words, "--book", str(tmp_path / "book")]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    return run


@pytest.fixture
def site(run: Run) -> Run:
    run("init")
    run("gateway", "add", "gw01", "--doors", "lobby, garage")
    run("group", "add", "residents", "--door", "lobby", "--door", "garage:always")
    run("person", "add", "--name", "张三", "--number", ONE, "--home", "3-1-1201", "--group", "residents",
        "--verified", "seen", "--phone", "13800000001")  # fmt: skip
    run("card", "issue", "张三", CARD)
    return run


def test_init_says_what_goes_on_the_gateways(run: Run, tmp_path: Path) -> None:
    said = json.loads(run("init", "--json"))
    with Book.open(tmp_path / "book") as book:
        public = book.signing_key().public_key()
    assert (said["key"], said["kid"]) == (public_text(public), kid(public))
    assert "there is a book" in run("init", code=EX_DATAERR)


def test_init_names_the_key_and_the_next_step_in_both_languages(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "gateway add" in run("init")
    (tmp_path / "book" / "book.sqlite").rename(tmp_path / "elsewhere")
    for name in ("book.key", "office.key", "digest.key"):
        (tmp_path / "book" / name).unlink()
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "登记簿" in run("init")


def test_a_book_with_a_passphrase_needs_it_each_time(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    write_private(right, b"open sesame\n")
    write_private(wrong, b"open barley\n")
    run("init", "--passphrase-file", str(right))
    run("history", "--passphrase-file", str(right))
    assert "not the key" in run("history", "--passphrase-file", str(wrong), code=EX_NOPERM)
    assert "cannot read" in run("history", "--passphrase-file", str(tmp_path / "none"), code=EX_DATAERR)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "open sesame")
    assert "book made" in run("history")


def test_a_passphrase_is_asked_for_twice(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["short", "one of two", "the other one", "the same", "the same"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    assert "8 characters" in run("init", "--passphrase", code=EX_DATAERR)
    assert "differ" in run("init", "--passphrase", code=EX_DATAERR)
    run("init", "--passphrase")


def test_gateways_groups_and_schedules_are_added_listed_and_removed(run: Run) -> None:
    run("init")
    key = public_text(Ed25519PrivateKey.generate().public_key())
    run("gateway", "add", "gw01", "--doors", "lobby", "--key", key)
    run("schedule", "add", "day", "--window", "mon-fri 08:00-20:00")
    run("group", "add", "staff", "--door", "lobby:day")
    assert f"gw01\tlobby\t{key}" in run("gateway", "list")
    assert "staff\tlobby:day" in run("group", "list")
    assert "day\tAsia/Shanghai\tmon-fri 08:00-20:00" in run("schedule", "list")
    assert "used by staff" in run("schedule", "remove", "day", code=EX_DATAERR)
    run("group", "remove", "staff")
    run("schedule", "remove", "day")
    run("gateway", "remove", "gw01")
    assert "gw01" not in run("gateway", "list")


def test_a_person_is_shown_with_cards(site: Run) -> None:
    said = site("person", "show", "张三")
    assert "household: 3-1-1201" in said
    assert f"…{ONE[-4:]}" in said
    assert "uid32:026F6C3A\tactive" in said
    shown = json.loads(site("person", "show", ONE, "--json"))
    assert shown["credentials"][0]["number"] == "uid32:026F6C3A"
    assert "张三" in site("person", "list")
    assert json.loads(site("person", "list", "--json"))["verified"]


def test_a_person_needs_a_number_that_holds_and_groups_that_are(site: Run) -> None:
    add = ("person", "add", "--name", "李四", "--number")
    assert "check digit" in site(*add, "110105194912310021", code=EX_DATAERR)
    assert "no group" in site(*add, TWO, "--group", "nobody", code=EX_DATAERR)
    assert "no household" in site(*add, TWO, "--home", "?", code=EX_DATAERR)
    assert "no date" in site(*add, TWO, "--until", "?", code=EX_DATAERR)
    assert "already" in site(*add, ONE, code=EX_DATAERR)
    assert "--name" in site("person", "add", code=EX_DATAERR)


def test_verification_comes_and_goes(site: Run) -> None:
    site("person", "add", "--name", "李四", "--number", TWO, "--group", "residents")
    assert "verified" in site("card", "issue", "李四", "0040856635", code=EX_DATAERR)
    site("person", "verify", "李四", "--how", "police", "--until", "2027-11-22")
    site("card", "issue", "李四", "0040856635", "--from", "2026-01-01", "--until", "2027-01-01")
    assert "police → 2027-11-23 00:00" in site("person", "show", "李四")
    site("person", "unverify", "李四")
    assert "verified: no" in site("person", "show", "李四")


@pytest.mark.parametrize(
    ("action", "state"), [("suspend", "suspended"), ("lost", "lost"), ("revoke", "revoked")]
)
def test_a_card_is_stopped_by_its_printed_number(site: Run, action: str, state: str) -> None:
    site("card", action, CARD, "--why", "wallet stolen")
    assert state in site("person", "show", "张三")


def test_a_card_comes_back_is_replaced_and_released(site: Run) -> None:
    site("card", "suspend", CARD)
    site("card", "resume", CARD)
    site("card", "replace", CARD, "00623,27707")
    said = site("person", "show", "张三")
    assert "uid32:026F6C3A\trevoked" in said
    assert "uid32:026F6C3B\tactive" in said
    site("card", "release", CARD)
    assert "6C3A" not in site("person", "show", "张三")


def test_a_card_number_that_cannot_be_one_says_why(site: Run) -> None:
    assert "3D5D" in site("card", "issue", "张三", "11127706", code=EX_DATAERR)
    site("card", "issue", "张三", "11127706", "--style", "3D5D")
    assert "print style" in site("card", "issue", "张三", "1", "--style", "?", code=EX_DATAERR)
    assert "not in the book" in site("card", "lost", "0000000001", code=EX_DATAERR)


def test_a_card_can_be_named_by_its_id_in_the_book(site: Run) -> None:
    card = json.loads(site("person", "show", "张三", "--json"))["credentials"][0]["id"]
    site("card", "lost", card)
    assert "lost" in site("person", "show", "张三")


def test_a_phone_is_added_and_revoked(site: Run, tmp_path: Path) -> None:
    key = public_text(make_signing_key(tmp_path / "phone.key").public_key())
    site("phone", "add", "张三", "--key", key)
    assert "phone" in site("person", "show", "张三")
    site("phone", "revoke", key)
    assert "revoked" in site("person", "show", "张三")
    assert "phone enrol" in site("phone", "revoke", "nonsense", code=EX_DATAERR)


def test_leaving_and_purging(site: Run) -> None:
    person = json.loads(site("person", "show", "张三", "--json"))["id"]
    assert "person leave" in site("person", "purge", person, code=EX_DATAERR)
    site("person", "leave", person)
    assert site("person", "purge", person).count(".") == 2
    assert "张三" not in site("person", "list")


def test_history_and_undo(site: Run) -> None:
    before = len(site("history", "--json").splitlines())
    site("card", "suspend", CARD, "--by", "wang")
    assert json.loads(site("history", "--json").splitlines()[-1])["by"] == "wang"
    site("undo", str(before))
    assert "active" in site("person", "show", "张三")
    assert "not in the past" in site("undo", "99", code=EX_DATAERR)
    assert "revision 99" in site("skip-to", "99")


def roster(path: Path, *lines: str) -> str:
    header = "姓名,身份证号,住址,权限组,卡号,核验日期"
    path.write_text("\n".join((header, *lines)), encoding="utf-8")
    return str(path)


def test_an_import_is_rehearsed_and_then_done(site: Run, tmp_path: Path) -> None:
    file = roster(tmp_path / "r.csv", f"李四,{TWO},3-1-1202,residents,0040856635,2026-11-01")
    report = tmp_path / "report.txt"
    said = site("import", file, "--dry-run", "--report", str(report))
    assert "would add 1 persons" in said
    assert "gains garage, lobby" in said
    assert "lobby: 1 gain, 0 lose" in said
    assert report.read_text(encoding="utf-8").strip() in said
    assert "1 persons added" in site("import", file)
    assert "holds all of this already" in site("import", file)


def test_a_file_with_a_bad_row_is_refused_whole_unless_that_is_written_out(site: Run, tmp_path: Path) -> None:
    file = roster(
        tmp_path / "r.csv",
        f"李四,{TWO},3-1-1202,residents,0040856635,2026-11-01",
        f"王五,{resident_number(3)},3-1-1203,residents,0040856636,",
    )
    said = site("import", file, code=EX_DATAERR)
    assert "row 3  F3  核验日期: a card, and nobody has verified this person" in said
    assert "1 of 2 rows" in said
    assert "李四" not in site("person", "list")
    answer = json.loads(site("import", file, "--json", code=EX_DATAERR))
    assert (answer["refused"], answer["problems"][0]["cell"]) == (True, "F3")
    assert "1 persons added" in site("import", file, "--skip-bad")
    assert "王五" not in site("person", "list")


def test_an_import_takes_a_group_and_a_print_style_for_all_rows(site: Run, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text(f"姓名,身份证号,卡号,核验\n李四,{TWO},11127707,是\n", encoding="utf-8")
    options = ("--group", "residents", "--card-style", "3D5D")
    answer = json.loads(site("import", str(file), *options, "--json"))
    assert (answer["added"], answer["cards"]) == (1, 1)
    assert "no group" in site("import", str(file), "--group", "nobody", code=EX_DATAERR)
    assert "print style" in site("import", str(file), "--card-style", "?", code=EX_DATAERR)
    assert "cannot read" in site("import", str(tmp_path / "none.csv"), code=EX_NOINPUT)
    unwritable = ("--report", str(tmp_path / "no" / "where"))
    revision = site("history").count("\n")
    assert "cannot write" in site("import", str(file), *options, *unwritable, code=EX_DATAERR)
    assert site("history").count("\n") == revision


def test_notes_of_what_was_read_in_one_way_of_two_are_told(site: Run, tmp_path: Path) -> None:
    file = roster(
        tmp_path / "r.csv",
        f"李四,{TWO},3-1-1202,residents,0040856635,2026-11-01",
        f"李四,{TWO},3-1-1302,residents,0040856636,2026-11-01",
    )
    assert "note: row 3" in site("import", file)


def test_a_push_needs_gateways_and_a_broker(run: Run) -> None:
    run("init")
    assert "gateway add" in run("push", code=EX_DATAERR)
    run("gateway", "add", "gw01", "--doors", "lobby")
    assert "office broker" in run("push", code=EX_DATAERR)
    assert "host:port" in run("broker", "--broker", "host:none", code=EX_DATAERR)
    assert "never heard" in run("receipts")
    assert run("receipts", "--json") == ""


def test_without_a_book_the_first_step_is_named(run: Run) -> None:
    assert "office init" in run("history", code=EX_DATAERR)


def test_wrong_usage_has_the_exit_code_of_sysexits() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["office", "card", "eat"])
    assert ended.value.code == EX_USAGE


def pass_words(*more: str) -> tuple[str, ...]:
    """Return the words that give 张三 a pass until the end of tomorrow."""
    tomorrow = SystemClock().utc().astimezone(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)
    words = ("--gateway", "gw01", "--door", "lobby", "--until", tomorrow.isoformat())
    return "pass", "issue", "张三", *words, *more


def test_a_visitor_gets_a_pass_on_the_terminal_or_in_a_file(site: Run, tmp_path: Path) -> None:
    said = site(*pass_words())
    assert "█" in said
    assert " 00:00, 1 entries" in said
    picture = tmp_path / "pass.svg"
    assert "█" not in site(*pass_words("--svg", str(picture)))
    assert picture.exists()
    assert json.loads(site(*pass_words("--uses", "3", "--json")))["uses"] == 3
    assert "no date" in site(*pass_words("--until", "soon"), code=EX_DATAERR)


def test_a_pass_is_listed_until_it_is_over_and_revoked_by_its_number_or_with_its_host(site: Run) -> None:
    for _ in range(2):
        site(*pass_words("--host", "张三"))
    later = SystemClock().utc() + timedelta(days=1)
    site(*pass_words("--from", later.date().isoformat()))
    first, second, third = (
        json.loads(line)["number"] for line in site("pass", "list", "--json").splitlines()
    )
    assert "张三\t张三\tgw01\tlobby" in site("pass", "list")
    assert "valid" in site("pass", "list")

    assert "1 passes revoked" in site("pass", "revoke", first)
    assert "nothing to revoke" in site("pass", "revoke", first)
    assert json.loads(site("pass", "revoke", "--person", "张三", "--json"))["revoked"] == 2

    said = site("pass", "list", "--all")
    assert said.count("revoked: not yet at lobby") == 3
    told = [json.loads(line) for line in site("pass", "list", "--json").splitlines()]
    assert [each["number"] for each in told] == [first, second, third]
    assert {tuple(each["not_yet_dead_at"]) for each in told} == {("lobby",)}
    assert "pass list" in site("pass", "revoke", "0123", code=EX_DATAERR)
    assert "--person" in site("pass", "revoke", code=EX_DATAERR)


def test_a_card_that_opens_and_one_that_is_dead_are_told_apart_door_by_door(
    site: Run, tmp_path: Path
) -> None:
    assert "still opens" in site("receipts", "--card", CARD, code=EX_DATAERR)
    site("card", "lost", CARD, "--by", "李")
    said = site("receipts", "--card", CARD, code=EX_TEMPFAIL)
    assert "by 李: opens nothing since" in said
    assert said.count("not yet\t") == 2
    assert "not yet known to be dead at 2 of 2 doors" in said
    told = [
        json.loads(line) for line in site("receipts", "--card", CARD, "--json", code=EX_TEMPFAIL).splitlines()
    ]
    assert [(each["door"], each["evidence"]) for each in told] == [("garage", None), ("lobby", None)]
    assert "pass list" in site("receipts", "--pass", "0123", code=EX_DATAERR)
    number = json.loads(site(*pass_words("--json")))["jti"]
    site("pass", "revoke", number)
    assert "at 1 of 1 doors" in site("receipts", "--pass", number, code=EX_TEMPFAIL)
    empty = tmp_path / "empty"
    empty.write_text("")
    assert "--json" in site("receipts", "--check", str(empty), code=EX_DATAERR)
    assert "cannot read" in site("receipts", "--check", str(tmp_path / "none"), code=EX_DATAERR)


def test_the_signing_key_is_shown_prepared_and_switched(site: Run) -> None:
    assert "key prepare" in site("key", "switch", code=EX_DATAERR)
    prepared = site("key", "prepare").split()[2]
    assert f"signs next: {prepared}" in site("key", "show")
    assert f"signs now: {prepared}" in site("key", "switch")


def test_a_switch_of_keys_says_until_when_passes_of_the_old_one_run(site: Run) -> None:
    site("key", "prepare")
    site(*pass_words("--json"))
    assert "passes signed by the old key run until" in site("key", "switch")
    site("key", "prepare")
    assert "old key" not in site("key", "switch")


def test_a_deputy_s_key_is_made_once_and_says_what_goes_on_gateways(site: Run, tmp_path: Path) -> None:
    file = tmp_path / "night.key"
    said = site("key", "deputy", str(file))
    public = read_signing_key(file).public_key()
    assert f'key = "{public_text(public)}"' in said
    assert 'scopes = ["roster.revoke"]' in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert str(file) in site("key", "deputy", str(file), code=EX_DATAERR)
    for action in ("push", "watch"):
        words = ("--key-file", str(tmp_path / "none"), "--broker", "127.0.0.1:1")
        assert "none" in site(action, *words, code=EX_DATAERR), "before anybody is called"


def test_the_book_is_locked_anew(site: Run, tmp_path: Path) -> None:
    site("rekey")
    phrase = tmp_path / "phrase"
    write_private(phrase, b"open sesame")
    site("rekey", "--new-passphrase-file", str(phrase))
    assert "张三" in site("person", "list", "--passphrase-file", str(phrase))


def test_a_lease_is_prolonged_and_a_person_changed(site: Run) -> None:
    site("person", "set", "张三", "--until", "2027-06-30", "--role", "tenant", "--phone", "13911112222")
    site("person", "set", "13911112222", "--longer", "yes", "--override", "no", "--home", "4-2-301")
    said = site("person", "show", "4-2-301")
    assert "until: 2027-07-01 00:00" in said
    assert "role: tenant" in said
    assert "groups: residents" in said
    assert "no group" in site("person", "set", "张三", "--group", "nobody", code=EX_DATAERR)
    assert "no household" in site("person", "set", "张三", "--home", "?", code=EX_DATAERR)
    site("person", "set", "张三", "--group", "residents", "--from", "2026-01-01")


def test_what_ends_soon_is_listed_first_to_end_first(site: Run) -> None:
    site("person", "set", "张三", "--until", "2026-01-10")
    site("person", "verify", "张三", "--how", "seen", "--until", "2026-01-05")
    lines = site("person", "due").splitlines()
    assert [line.split("\t")[1] for line in lines[1:]] == ["verification", "validity or lease"]
    assert site("person", "due", "--days", "-36500").count("\n") == 1


@pytest.mark.parametrize("home", ["3-1-1201", "3-1-", "3--"])
def test_a_household_a_unit_or_a_building_moves_out(site: Run, home: str) -> None:
    assert "1 persons have left" in site("household", "leave", home)
    assert "revoked" in site("person", "show", "张三")
    assert "nobody" in site("household", "leave", "9--", code=EX_DATAERR)
    assert "no household" in site("household", "leave", "?", code=EX_DATAERR)
