"""A roster file, judged and carried out."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import access, credentials, people
from agent.office.book import Book
from agent.office.identity import check_character
from agent.office.intake.apply import Outcome, carry_out
from agent.office.intake.entry import Terms
from agent.office.intake.files import NoFile, is_open, read_file
from agent.office.intake.plan import Plan, judge
from agent.office.intake.separated import read_csv
from agent.office.people import Role
from tests.peers.office_site import START, add_card, add_person, make_book, resident_number

HEADER = "姓名,身份证号,楼栋,单元,房号,人员类型,权限组,卡号,核验日期"
ONE, TWO = resident_number(1), resident_number(2)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


def terms(book: Book) -> Terms:
    return Terms(book.zone, START, "tester", groups=access.groups(book).keys())


def plan_of(book: Book, *lines: str, header: str = HEADER) -> Plan:
    table = read_csv("\r\n".join((header, *lines)).encode())
    return judge(book, table, terms(book))


def places(plan: Plan) -> list[tuple[str, str]]:
    return [(problem.place, problem.code) for problem in plan.problems]


def carried(book: Book, plan: Plan, *, rehearse: bool = False) -> Outcome:
    return carry_out(book, plan, by="tester", at=START, rehearse=rehearse)


def row(
    *,
    name: str = "张三",
    number: str = ONE,
    role: str = "业主",
    group: str = "residents",
    card: str = "0040856634",
    verified: str = "2026-11-01",
) -> str:
    return f"{name},{number},3,1,1201,{role},{group},{card},{verified}"


def test_a_good_row_becomes_a_person_with_a_card(book: Book) -> None:
    outcome = carried(book, plan_of(book, row()))
    assert (outcome.added, outcome.changed, outcome.cards) == (1, 0, 1)
    assert outcome.shifts[0].gains == ("garage", "lobby")
    (person,) = people.find(book, ONE)
    assert (person.details.name, str(person.home), person.role) == ("张三", "3-1-1201", Role.OWNER)
    (card,) = credentials.held_by(book, person.id)
    assert (card.number, card.state) == ("uid32:026F6C3A", CredentialState.ACTIVE)


def test_importing_the_same_file_again_changes_nothing(book: Book) -> None:
    carried(book, plan_of(book, row()))
    revision = book.revision
    outcome = carried(book, plan_of(book, row()))
    assert (outcome.same, outcome.revision, book.revision) == (1, None, revision)


def test_a_rehearsal_says_who_gains_and_loses_and_writes_nothing(book: Book) -> None:
    carried(book, plan_of(book, row()))
    revision = book.revision
    outcome = carried(book, plan_of(book, row(group="staff")), rehearse=True)
    assert outcome.shifts[0].gains == ("plant",)
    assert outcome.shifts[0].loses == ("garage",)
    assert book.revision == revision
    assert people.one(book, ONE).groups == ("residents",)


def test_a_card_without_a_verified_person_is_refused_with_its_row(book: Book) -> None:
    plan = plan_of(book, row(), row(name="李四", number=TWO, card="0040856635", verified=""))
    assert places(plan) == [("I3", "unverified")]
    assert plan.refused == {3}


def test_a_person_verified_in_the_book_needs_no_date_in_the_file(book: Book) -> None:
    add_person(book, "张三", 1)
    assert places(plan_of(book, row(verified=""))) == []


@pytest.mark.parametrize(
    ("line", "place", "code"),
    [
        (row(name=""), "A2", "name_missing"),
        (row(name="长" * 65), "A2", "cell_too_long"),
        (row(name="长" * 600), "A2", "cell_too_long"),
        (row(name="=HYPERLINK(1)"), "A2", "formula"),
        (row(number=""), "B2", "number_missing"),
        (row(number=ONE[:17]), "B2", "number_length"),
        (row(number="110105491231002"), "B2", "number_old_length"),
        (row(number="110105194912310000"), "B2", "number_excel"),
        (row(number="1.10105E+17"), "B2", "number_scientific"),
        (row(number="110105194902310021"), "B2", "number_birth"),
        (row(number="110105209912310021"), "B2", "number_birth"),
        (row(number="100105194912310021"), "B2", "number_area"),
        (row(number="110105194912310021"), "B2", "number_check"),
        (row(number="11010519491231002Y"), "B2", "number_characters"),
        (row(role="国王"), "F2", "role"),
        (row(group=""), "G2", "group_missing"),
        (row(group="nobody"), "G2", "group_unknown"),
        (row(card="12345678"), "H2", "card_ambiguous"),
        (row(card="not a card"), "H2", "card_unreadable"),
        (row(card='"300,5"'), "H2", "card_ambiguous"),
        (row(verified="soon"), "I2", "date"),
        (row(verified="2026-13-01"), "I2", "date"),
        (row(verified="2027-01-01"), "I2", "verified_in_future"),
        (row(role="租户"), "2", "lease_end_missing"),
        (row(name="#N/A"), "A2", "cell_error"),
        (row(number="无"), "B2", "number_missing"),
        (row(number="110105131332002"), "B2", "number_length"),
        (row(number="810000199408230022"), "B2", "number_check"),
    ],
)
def test_each_problem_is_named_by_its_cell(book: Book, line: str, place: str, code: str) -> None:
    assert places(plan_of(book, line)) == [(place, code)]


def test_all_problems_of_a_row_are_told_at_once(book: Book) -> None:
    plan = plan_of(book, row(name="", number="1", role="?", card="?", verified="?"))
    assert [place for place, _ in places(plan)] == ["A2", "B2", "F2", "H2", "I2"]


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("证件类型", "图书证", "document_kind"),
        ("联系电话", "call me", "phone"),
        ("卡号格式", "barcode", "card_style"),
        ("延长开门", "maybe", "yes_or_no"),
        ("联系电话", "13800000001、call me", "phone"),
        ("住址", "somewhere nice by the lake", "home"),
        ("楼栋", "3", "home_incomplete"),
        ("到期日", "never", "date"),
    ],
)
def test_other_columns_are_judged_too(book: Book, header: str, cell: str, code: str) -> None:
    plan = plan_of(book, f"张三,{ONE},residents,{cell}", header=f"姓名,身份证号,权限组,{header}")
    assert [found for _, found in places(plan)] == [code]


def test_an_end_before_the_beginning_is_a_problem(book: Book) -> None:
    header = "姓名,身份证号,权限组,入住日期,租约到期"
    plan = plan_of(book, f"张三,{ONE},residents,2026-05-01,2026-04-01", header=header)
    assert places(plan) == [("E2", "until_before_from")]


def test_dates_in_all_styles_mean_the_same_end_of_day(book: Book) -> None:
    header = "姓名,身份证号,权限组,租约到期"
    written = [
        "2026-12-31",
        "2026/12/31",
        "2026年12月31日",
        "20261231",
        "2026.12.31",
        "46387",
        "２０２６－１２－３１",
    ]
    for text in written:
        (entry,) = plan_of(book, f"张三,{ONE},residents,{text}", header=header).entries
        assert entry.valid_until is not None
        assert entry.valid_until.isoformat() == "2027-01-01T00:00:00+08:00", text
    (entry,) = plan_of(book, f"张三,{ONE},residents,2026-12-31 12:30", header=header).entries
    assert entry.valid_until is not None
    assert entry.valid_until.isoformat() == "2026-12-31T12:30:00+08:00"


def test_full_width_digits_and_a_small_x_are_read(book: Book) -> None:
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in "11010519491231002x")
    plan = plan_of(book, row(number=full_width, card="００４０８５６６３４"))
    assert plan.entries[0].details.number == "11010519491231002X"
    assert str(plan.entries[0].cards[0]) == "uid32:026F6C3A"


def test_one_card_for_two_persons_is_refused_on_both_rows(book: Book) -> None:
    plan = plan_of(book, row(), row(name="李四", number=TWO))
    assert places(plan) == [("H2", "card_shared"), ("H3", "card_shared")]
    assert plan.entries == []


def test_one_document_for_two_names_is_refused(book: Book) -> None:
    plan = plan_of(book, row(), row(name="李四", card="0040856635"))
    assert places(plan) == [("B3", "document_twice")]


def test_a_row_that_stands_twice_is_refused_once(book: Book) -> None:
    assert places(plan_of(book, row(), row())) == [("3", "row_twice")]


def test_a_second_card_of_the_same_person_is_theirs(book: Book) -> None:
    outcome = carried(book, plan_of(book, row(), row(card="0040856635")))
    assert (outcome.added, outcome.cards) == (1, 2)


def test_a_second_home_is_a_warning_and_the_first_one_stands(book: Book) -> None:
    second = row(card="0040856635").replace("1201", "1802")
    plan = plan_of(book, row(), second)
    assert [(w.place, w.code) for w in plan.warnings] == [("3", "second_home")]
    carried(book, plan)
    assert str(people.one(book, ONE).home) == "3-1-1201"


def test_a_card_that_is_somebody_elses_in_the_book_is_refused(book: Book) -> None:
    other = add_person(book, "李四", 2)
    add_card(book, other, 0x026F6C3A)
    plan = plan_of(book, row())
    assert places(plan) == [("H2", "card_taken")]
    assert plan.problems[0].values == {"person": other}


def test_a_lost_card_does_not_come_back_by_an_import(book: Book) -> None:
    card = add_card(book, add_person(book, "张三", 1), 0x026F6C3A)
    with book.change("card.lost", by="tester", at=START) as edit:
        credentials.set_state(edit, card, CredentialState.LOST)
    assert places(plan_of(book, row())) == [("H2", "card_lost")]


def test_what_a_file_has_no_column_for_stays_as_it_was(book: Book) -> None:
    carried(book, plan_of(book, row()))
    plan = plan_of(book, f"张三,{ONE},13911112222", header="姓名,身份证号,手机号")
    with_default = judge(
        book,
        read_csv(f"姓名,身份证号,手机号\n张三,{ONE},13911112222".encode()),
        Terms(book.zone, START, "tester", access.groups(book).keys(), default_groups=("staff",)),
    )
    assert places(plan) == [("2", "group_missing")]
    carried(book, with_default)
    person = people.one(book, ONE)
    assert (person.details.phone, person.groups, str(person.home)) == (
        "13911112222",
        ("residents",),
        "3-1-1201",
    )


def test_chinese_and_english_headers_gbk_marks_titles_and_other_delimiters_are_read(book: Book) -> None:
    english = f"Name;ID number;Group;Verified;Card\nZhang San;{ONE};residents;yes;uid32:00000A17\n"
    chinese = f"三号楼住户登记表,,,,\n姓名 *,身份证号码（18位）,权限组,是否\n张三,{ONE},residents,\n"
    for content in (
        english.encode(),
        b"\xef\xbb\xbf" + english.encode(),
        english.replace(";", "\t").encode("utf-16"),
        chinese.encode("gb18030"),
        chinese.encode(),
    ):
        plan = judge(book, read_csv(content), terms(book))
        assert (places(plan), len(plan.entries)) == ([], 1)
    assert plan.entries[0].row == 3


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no header"),
        (b"a,b,c\n" * 20, "no header"),
        ("姓名\n张三".encode(), "no header"),
        (b"\x00\x01\x02", "no text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "old kind"),
        ("姓名,身份证号\n".encode() + b"\xff\xff\xff", "UTF-8"),
        (("姓名,身份证号\n" + "," * 300).encode(), "more than 200 cells"),
        (("姓名,身份证号\n" + "\n" * 2**20).encode(), "more than 1048576 lines"),
        (('姓名,身份证号\n"' + "x" * 200_000 + '"').encode(), "no CSV"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_whole(content: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_csv(content)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoFile, match="cannot read"):
        read_file(tmp_path / "none.csv")


def test_progress_is_told_from_none_to_all(book: Book) -> None:
    told: list[tuple[int, int]] = []
    table = read_csv(f"{HEADER}\n{row()}".encode())
    plan = judge(book, table, terms(book), lambda done, total: told.append((done, total)))
    carry_out(
        book,
        plan,
        by="tester",
        at=START,
        rehearse=True,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(0, 1), (1, 1), (0, 1), (1, 1)]


def test_the_zone_of_the_building_decides_what_today_is() -> None:
    assert Terms(ZoneInfo("Asia/Shanghai"), START, "x", ()).today.isoformat() == "2026-11-22"


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("护照", "E12345678", None),
        ("护照", "75 1234567", None),
        ("护照", "E-1", "number_characters"),
        ("回乡证", "H12345678", None),
        ("回乡证", "M1234567801", None),
        ("回乡证", "12345678", "number_permit"),
        ("台胞证", "12345678", None),
        ("台胞证", "1234567", "number_permit"),
        ("永久居留证", "USA123456789012", None),
        ("外国人永久居留身份证", "911124198108030024", None),
        ("外国人永久居留身份证", "911124198108030025", "number_check"),
        ("外国人永久居留身份证", "11010519491231002X", "number_permit"),
        ("港澳台居民居住证", "810000199408230021", None),
        ("军官证", "南字第01234567号", "number_characters"),
    ],
)
def test_every_kind_of_document_has_its_own_form(
    book: Book, kind: str, number: str, code: str | None
) -> None:
    plan = plan_of(book, f"某人,{number},{kind},residents", header="姓名,证件号码,证件类型,权限组")
    assert [found for _, found in places(plan)] == ([] if code is None else [code])


def test_a_number_that_holds_by_chance_after_excel_cut_it_is_pointed_out(book: Book) -> None:
    cut = next(
        f"110105{year}0101{0:03}0"
        for year in range(1950, 2000)
        if check_character(f"110105{year}0101{0:03}") == "0"
    )
    plan = plan_of(book, row(number=cut))
    assert (places(plan), [(w.place, w.code) for w in plan.warnings]) == ([], [("B2", "number_zeros")])


def test_sums_notes_and_numbered_empty_rows_are_passed_over_and_told(book: Book) -> None:
    lines = [f"{n},{line}" for n, line in ((1, row()), (2, ",,,,,,,,"), (3, ",,,,,,,,"))]
    plan = plan_of(book, *lines, "合计,1人,,,,,,,,", "注：以上资料保密", header=f"序号,{HEADER}")
    assert (places(plan), len(plan.entries), plan.rows) == ([], 1, 1)
    assert [(w.place, w.code) for w in plan.warnings] == [(str(n), "row_aside") for n in (3, 4, 5, 6)]


def test_what_means_nothing_counts_as_nothing(book: Book) -> None:
    header = "姓名,身份证号,权限组,联系电话,租约到期,卡号,核验日期,楼栋,房号"
    plan = plan_of(book, f"张三,{ONE},residents,无,长期,/,未,-,——", header=header)
    assert places(plan) == []
    (entry,) = plan.entries
    assert (entry.details.phone, entry.valid_until, entry.cards, entry.home) == ("", None, (), None)


def test_a_tenant_for_ever_is_asked_for_the_end_of_the_lease(book: Book) -> None:
    plan = plan_of(book, f"张三,{ONE},residents,租客,长期", header="姓名,身份证号,权限组,人员类型,租约到期")
    assert places(plan) == [("E2", "lease_end_missing")]


def test_of_several_telephones_all_are_kept_and_the_first_finds_the_person(book: Book) -> None:
    header = "姓名,身份证号,权限组,联系电话"
    carried(book, plan_of(book, f'张三,{ONE},residents,"13800000001、010-88886666"', header=header))
    person = people.one(book, "13800000001")
    assert person.details.phone == "13800000001、01088886666"


@pytest.mark.parametrize(
    ("word", "role"), [("儿子", Role.FAMILY), ("岳母", Role.FAMILY), ("门卫", Role.PATROL)]
)
def test_relations_are_read_as_roles(book: Book, word: str, role: Role) -> None:
    assert plan_of(book, row(role=word)).entries[0].role is role


def test_a_name_that_is_drawn_out_with_spaces_is_the_same_name(book: Book) -> None:
    assert places(plan_of(book, row(), row(name="张 　三", card="0040856635"))) == []


def test_a_header_of_two_lines_and_a_title_before_tabs_are_read() -> None:
    content = '"三号楼"\n"姓名"\t"身份证号\n(18位)"\t权限组\n张三\t1\tresidents\n'
    table = read_csv(content.encode())
    assert table.headers == ["姓名", "身份证号 (18位)", "权限组"]


def test_a_locked_workbook_is_told_from_one_of_the_old_kind() -> None:
    mark = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    with pytest.raises(BadInput, match="old kind"):
        read_csv(mark + b"\0" * 512 + "Workbook".encode("utf-16-le"))
    with pytest.raises(BadInput, match="password") as caught:
        read_csv(mark + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"))
    assert "密码" in caught.value.chinese


def test_the_file_beside_an_open_workbook_is_no_roster(tmp_path: Path) -> None:
    (tmp_path / "~$住户.xlsx").write_bytes(b"x" * 165)
    with pytest.raises(BadInput, match="open workbook"):
        read_file(tmp_path / "~$住户.xlsx")
    assert is_open(tmp_path / "住户.xlsx")
    assert not is_open(tmp_path / "other.xlsx")


def test_a_refused_row_is_told_of_its_shared_card_too_and_the_good_row_stays_good(book: Book) -> None:
    plan = plan_of(book, row(), row(name="李四", number="1"))
    assert places(plan) == [("B3", "number_length"), ("H3", "card_shared")]
    assert [entry.row for entry in plan.entries] == [2]


def test_whom_a_file_of_their_building_does_not_name_is_told_and_leaves_when_asked(book: Book) -> None:
    gone = add_person(book, "李四", 2, home=people.Home("3", "2", "501"))
    add_card(book, gone, 2)
    left = add_person(book, "王五", 4, home=people.Home("3", "2", "502"), valid_until=START)
    elsewhere = add_person(book, "赵六", 5, home=people.Home("4", "1", "101"))
    outcome = carried(book, plan_of(book, row()), rehearse=True)
    assert (outcome.missing, outcome.left) == ((gone,), False)
    plan = plan_of(book, row())
    outcome = carry_out(book, plan, by="t", at=START, rehearse=False, leave_missing=True)
    assert (outcome.missing, outcome.left) == ((gone,), True)
    shift = outcome.shifts[-1]
    assert (shift.row, shift.person, shift.loses) == (None, gone, ("garage", "lobby"))
    assert people.load(book, gone).valid_until == START
    assert [card.state for card in credentials.held_by(book, gone)] == [CredentialState.REVOKED]
    assert people.load(book, elsewhere).valid_until is None
    assert people.load(book, left).valid_until == START
    assert book.history()[-1]["detail"].endswith("left:1")


def verified(book: Book) -> tuple[str, str | None]:
    word = people.one(book, ONE).verification
    assert word is not None
    until = None if word.until is None else word.until.astimezone(book.zone).date().isoformat()
    return word.at.astimezone(book.zone).date().isoformat(), until


def test_a_mere_yes_renews_no_verification(book: Book) -> None:
    carried(book, plan_of(book, row(verified="2026-11-01")))
    assert carried(book, plan_of(book, row(verified="是"))).same == 1
    assert verified(book) == ("2026-11-01", None)


def test_a_file_that_says_no_end_of_a_verification_does_not_lift_the_one_that_stands(book: Book) -> None:
    header = "姓名,身份证号,权限组,核验日期,核验有效期"

    def read(day: str, until: str | None = None) -> tuple[str, str | None]:
        cells = f"张三,{ONE},residents,{day}"
        plan = plan_of(book, cells, header=header.rpartition(",")[0])
        if until is not None:
            plan = plan_of(book, f"{cells},{until}", header=header)
        assert places(plan) == []
        carried(book, plan)
        return verified(book)

    assert read("2026-05-01", "2026-10-01") == ("2026-05-01", "2026-10-02")
    assert read("2026-04-01") == ("2026-05-01", "2026-10-02")
    assert read("2026-06-01") == ("2026-06-01", "2026-10-02")
    assert read("2026-06-01", "2026-10-05") == ("2026-06-01", "2026-10-06")
    assert read("2026-11-01") == ("2026-11-01", None)
    assert read("是", "2027-11-01") == ("2026-11-01", "2027-11-02")
    assert read("2026-11-02", "") == ("2026-11-02", None)


def test_an_empty_cell_makes_no_owner_of_a_tenant(book: Book) -> None:
    add_person(book, "张三", 1, role=Role.TENANT)
    carried(book, plan_of(book, row(role="")))
    assert people.one(book, ONE).role is Role.TENANT
    carried(book, plan_of(book, row(name="李四", number=TWO, role="", card="")))
    assert people.one(book, TWO).role is Role.OWNER


def test_an_empty_cell_makes_no_lease_of_the_books_tenant_last_for_ever(book: Book) -> None:
    add_person(book, "张三", 1, role=Role.TENANT, valid_until=START + timedelta(days=90))
    add_person(book, "李四", 2, valid_until=START + timedelta(days=90))
    header = "姓名,身份证号,权限组,租约到期"
    plan = plan_of(book, f"张三,{ONE},residents,", f"李四,{TWO},residents,", header=header)
    assert places(plan) == [("D2", "lease_end_missing")]
    assert places(plan_of(book, f"张三,{ONE},residents,2027-12-31", header=header)) == []
