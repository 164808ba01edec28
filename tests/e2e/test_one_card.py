"""One card, end to end: imported by its print, it opens at 26 and at 34 bits; revoked, at neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.demo.building import GARAGE, LOBBY
from agent.office import access
from agent.office.intake.apply import carry_out
from agent.office.intake.entry import Terms
from agent.office.intake.plan import judge
from agent.office.intake.separated import read_csv
from agent.office.printed import Style
from protocols.wiegand.formats import FORMATS
from tests.peers.office_site import resident_number
from tests.peers.site import NEIGHBOUR, Site
from tests.peers.site_office import BY, EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRINT, CARD = "0040856634", 0x026F6C3A  # 8H10D of the card that bears 111,27706 as well
FACILITY, LAST = 111, 27706


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Site]:
    """Give a site that runs, with the list of an imported roster in force."""
    with Site(tmp_path) as site:
        book, at = site.office.book, site.clock.utc()
        line = f"住户,{resident_number(77)},3,1,1201,{EVERYBODY},{PRINT},是"
        table = read_csv(f"姓名,身份证号,楼栋,单元,房号,权限组,卡号,核验\n{line}".encode())
        plan = judge(book, table, Terms(book.zone, at, BY, access.groups(book).keys(), card_style=Style.D10))
        assert plan.problems == []
        carry_out(book, plan, by=BY, at=at, rehearse=False)
        site.start()
        site.push()
        yield site


def test_a_card_imported_by_its_print_opens_at_26_and_34_bits_and_stops_at_both(house: Site) -> None:
    narrow = FORMATS["H10301"].encode({"facility": FACILITY, "card": LAST})

    house.reader(LOBBY).device.present(narrow)
    house.released(LOBBY)
    at_26 = house.event("entry.granted", LOBBY)
    house.present(CARD, GARAGE)
    house.released(GARAGE)
    at_34 = house.event("entry.granted", GARAGE)
    assert at_26.body["person"] == at_34.body["person"] is not None
    assert at_26.body["credential"] != at_34.body["credential"]

    house.revoke(CARD)
    opened = len(house.releases)
    house.reader(LOBBY).device.present(narrow)
    assert house.event("entry.denied", LOBBY).body["reason"] == "revoked"
    house.present(CARD, GARAGE)
    assert house.event("entry.denied", GARAGE).body["reason"] == "revoked"
    house.present(NEIGHBOUR, LOBBY)
    house.released(LOBBY, after=1)
    assert len(house.releases) == opened + 1
