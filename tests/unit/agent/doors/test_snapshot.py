"""The picture of the gateway, written and read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter

from agent.doors.snapshot import FILE_NAME, Snapshot, to_json, write
from tests.peers.snapshots import SNAPSHOT

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read_back_the_same() -> None:
    assert TypeAdapter(Snapshot).validate_json(to_json(SNAPSHOT)) == replace(SNAPSHOT)


def test_the_version_stands_first_and_times_are_utc_with_milliseconds() -> None:
    written = json.loads(to_json(SNAPSHOT))
    assert next(iter(written)) == "v"
    assert written["written_at"] == "2026-03-02T08:00:00.000Z"
    assert written["doors"][0]["title"] == "大堂"
    assert written["ports"][0]["line"]["bad_crc"] == 3


def test_the_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}.new").write_text("half a pict")
    write(SNAPSHOT, tmp_path)
    write(replace(SNAPSHOT, pid=2), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [FILE_NAME]
    assert json.loads((tmp_path / FILE_NAME).read_text())["pid"] == 2


def test_a_place_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write(SNAPSHOT, tmp_path / "nowhere")


def test_what_is_no_plain_value_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="bytes"):
        to_json(replace(SNAPSHOT, gateway=b"gw"))  # type: ignore[arg-type] # the mistake
