"""No verified person, no entry: from the roster file at the desk to the lock, as it is typed there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent.cli.app import main
from agent.demo.building import LOBBY
from agent.errors import EX_DATAERR
from tests.peers.office_site import resident_number
from tests.peers.site import Site
from tests.peers.site_office import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    Office = Callable[..., str]

KNOWN, UNKNOWN = 0x026F6C3A, 0x026F6C3B
LAPSES_IN_S = 8
"""Time enough for a push and a card, on a busy box."""
HEADER = "姓名,身份证号,楼栋,单元,房号,权限组,卡号,核验\n"
ROWS = (
    f"王一,{resident_number(51)},3,1,1201,{EVERYBODY},{KNOWN:010},是\n"
    f"赵二,{resident_number(52)},3,1,1202,{EVERYBODY},{UNKNOWN:010},\n"
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path) as made:
        made.start()
        made.push()
        yield made


@pytest.fixture
def office(site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Office:
    """Give `menshen office …` on the site's book, at its broker; it returns what was said."""
    monkeypatch.setenv("LC_ALL", "C")

    def run(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["office", *words, "--book", str(site.folder / "book")]) == code
        said = capsys.readouterr()
        return said.out + said.err

    return run


def push(site: Site, office: Office) -> None:
    """Send the list, and wait until every door has signed for it."""
    office("push", "--wait", "20", "--broker", f"127.0.0.1:{site.broker.port}")


def shown(site: Site, card: int) -> tuple[str, object]:
    """Hold a card to the lobby's reader; return what was decided, and why not."""
    before, releases = site.head(), len(site.releases)
    site.present(card)
    site.until(lambda: any(_entry(row.kind) for row in site.rows() if row.seq > before), "a decision")
    (row,) = [row for row in site.rows() if row.seq > before and _entry(row.kind)]
    if row.kind == "entry.granted":
        site.released(LOBBY, after=releases)
        site.until(lambda: site.locked(LOBBY), "the door locked again")
    return row.kind, row.data().get("reason")


def _entry(kind: str) -> bool:
    return kind.startswith("entry.")


def second(at: datetime) -> str:
    """Return a moment as it is typed at the desk, to the second."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def test_whoever_nobody_has_verified_is_on_no_list_and_their_card_opens_nothing(
    site: Site, office: Office, tmp_path: Path
) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(HEADER + ROWS, encoding="utf-8")

    refused = office("import", str(roster), "--card-style", "8H10D", code=EX_DATAERR)
    assert "row 3" in refused
    assert "nobody has verified this person" in refused
    push(site, office)
    assert shown(site, KNOWN) == ("entry.denied", "unknown_credential"), "nothing of a bad file is written"

    office("import", str(roster), "--card-style", "8H10D", "--skip-bad")
    push(site, office)
    assert shown(site, KNOWN) == ("entry.granted", None)
    assert shown(site, UNKNOWN) == ("entry.denied", "unknown_credential")

    office("person", "add", "--name", "赵二", "--number", resident_number(52), "--group", EVERYBODY)
    assert "nobody has verified" in office("card", "issue", "赵二", f"{UNKNOWN:010}", code=EX_DATAERR)
    office("person", "verify", "赵二", "--how", "seen")
    office("card", "issue", "赵二", f"{UNKNOWN:010}")
    push(site, office)
    assert shown(site, UNKNOWN) == ("entry.granted", None)

    office("person", "unverify", "赵二")
    push(site, office)
    assert shown(site, UNKNOWN) == ("entry.denied", "unknown_credential")
    assert shown(site, KNOWN) == ("entry.granted", None)


def test_a_verification_lapses_at_its_second_with_nobody_there_to_push(site: Site, office: Office) -> None:
    office(
        "person", "add", "--name", "赵二", "--number", resident_number(52), "--group", EVERYBODY,
        "--verified", "seen",
    )  # fmt: skip
    office("card", "issue", "赵二", f"{UNKNOWN:010}")
    lapses = (site.clock.utc() + timedelta(seconds=LAPSES_IN_S)).replace(microsecond=0)
    office(
        "person",
        "verify",
        "赵二",
        "--how",
        "seen",
        "--until",
        second(lapses.astimezone(site.office.book.zone)),
    )
    push(site, office)
    site.broker.kill()  # whatever comes now comes without the office

    decided = [(shown(site, UNKNOWN), site.clock.utc())]
    while decided[-1][0][0] == "entry.granted":
        decided.append((shown(site, UNKNOWN), site.clock.utc()))

    assert decided[0][0] == ("entry.granted", None)
    assert decided[-1][0] == ("entry.denied", "verification_lapsed")
    rows = [row for row in site.rows() if row.kind in {"entry.granted", "entry.denied"}]
    assert max(row.at for row in rows if row.kind == "entry.granted") < lapses
    assert min(row.at for row in rows if row.kind == "entry.denied") >= lapses
    assert site.daemon.stop() == 0
    site.start(online=False)
    assert shown(site, UNKNOWN) == ("entry.denied", "verification_lapsed")
