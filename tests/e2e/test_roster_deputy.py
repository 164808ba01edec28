"""The duty desk at night: its key stops a card and a pass at the real daemon, and gives nobody anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.cli.app import main
from agent.demo.building import GATEWAY, LOBBY
from agent.errors import EX_TEMPFAIL
from agent.keyfiles import read_signing_key
from agent.office import signing
from agent.office.passes import revoke_passes
from protocols.mqtt.topics import Kind
from protocols.tokens.keys import kid, public_text
from protocols.tokens.token import peek, sign
from protocols.tokens.visit import VISIT_TYP
from tests.peers.site import NEIGHBOUR, RESIDENT, STRANGER
from tests.peers.visitors import Visitors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRUST = """\
[[trust]]
name = "night-desk"
key = "{key}"
scopes = ["roster.revoke"]

[[trust]]
name = "office"
"""


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "night.key"
    signing.make_deputy(file)
    return file


@pytest.fixture
def visitors(tmp_path: Path, key_file: Path) -> Iterator[Visitors]:
    night = TRUST.format(key=public_text(read_signing_key(key_file).public_key()))
    with Visitors(tmp_path, online=True, change=(('[[trust]]\nname = "office"\n', night),)) as made:
        made.start()
        made.site.push()
        yield made


def push(visitors: Visitors, *more: str) -> int:
    """Push as it is typed at the desk, and wait for the doors."""
    site = visitors.site
    broker = f"127.0.0.1:{site.broker.port}"
    words = ["office", "push", "--book", str(site.folder / "book"), "--broker", broker, *more]
    return main(words)


def test_the_duty_desk_stops_a_card_and_a_pass_at_night_and_gives_nobody_anything(
    visitors: Visitors, key_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    site = visitors.site
    token = visitors.issue(uses=9)
    assert visitors.show(token).kind == "entry.granted"
    site.released(LOBBY)
    before = site.head()
    site.office.revoke(RESIDENT)
    book = site.office.book
    revoke_passes(book, numbers=[visitors.number(token)], by="night", at=site.clock.utc())

    assert push(visitors, "--key-file", str(key_file), "--wait", "20") == 0

    assert "enforced at all 2 doors" in capsys.readouterr().out
    row = site.row("roster.enforced", after=before)
    night = kid(read_signing_key(key_file).public_key())
    assert (row.data()["revision"], row.data()["key"]) == (book.revision, night)
    assert visitors.show(token).data()["reason"] == "revoked"
    site.present(RESIDENT)
    assert site.row("entry.denied", LOBBY, after=site.head() - 1).data()["reason"] == "revoked"

    site.daemon.kill()
    before = site.head()
    visitors.start()  # and the head that the office left lies retained
    site.until(lambda: site.state(Kind.RECEIPT)["revision"] == book.revision, "the receipt")
    assert [row.data() for row in site.rows("roster.refused") if row.seq > before] == []

    site.office.add_resident(STRANGER)
    assert push(visitors, "--key-file", str(key_file), "--wait", "1") == EX_TEMPFAIL
    assert "push with the office's key" in capsys.readouterr().out
    claims = {**peek(token)[1], "iss": night, "jti": "0123456789abcdef"}
    forged = sign(claims, read_signing_key(key_file), VISIT_TYP)
    assert visitors.show(forged).data()["reason"] == "pass_unknown_key"
    releases = len(site.releases)
    site.present(STRANGER)
    site.row("entry.denied", LOBBY, after=before)

    assert push(visitors, "--wait", "20") == 0
    site.present(STRANGER)
    site.released(LOBBY, after=releases)
    site.present(NEIGHBOUR)
    site.released(LOBBY, after=releases + 1)
    assert GATEWAY in capsys.readouterr().out
