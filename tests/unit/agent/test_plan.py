"""What an operator has said of a place, as one word that changes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import plan
from agent.config.load import load
from tests.peers.site_files import change, lay_out

if TYPE_CHECKING:
    from pathlib import Path

    from agent.doors.identities import Vouched

KEY = b"8f1c2a90b7d3e4465a0f9c3b1d7e2584"
KEYED = 'key_credential = "lobby-in.key"'
PINNED = f'serial = "10000001"\n{KEYED}'


def vouched(
    folder: Path, *, key: bytes = KEY, pinned: bool = False, digest_key: bytes = b"d" * 32
) -> Vouched:
    """Return what is said of the lobby's reader in the example's configuration, changed so."""
    folder.mkdir()
    config = lay_out(folder)
    if pinned:
        change(config, (KEYED, PINNED))
    return plan.vouched(load(config, {}).config, lambda _name: key, digest_key)["lobby-in"]


def test_the_word_stays_while_key_and_pins_stay(tmp_path: Path) -> None:
    assert vouched(tmp_path / "a") == vouched(tmp_path / "b", key=KEY + b"\n")


def test_a_new_key_or_another_pin_is_another_word_that_tells_neither(tmp_path: Path) -> None:
    first = vouched(tmp_path / "a")
    paired = vouched(tmp_path / "b", key=KEY[::-1])
    pinned = vouched(tmp_path / "c", pinned=True)
    elsewhere = vouched(tmp_path / "d", digest_key=b"e" * 32)
    assert len({each.word for each in (first, paired, pinned, elsewhere)}) == 4
    assert dict(first.pins) == {}
    assert dict(pinned.pins) == {"serial": "10000001"}
    assert KEY.decode() not in first.word


def test_the_spaces_that_readers_give_are_those_of_their_formats(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    config = load(lay_out(tmp_path / "a"), {}).config
    formats = {name for door in config.doors for reader in door.readers for name in reader.formats}
    assert plan.reads(config) == tuple(sorted({config.layouts[name].space for name in formats}))
    assert "uid32" in plan.reads(config)
