"""What is built is whole: the wheel alone, without the source beside it, serves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.architecture.tree import HOUSE, ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the wheel holds, built from a copy so that the tree stays clean."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in (*HOUSE, "pyproject.toml", "README.md", "LICENSE"):
        here = ROOT / name
        if here.is_dir():
            shutil.copytree(here, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(here, source / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(built), str(source)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = built.glob("*.whl")
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_every_file_of_the_house_is_in_the_wheel_and_nothing_else(installed: Path) -> None:
    def files(top: Path) -> set[str]:
        found = (path for name in HOUSE for path in (top / name).rglob("*") if path.is_file())
        return {str(path.relative_to(top)) for path in found if "__pycache__" not in path.parts}

    assert files(installed) == files(ROOT)
    assert {path.name for path in installed.iterdir() if path.is_dir() and ".dist-info" not in path.name} == {
        *HOUSE
    }


def test_the_wheel_serves_without_its_source(installed: Path) -> None:
    script = (
        "import agent, sys; print(agent.__file__); from agent.cli.app import main; sys.exit(main(['--help']))"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=installed,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    place, shown = ended.stdout.split("\n", 1)
    assert place.startswith(str(installed))
    assert "check" in shown
