"""The first page a stranger reads agrees with the program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from agent.cli.app import available
from agent.config.load import load
from protocols.mqtt.topics import Kind
from tests.architecture.tree import HOUSE, ROOT, tracked_files
from tests.peers.site_files import settle

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text()
NOT_YET = {Kind.DAILY_REPORT}


@pytest.mark.parametrize("name", available())
def test_every_group_of_commands_is_documented(name: str) -> None:
    assert f"`menshen {name}" in README


def test_no_command_is_documented_that_is_not_there() -> None:
    named = set(re.findall(r"`menshen ([a-z]+)", README))
    assert named <= set(available())


def test_every_topic_is_documented_and_no_other() -> None:
    table = README.partition("## Topics")[2].partition("\n## ")[0]
    named = {re.sub(r"/?\{.*", "", topic) for topic in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)}
    assert named == {kind.value for kind in Kind} - NOT_YET


def test_the_configuration_shown_is_a_whole_one_that_loads(tmp_path: Path) -> None:
    shown = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    file = tmp_path / "config.toml"
    file.write_text(shown[1].replace("OFFICE-PUBLIC-KEY", "A" * 43))
    settle(file)
    assert [door.name for door in load(file, {}).config.doors] == ["lobby"]


@pytest.mark.parametrize("top", HOUSE)
def test_every_room_is_on_the_map(top: str) -> None:
    plan = README.partition("## The house")[2].partition("\n## ")[0]
    places = (file.relative_to(ROOT).parts for file in tracked_files())
    rooms = {parts[1] for parts in places if parts[0] == top and len(parts) > len((top, "room"))}
    assert [room for room in sorted(rooms) if f"{room}/" not in plan] == []


def test_every_file_it_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
