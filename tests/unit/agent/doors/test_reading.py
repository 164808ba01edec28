"""A list that cannot be read opens nothing, ends nothing, and is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.doors.reading import ListReader
from agent.store.roster_table import open_roster
from tests.peers.hand_clock import HandClock

if TYPE_CHECKING:
    from pathlib import Path

    from agent.domain.facts import Noted


def test_a_list_that_cannot_be_read_denies_and_is_an_alarm_once_a_minute(tmp_path: Path) -> None:
    clock = HandClock()
    noted: list[Noted] = []
    table = open_roster(tmp_path / "roster.db", clock.utc()).table
    reader = ListReader(table, clock, noted.append)
    unknown = (reader.lookup(b"d" * 16), reader.phone_key("k"))
    assert reader.pass_revoked(b"d" * 16) is False
    table.writer._connection.execute("DROP TABLE credential")

    found = (reader.lookup(b"d" * 16), reader.phone_key("k"))
    clock.advance(61)
    assert reader.pass_revoked(b"d" * 16) is None
    table.close()

    assert unknown == found == (None, None)
    assert [(each.kind, each.alarm, each.body["count"]) for each in noted] == [
        ("roster.unreadable", True, 1),
        ("roster.unreadable", True, 2),
    ]
