"""A door that opens, and the line of its reader, which hangs at another port than its contact."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from agent.demo.building import LOBBY
from tests.peers.site import Site

if TYPE_CHECKING:
    from pathlib import Path

RARELY = (("baud = 115200\n\n[[port.readers]]", "baud = 115200\npolls_per_s = 40\n\n[[port.readers]]"),)
LIVELY_S = 3.5
"""What follows a start, a card or an opening, and some."""


def test_a_door_that_opens_makes_the_line_of_its_reader_livelier(tmp_path: Path) -> None:
    with Site(tmp_path, change=RARELY) as site:
        site.start(online=False)

        def polls() -> int:
            before = site.reader(LOBBY).polls
            time.sleep(1.0)
            return site.reader(LOBBY).polls - before

        time.sleep(LIVELY_S)
        idle = polls()
        site.building.move_leaf(opened=True)
        assert polls() > idle * 2
