"""Cards of a roster that some readers cannot tell apart."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.domain.credentials import CredentialState
from agent.office import access, collisions, credentials, lifecycle, people
from agent.office.aliases import DEFAULT_READS
from agent.office.book import Book
from agent.office.intake.apply import carry_out
from agent.office.intake.entry import Terms
from agent.office.intake.plan import Plan, judge
from agent.office.intake.problems import Problem
from agent.office.intake.separated import read_csv
from agent.office.purge import purge
from agent.office.roster import Rosters
from tests.peers.office_site import START, add_card, add_person, make_book, resident_number

HEADER = "姓名,身份证号,楼栋,单元,房号,权限组,卡号,核验日期"
CARD = "0040856634"  # 026F6C3A
TWIN = "0057633850"  # 036F6C3A: the same last three bytes
OTHER = "0040856635"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book", reads=DEFAULT_READS) as made:
        yield made


def row(serial: int, card: str, name: str = "") -> str:
    return f"{name or f'住户{serial}'},{resident_number(serial)},3,1,{serial},residents,{card},2026-11-01"


def plan_of(book: Book, *lines: str, accept: bool = False) -> Plan:
    terms = Terms(book.zone, START, "tester", groups=access.groups(book).keys())
    table = read_csv("\r\n".join((HEADER, *lines)).encode())
    return judge(book, table, replace(terms, accept_collisions=accept))


def told(problems: list[Problem]) -> list[tuple[str, str, str, str]]:
    return [
        (each.place, each.code, str(each.values["others"]), str(each.values["gateway"])) for each in problems
    ]


def listed(book: Book) -> set[str]:
    whole = Rosters(book.database).changes("gw01", 0, book.revision)
    return {body["digest"] for body in whole.rows["credential"]}


def carried(book: Book, plan: Plan, *, rehearse: bool = False) -> None:
    carry_out(book, plan, by="t", at=START, rehearse=rehearse)


def test_both_rows_are_refused_where_a_reader_takes_one_card_for_the_other(book: Book) -> None:
    plan = plan_of(book, row(1, CARD), row(2, TWIN), row(3, OTHER))
    assert told(plan.problems) == [
        ("G2", "card_meets_row", "3", "gw01"),
        ("G3", "card_meets_row", "2", "gw01"),
    ]
    assert [entry.row for entry in plan.entries] == [4]


def test_a_card_that_readers_take_for_one_of_the_book_is_refused(book: Book) -> None:
    holder = add_person(book, "张三", 9)
    add_card(book, holder, int(CARD))
    plan = plan_of(book, row(1, TWIN), row(2, "fc8cn16:6F6C3A"), row(3, OTHER))
    assert told(plan.problems) == [
        ("G2", "card_meets_row", "3", "gw01"),
        ("G3", "card_meets_row", "2", "gw01"),
    ]
    assert told(plan_of(book, row(2, "fc8cn16:6F6C3A")).problems) == [
        ("G2", "card_meets_book", holder, "gw01")
    ]


def test_a_persons_own_two_cards_are_no_matter_unless_one_is_stopped(book: Book) -> None:
    assert plan_of(book, row(1, f"{CARD};{TWIN}")).problems == []
    assert plan_of(book, row(1, CARD, "张三"), row(1, TWIN, "张三")).problems == []
    person = add_person(book, "张三", 1)
    card = add_card(book, person, int(CARD))
    assert plan_of(book, row(1, TWIN, "张三")).problems == []
    lifecycle.set_state(book, card, CredentialState.LOST, by="t", at=START)
    assert told(plan_of(book, row(1, TWIN, "张三")).problems) == [("G2", "card_meets_book", person, "gw01")]


def test_accepted_they_are_taken_and_noted_and_left_out_where_they_meet(book: Book) -> None:
    lines = (row(1, CARD), row(2, TWIN), row(3, OTHER))
    plan = plan_of(book, *lines, accept=True)
    assert plan.problems == []
    assert told(plan.warnings) == [
        ("G2", "card_left_out_row", "3", "gw01"),
        ("G3", "card_left_out_row", "2", "gw01"),
    ]
    before = listed(book)
    carried(book, plan, rehearse=True)
    assert listed(book) == before
    carried(book, plan)
    texts = ("uid32:026F6C3A", "uid32:036F6C3A", "uid32:026F6C3B", "fc8cn16:6F6C3B")
    assert listed(book) == {credentials.digest_of(book.digest_key, text) for text in texts}
    assert {each.gateway for each in collisions.standing(book.database)} == {"gw01", "gw02"}
    # What was accepted is not asked again, and a third card on it is.
    again = plan_of(book, *lines)
    assert (again.problems, again.warnings) == ([], [])
    (third,) = plan_of(book, *lines, row(4, "0074411066")).problems
    assert (third.code, len(str(third.values["others"]).split(", "))) == ("card_meets_book", 2)
    accepted = plan_of(book, row(4, "0074411066"), accept=True)
    assert [warning.code for warning in accepted.warnings] == ["card_left_out_book"]


def test_where_no_reader_shortens_cards_none_meet(book: Book) -> None:
    with book.change("gateways", by="t", at=START) as edit:
        access.set_gateway(edit, "gw01", ("lobby",), ["uid32", "data35"])
        access.set_gateway(edit, "gw02", ("plant",), [])
    assert plan_of(book, row(1, CARD), row(2, TWIN)).problems == []
    with book.change("gateways", by="t", at=START) as edit:
        access.drop(edit, "gateway", "gw01")
    assert plan_of(book, row(1, CARD), row(2, TWIN)).problems == []


def test_a_card_buried_with_somebody_who_left_comes_again_by_hand_alone(book: Book) -> None:
    person = add_person(book, "张三", 1)
    add_card(book, person, int(CARD))
    lifecycle.leave(book, person, by="t", at=START)
    purge(book, [person], by="t", at=START)
    assert people.find(book, "张三") == []
    assert told(plan_of(book, row(2, TWIN)).problems) == [("G2", "card_meets_book", person, "gw01")]
    assert [(each.place, each.code) for each in plan_of(book, row(2, CARD)).problems] == [
        ("G2", "card_stopped")
    ]
    add_card(book, add_person(book, "李四", 2), int(CARD))
    plan = plan_of(book, row(2, CARD))
    assert plan.problems == []
    assert len(listed(book)) == 2
