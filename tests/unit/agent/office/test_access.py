"""Groups, schedules, gateways, and how people write them."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.broker import broker_at
from agent.errors import BadInput
from agent.office import access
from agent.office.book import Book
from agent.office.people import Home, home_of
from agent.office.times import FOR_EVER, begins, ends, read_date
from tests.peers.office_site import START, make_book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("mon-fri 08:00-20:00", [1, 2, 3, 4, 5], "08:00", "20:00"),
        ("周一至周五 8:00-20:00", [1, 2, 3, 4, 5], "08:00", "20:00"),
        ("周六、周日 09：00—12：00", [6, 7], "09:00", "12:00"),
        ("sat-mon 22:00-06:00", [1, 6, 7], "22:00", "06:00"),
        ("1,3 00:00-24:00", [1, 3], "00:00", "24:00"),
        ("06:30-07:00", [1, 2, 3, 4, 5, 6, 7], "06:30", "07:00"),
    ],
)
def test_windows_are_read_as_people_write_them(text: str, days: list[int], start: str, end: str) -> None:
    assert access.read_window(text) == {"days": days, "start": start, "end": end}


@pytest.mark.parametrize(
    "text", ["", "always", "someday 08:00-09:00", "mon-tue-wed 08:00-09:00", "8-9", "0 08:00-09:00"]
)
def test_what_is_no_window_says_how_to_write_one(text: str) -> None:
    with pytest.raises(BadInput, match="mon-fri"):
        access.read_window(text)


def test_what_no_gateway_could_read_is_refused_at_the_desk(book: Book) -> None:
    with book.change("x", by="t", at=START) as edit:
        with pytest.raises(BadInput, match="time zone"):
            access.set_schedule(edit, "s", ["08:00-09:00"], "Nowhere/At-All")
        with pytest.raises(BadInput, match="cannot be sent"):
            access.set_schedule(edit, "s", ["08:00-25:00"], "Asia/Shanghai")
        with pytest.raises(BadInput, match="schedule add"):
            access.set_group(edit, "g", [("lobby", "never")])
        with pytest.raises(BadInput, match="cannot be a name"):
            access.set_group(edit, "g/h", [("lobby", "always")])
        with pytest.raises(BadInput, match="cannot be a name"):
            access.set_gateway(edit, "gw/1", ["lobby"])
        with pytest.raises(BadInput, match="--doors"):
            access.set_gateway(edit, "gw1", [])
        with pytest.raises(BadInput, match="used by residents"):
            access.drop(edit, "schedule", "always")
        with pytest.raises(BadInput, match="there is no"):
            access.drop(edit, "door_group", "nobody")
        assert not edit.changed
    with pytest.raises(BadInput, match="no public key"):
        access.pin_gateway_key(book, "gw01", "short", how="given", now="2026")


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ([1, 2, 3, 4, 5, 6, 7], "08:00-09:00"),
        ([1], "mon 08:00-09:00"),
        ([1, 2], "mon-tue 08:00-09:00"),
        ([1, 3, 4, 5, 7], "mon,wed-fri,sun 08:00-09:00"),
    ],
)
def test_a_window_is_told_as_it_may_be_typed(days: list[int], text: str) -> None:
    window = {"days": days, "start": "08:00", "end": "09:00"}
    assert access.window_text(window) == text
    assert access.read_window(text) == window


def test_schedules_are_told_as_they_stand(book: Book) -> None:
    assert access.schedules(book) == [
        ("always", "Asia/Shanghai", ["00:00-24:00"]),
        ("office-hours", "Asia/Shanghai", ["mon-fri 08:00-18:00"]),
    ]


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("3-1-1201", Home("3", "1", "1201")),
        ("3栋1单元1201室", Home("3", "1", "1201")),
        ("３号楼1201", Home("3", "", "1201")),
        ("b2-1602a", Home("B2", "", "1602A")),
        ("1201", None),
        ("a b c d", None),
        ("", None),
    ],
)
def test_households_are_read_as_people_write_them(text: str, home: Home | None) -> None:
    assert home_of(text) == home


@pytest.mark.parametrize("text", ["", "2026-02-30", "tomorrow", "99999", "12345", "20261399", "0001-01-01"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_last_day_of_the_calendar_means_for_ever(zone: str) -> None:
    day = read_date("9999-12-31")
    assert day is not None
    assert begins(day, ZoneInfo(zone)) == ends(day, ZoneInfo(zone)) == FOR_EVER
    assert FOR_EVER.astimezone(ZoneInfo(zone)).year == FOR_EVER.year


def test_brokers_are_named_with_or_without_a_port() -> None:
    assert broker_at("broker.local") == ("broker.local", 1883)
    assert broker_at("broker.local", secure=True) == ("broker.local", 8883)
    assert broker_at("[::1]:99") == ("::1", 99)
    assert broker_at("[::1]") == ("::1", 1883)
    for wrong in ("", ":1883", "host:", "host:0", "host:port", "host:99999"):
        with pytest.raises(BadInput, match="host:port"):
            broker_at(wrong)


def test_a_group_is_not_named_like_a_rule_of_the_journal(book: Book) -> None:
    with pytest.raises(BadInput, match="another name"), book.change("x", by="t", at=START) as edit:
        access.set_group(edit, "Fire_Release", [("lobby", "always")])
