"""An access plan: the whole of who may open what, out of a file and back into one."""

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import openpyxl
import pytest

from agent.errors import BadInput
from agent.office import access, reach
from agent.office.access_plan import AccessPlan, PlanRefused, Step, apply, loose_ends, read_toml, written
from agent.office.book import Book
from agent.office.intake.access_sheets import read_plan
from tests.peers.office_site import START, add_card, add_person, make_book

PLAN = """
[schedules]
daytime = ["mon-fri 08:00-18:00", "sat 09:00-12:00"]

[groups]
residents = ["lobby", "garage:daytime"]

[gateways.gw01]
doors = ["lobby", "garage"]
"""


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


def loaded(book: Book, plan: AccessPlan, *, keep: bool = True) -> list[Step]:
    with book.change("access.loaded", by="t", at=START, keep=keep) as edit:
        return apply(edit, plan, book.zone.key)


def refused(book: Book, text: str) -> dict[str, str]:
    """Return the problems of the plan in `text`, by place; nothing of it is in the book."""
    revision = book.revision
    with pytest.raises(PlanRefused) as caught:
        loaded(book, read_toml(text.encode()))
    assert book.revision == revision
    assert all(error.chinese != str(error) for _, error in caught.value.problems)
    return {place: str(error) for place, error in caught.value.problems}


def test_a_plan_is_taken_as_a_whole_and_what_it_does_not_name_goes(book: Book) -> None:
    steps = loaded(book, read_toml(PLAN.encode()))
    assert [(step.table, step.name, step.what) for step in steps] == [
        ("schedule", "daytime", "added"),
        ("schedule", "office-hours", "removed"),
        ("door_group", "residents", "changed"),
        ("door_group", "staff", "removed"),
        ("gateway", "gw02", "removed"),
    ]
    assert access.groups(book) == {"residents": (("garage", "daytime"), ("lobby", "always"))}
    assert access.gateways(book) == {"gw01": ("garage", "lobby")}
    assert access.reads(book) == {"gw01": ("uid32",)}
    assert [name for name, _, _ in access.schedules(book)] == ["always", "daytime"]
    assert loaded(book, read_toml(PLAN.encode())) == []


def test_a_table_that_a_plan_does_not_have_stays_as_it_is(book: Book) -> None:
    before = access.groups(book), access.gateways(book)
    night = b'[schedules.night]\nwindows = ["22:00-06:00"]\nzone = "Asia/Urumqi"\n'
    steps = loaded(book, read_toml(night + b'[schedules.office-hours]\nwindows = ["mon-fri 08:00-18:00"]'))
    assert [(step.name, step.what) for step in steps] == [("night", "added")]
    assert (access.groups(book), access.gateways(book)) == before
    assert ("night", "Asia/Urumqi", ["22:00-06:00"]) in access.schedules(book)


def test_a_rehearsal_says_whose_doors_change_and_writes_nothing(book: Book) -> None:
    person = add_person(book, "张三", 1)
    add_card(book, person, 1)
    idle = add_person(book, "李四", 2)
    revision, before = book.revision, reach.everybody(book.database, START)
    assert before == {person: {"lobby", "garage"}}
    with book.change("access.loaded", by="t", at=START, keep=False) as edit:
        apply(edit, read_toml(b'[groups]\nresidents = ["lobby", "plant", "nowhere"]'), "Asia/Shanghai")
        after = reach.everybody(edit.database, START)
        assert loose_ends(edit) == (("nowhere",), ("garage",))
    assert reach.shifts(before, after) == (reach.Shift(person, ("plant",), ("garage",)),)
    assert book.revision == revision
    assert idle not in after


def test_the_plan_of_a_book_reads_back_into_the_same_book(book: Book) -> None:
    with book.change("x", by="t", at=START) as edit:
        access.set_schedule(edit, '夜间 "3"', ["周五至周日 22:00-06:00"], "Asia/Urumqi")
        access.set_group(edit, "保洁\\组", [("lobby", '夜间 "3"'), ("plant", "always")])
    text = written(book)
    assert loaded(book, read_toml(text.encode())) == []
    with make_book(book.directory.parent / "other") as other:
        loaded(other, read_toml(text.encode()))
        assert written(other) == text


def test_every_problem_of_a_plan_is_told_with_its_place(book: Book) -> None:
    said = refused(
        book,
        """
        [schedules]
        odd = ["someday 08:00-09:00"]
        [schedules.far]
        windows = ["08:00-09:00"]
        zone = "Mars/Olympus"
        [groups]
        held_open = ["lobby"]
        ghosts = ["lobby:never"]
        slashed = ["a/b"]
        "x+y" = ["lobby"]
        [gateways]
        "gw#1" = ["lobby"]
        gw03 = []
        gw04 = { doors = ["lobby"], reads = ["telepathy"] }
        """,
    )
    assert list(said) == [
        "schedules.odd", "schedules.far", "groups.held_open", "groups.ghosts", "groups.slashed", "groups.x+y",
        "gateways.gw#1", "gateways.gw03", "gateways.gw04",
    ]  # fmt: skip
    assert "rule of the house" in said["groups.held_open"]


def test_a_schedule_that_a_group_still_uses_does_not_go(book: Book) -> None:
    assert "used by staff" in refused(book, "[schedules]")["office-hours"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("gatewys = 1", "gatewys"),
        ("groups = 1", "groups"),
        ("[groups]\nresidents = 1", "groups.residents"),
        ("[groups]\nresidents = [1]", "groups.residents"),
        ("[gateways]\ngw01 = 7", "gateways.gw01"),
        ("[gateways.gw01]\ndoor = ['a']\ndoors = ['a']", "gateways.gw01.door"),
        ("[gateways.gw01]\nreads = ['uid32']", "gateways.gw01.doors"),
        ("[schedules.a]\nwindows = ['08:00-09:00']\nzone = 8", "schedules.a.zone"),
    ],
)
def test_a_slip_of_the_pen_is_never_passed_over(book: Book, text: str, place: str) -> None:
    assert list(refused(book, text)) == [place]


@pytest.mark.parametrize("content", [b"[groups", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_toml_says_so(content: bytes) -> None:
    with pytest.raises(BadInput, match="no access plan"):
        read_toml(content)


def workbook(path: Path, *sheets: tuple[str, Sequence[Sequence[object]]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets:
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    made.save(file)
    path.write_bytes(file.getvalue())
    return path


RIGHTS: list[list[object]] = [
    ["门禁权限表"],
    ["权限组", "门", "时段"],
    ["住户", "lobby、garage", None],
    [None, "roof", "白天"],
    [],
    ["保洁", "lobby:白天，plant", None],
]
BOXES: list[list[object]] = [
    ["网关", "门", "读卡类型"],
    ["gw01", "lobby，garage", "uid32"],
    ["gw01", "roof", None],
    ["gw02", "plant", None],
]
TIMES: list[list[object]] = [
    ["时段", "时间", "时区"],
    ["白天", "周一至周五 06:00-23:00；周六 8:00-12:00", None],
]


def test_a_workbook_has_a_sheet_for_each_table(book: Book, tmp_path: Path) -> None:
    notes: list[list[object]] = [["说明"]] * 21
    path = workbook(
        tmp_path / "plan.xlsx", ("说明", notes), ("权限", RIGHTS), ("网关", BOXES), ("时段", TIMES)
    )
    loaded(book, read_plan(path))
    assert access.groups(book) == {
        "住户": (("garage", "always"), ("lobby", "always"), ("roof", "白天")),
        "保洁": (("lobby", "白天"), ("plant", "always")),
    }
    assert access.gateways(book) == {"gw01": ("garage", "lobby", "roof"), "gw02": ("plant",)}
    assert access.reads(book) == {"gw01": ("uid32",), "gw02": ("fc8cn16", "uid32")}
    assert access.schedules(book)[1][2] == ["mon-fri 06:00-23:00", "sat 08:00-12:00"]


def test_a_problem_in_a_sheet_is_told_with_its_row(book: Book, tmp_path: Path) -> None:
    rows: list[list[object]] = [["group", "door"], ["ok", "lobby"], ["fire release", "lobby"]]
    with pytest.raises(PlanRefused, match=r"^权限 3: 'fire release'"):
        loaded(book, read_plan(workbook(tmp_path / "plan.xlsx", ("权限", rows))))


def test_a_csv_holds_one_table_and_a_toml_file_all(book: Book, tmp_path: Path) -> None:
    table, page = tmp_path / "plan.csv", tmp_path / "plan.toml"
    table.write_bytes("权限组,门\n住户,lobby\n".encode("gb18030"))
    page.write_text(PLAN, encoding="utf-8")
    loaded(book, read_plan(table))
    assert list(access.groups(book)) == ["住户"]
    loaded(book, read_plan(page))
    assert list(access.groups(book)) == ["residents"]


def large(rows: int) -> Callable[[Path], Path]:
    return lambda path: workbook(path, ("权限", [["权限组", "门"], *[["住户", "lobby"]] * rows]))


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda path: workbook(path, ("a", [["姓名", "身份证号"]]), ("b", [[]])), "no table"),
        (lambda path: workbook(path, ("a", RIGHTS), ("b", RIGHTS)), "second table"),
        (lambda path: workbook(path, ("a", BOXES), ("b", BOXES)), "second table"),
        (lambda path: workbook(path, ("a", TIMES), ("b", TIMES)), "second table"),
        (large(20_000), "no access plan"),
    ],
)
def test_a_workbook_that_is_no_plan_is_refused_whole(
    tmp_path: Path, made: Callable[[Path], Path], why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        read_plan(made(tmp_path / "plan.xlsx"))


def test_the_example_that_is_shipped_can_be_loaded(book: Book) -> None:
    loaded(book, read_plan(Path(__file__).parents[4] / "deploy" / "access.example.toml"))
    assert list(access.groups(book)) == ["cleaning", "guards", "residents"]
    assert loose_ends(book) == ((), ())
