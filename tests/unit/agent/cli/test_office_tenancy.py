"""A day at the property office: arrivals, departures, whole buildings, mistakes and their undoing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.app import main
from agent.errors import EX_DATAERR, EX_IOERR
from agent.keyfiles import make_signing_key
from agent.office import people
from agent.office.book import Book
from agent.office.people import Home
from protocols.tokens.keys import public_text
from tests.peers.office_site import add_card, add_person, make_book, resident_number

Run = Callable[..., str]
ONE, TWO, NINE = resident_number(1), resident_number(2), resident_number(9)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `menshen office …` on a book with two neighbours, in English; return what it said."""
    monkeypatch.setenv("LC_ALL", "C")
    with make_book(tmp_path / "book") as book:
        for serial in (1, 2):
            person = add_person(book, f"住户{serial}", serial, home=Home("3", "1", f"{1200 + serial}"))
            add_card(book, person, serial)

    def run(*words: str, code: int = 0) -> str:
        assert main(["office", *words, "--book", str(tmp_path / "book")]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    return run


def shown(run: Run, who: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run("person", "show", who, "--json"))
    return found


def test_somebody_who_arrives_is_registered_with_card_consent_and_care_in_one_step(run: Run) -> None:
    arrival = (
        "person", "add", "--name", "赵九", "--number", NINE, "--home", "3-2-101", "--role", "tenant",
        "--group", "residents", "--verified", "seen", "--verified-until", "2027-12-31",
        "--phone", "１３８０００００００９、010-88886666", "--consent", "signed 2026-11-22",
        "--care", "儿子 13900000000",
        "--note", "third floor", "--card", "0040856634",
    )  # fmt: skip
    assert "lease ends" in run(*arrival, code=EX_DATAERR)
    assert "push" in run(*arrival, "--until", "2027-10-31")
    person = shown(run, "13800000009")
    assert person["phone"] == "13800000009、01088886666"
    assert person["verified_until"] == "2027-12-31T16:00:00+00:00"
    assert (person["consent"], person["care"]) == ("signed 2026-11-22", "儿子 13900000000")
    assert [card["state"] for card in person["credentials"]] == ["active"]  # type: ignore[attr-defined]
    assert "care contact: 儿子 13900000000" in run("person", "show", NINE)
    assert "no telephone" in run("person", "set", NINE, "--phone", "call me", code=EX_DATAERR)


def test_a_card_that_cannot_be_theirs_leaves_nobody_registered(run: Run) -> None:
    said = run(
        "person", "add", "--name", "赵九", "--number", NINE, "--card", "uid32:00000001", code=EX_DATAERR
    )  # fmt: skip
    assert "verified" in said
    assert "nobody in the book" in run("person", "show", NINE, code=EX_DATAERR)


def test_a_slip_in_a_name_or_a_document_is_mended(run: Run) -> None:
    run(
        "person",
        "set",
        ONE,
        "--name",
        "住户壹",
        "--number",
        NINE,
        "--consent",
        "given",
        "--care",
        "",
        "--note",
        "x",
    )
    person = shown(run, NINE)
    assert (person["name"], person["consent"], person["note"]) == ("住户壹", "given", "x")
    assert "already" in run("person", "set", NINE, "--number", TWO, code=EX_DATAERR)
    assert "check digit" in run(
        "person", "set", NINE, "--number", f"{NINE[:-1]}{9 - int(NINE[-1], 16) % 9}", code=EX_DATAERR
    )
    assert "no number of such" in run("person", "set", NINE, "--document", "taiwan_permit", code=EX_DATAERR)


def test_a_building_is_listed_stopped_resumed_and_changed_as_one(run: Run) -> None:
    assert run("person", "list", "--home", "3-1-").count("\n") == 3
    assert "2 cards and phones changed" in run("household", "suspend", "3--")
    assert {card["state"] for card in shown(run, ONE)["credentials"]} == {"suspended"}  # type: ignore[attr-defined]
    assert "2 cards and phones changed" in run("household", "resume", "3-1-")
    said = run(
        "household",
        "set",
        "3--",
        "--until",
        "2027-12-31",
        "--add-group",
        "staff",
        "--remove-group",
        "residents",
    )
    assert "2 persons changed" in said
    assert (shown(run, ONE)["groups"], shown(run, ONE)["until"]) == (["staff"], "2027-12-31T16:00:00+00:00")
    assert "0 persons changed" in run("household", "set", "3-1-1201", "--add-group", "staff")
    for words in (("suspend", "9--"), ("set", "9-1-101", "--until", "2027-01-01")):
        assert "nobody" in run("household", *words, code=EX_DATAERR)
    assert "no group" in run("household", "set", "3--", "--add-group", "ghosts", code=EX_DATAERR)


def test_a_longer_lease_of_a_household_renews_nobody_who_is_gone(run: Run) -> None:
    run("person", "set", ONE, "--home", "3-1-1202", "--until", "2026-01-31")
    said = run("household", "set", "3-1-1202", "--until", "2027-12-31", "--add-group", "staff")
    assert "1 persons changed" in said
    assert "1 persons whose right has ended are left alone" in said
    assert (shown(run, ONE)["groups"], shown(run, ONE)["until"]) == (
        ["residents"],
        "2026-01-31T16:00:00+00:00",
    )
    assert shown(run, TWO)["until"] == "2027-12-31T16:00:00+00:00"


def test_terms_that_nobody_has_are_refused_at_a_change_as_at_arrival(run: Run) -> None:
    assert "lease ends" in run("person", "set", ONE, "--role", "tenant", code=EX_DATAERR)
    window = ("--from", "2027-02-01", "--until", "2027-01-31")
    arrival = ("person", "add", "--name", "赵九", "--number", NINE)
    for words in (("person", "set", ONE), arrival):
        assert "before it begins" in run(*words, *window, code=EX_DATAERR)
    assert "no name" in run("person", "set", ONE, "--name", "", code=EX_DATAERR)
    run("person", "set", ONE, "--role", "tenant", "--until", "2027-01-31")


def test_somebody_who_was_erased_is_neither_verified_nor_filled_in_again(run: Run) -> None:
    key = str(shown(run, ONE)["id"])
    run("person", "leave", ONE)
    run("person", "purge", key)
    for words in (("verify", key, "--how", "seen"), ("set", key, "--name", "张三", "--number", ONE)):
        assert "was erased" in run("person", *words, code=EX_DATAERR)


def test_somebody_whom_an_undo_took_out_is_erased_by_their_id(run: Run) -> None:
    key = str(shown(run, TWO)["id"])
    run("undo", "1")
    assert "1 persons would be erased" in run("person", "purge", key, "--dry-run")
    assert "1 persons erased" in run("person", "purge", key)
    assert key in run("person", "purged")


def test_an_undo_is_rehearsed_with_the_names_of_those_it_moves(run: Run) -> None:
    run("household", "set", "3--", "--remove-group", "residents")
    rehearsed = run("undo", "5", "--dry-run")
    assert "住户1\t3-1-1201\tgarage, lobby\t" in rehearsed
    assert "would make 2 changes" in rehearsed
    assert "lobby: 2 gain, 0 lose" in run("undo", "5")
    assert shown(run, ONE)["groups"] == ["residents"]


def test_the_history_is_told_of_one_person_and_shown_to_hold(run: Run, tmp_path: Path) -> None:
    run("person", "leave", ONE, "--by", "wang")
    assert [line.split("\t")[2:4] for line in run("history", "--about", ONE).splitlines()[1:]] == [
        ["tester", "person added"], ["tester", "card issued"], ["wang", "person left"],
    ]  # fmt: skip
    assert "none altered" in run("history", "--verify")
    with Book.open(tmp_path / "book") as book:
        book.database.execute("DROP TRIGGER revision_stays")
        book.database.execute("UPDATE revision SET mark = NULL WHERE number < 4")
    assert "note: 3 lines have no mark" in run("history", "--verify")
    with Book.open(tmp_path / "book") as book:
        book.database.execute("UPDATE revision SET by = 'nobody' WHERE number = 3")
    assert "at or before revision 4" in run("history", "--verify", code=EX_IOERR)


def test_those_who_have_left_are_purged_by_the_age_of_their_leave(run: Run, tmp_path: Path) -> None:
    receipts = tmp_path / "purged.txt"
    assert "name persons" in run("person", "purge", code=EX_DATAERR)
    assert "name persons" in run("person", "purge", ONE, "--ended-days", "1", code=EX_DATAERR)
    assert "name persons" in run("person", "purge", "--ended-days", "-1", code=EX_DATAERR)
    run("household", "leave", "3-1-1201")
    assert "0 persons would" in run("person", "purge", "--ended-days", "1", "--dry-run")
    assert "住户1" in run("person", "purge", "--ended-days", "0", "--dry-run")
    said = run("person", "purge", "--ended-days", "0", "--receipts", str(receipts))
    assert "1 persons erased; copies" in said
    (token,) = receipts.read_text().split()
    assert token in said
    assert token in run("person", "purged")
    assert json.loads(run("person", "purged", "--json"))["receipt"] == token
    with Book.open(tmp_path / "book") as book:
        assert people.find(book, "住户1") == []
    run("person", "leave", TWO)
    said = run("person", "purge", TWO, "--json", "--receipts", str(tmp_path / "none" / "x"), code=EX_DATAERR)
    assert "cannot write" in said


def test_a_new_roster_of_a_building_ends_the_rights_of_whom_it_no_longer_names(
    run: Run, tmp_path: Path
) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(f"姓名,身份证号,住址,权限组\n住户1,{ONE},3-1-1201,residents\n", encoding="utf-8")
    assert "--leave-missing ends" in run("import", str(roster), "--dry-run")
    rehearsed = run("import", str(roster), "--dry-run", "--leave-missing")
    assert "not in the file" in rehearsed
    assert "1 persons of these buildings are not in the file: they leave" in rehearsed
    said = json.loads(run("import", str(roster), "--leave-missing", "--json"))
    assert (len(said["missing"]), said["left"], said["shifts"][0]["row"]) == (1, True, None)
    assert [card["state"] for card in shown(run, TWO)["credentials"]] == ["revoked"]  # type: ignore[attr-defined]
    assert "bad rows" in run("import", str(roster), "--leave-missing", "--skip-bad", code=EX_DATAERR)


def test_a_bad_row_keeps_everybody_where_they_are_and_the_report_is_a_table(run: Run, tmp_path: Path) -> None:
    roster, report = tmp_path / "roster.csv", tmp_path / "report.csv"
    roster.write_text(
        f"姓名,身份证号,住址,权限组\n住户1,{ONE},3-1-1201,residents\n李四,1,3-1-1203,residents\n合计,2\n",
        encoding="utf-8",
    )
    said = run(
        "import", str(roster), "--leave-missing", "--dry-run", "--report", str(report), code=EX_DATAERR
    )
    assert "with --skip-bad it would add 0 persons, change 0, leave 1" in said
    assert "they leave" not in said
    assert "note: row 4: no entry" in said
    assert report.read_text(encoding="utf-8-sig").splitlines()[1].startswith("3,B3,身份证号,")
    report.write_text("", encoding="utf-8")
    with (tmp_path / "~$roster.csv").open("wb"):
        assert "open in Excel" in run("import", str(roster), "--skip-bad")


def test_who_was_never_verified_is_told_at_the_import_and_stays_due(run: Run, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(f"姓名,身份证号,住址,权限组,核验\n赵九,{NINE},3-2-101,residents,否\n", encoding="utf-8")
    assert "nobody has verified 1" in run("import", str(roster), "--dry-run")
    assert json.loads(run("import", str(roster), "--json"))["unverified"] == 1
    assert "never verified" in run("person", "due")
    run("person", "leave", NINE)
    assert "never verified" not in run("person", "due")
    assert "lease" in run("person", "due")
    run("person", "purge", NINE)
    assert run("person", "due").count("\n") == 1


def test_more_persons_than_a_terminal_holds_are_counted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.cli.office_shifts.TOLD", 1)
    plan = tmp_path / "plan.toml"
    plan.write_text("[groups]\n", encoding="utf-8")
    assert "… and 1 more" in run("access", "load", str(plan), "--dry-run")


def test_a_purge_without_a_file_for_its_receipts_prints_them_alone(run: Run) -> None:
    run("household", "leave", "3--")
    assert run("person", "purge", ONE, TWO, "--json").count("receipt") == 2


def test_a_lost_phone_is_stopped_by_its_id_for_nobody_has_its_key(run: Run, tmp_path: Path) -> None:
    public = public_text(make_signing_key(tmp_path / "phone.key").public_key())
    run("phone", "add", ONE, "--key", public)
    phones = [each for each in shown(run, ONE)["credentials"] if each["kind"] == "phone"]  # type: ignore[attr-defined]
    assert str(shown(run, ONE)["id"]) in run("phone", "lost", phones[0]["id"])
    phones = [each for each in shown(run, ONE)["credentials"] if each["kind"] == "phone"]  # type: ignore[attr-defined]
    assert phones[0]["state"] == "lost"
    assert "phone enrol" in run("phone", "lost", "no-such-id", code=EX_DATAERR)
