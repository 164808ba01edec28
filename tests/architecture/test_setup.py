"""`make setup` says in words why it cannot go on. That it can is shown by every run of these tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.architecture.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

EX_UNAVAILABLE = 69


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with just what setting up reads."""
    (tmp_path / ".ci").mkdir()
    for name in (".ci/setup", "pyproject.toml", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def set_up(project: Path, python: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(project / ".ci" / "setup")],
        env={**os.environ, "PYTHON": python, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def fake_python(project: Path, body: str) -> str:
    """Return a program that answers as the Python of another machine would."""
    file = project / "python"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return str(file)


def test_an_old_python_is_told_and_what_to_install(project: Path) -> None:
    old = fake_python(project, 'case "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac')
    ended = set_up(project, old)
    assert ended.returncode == EX_UNAVAILABLE
    assert "needs Python 3.11 or later" in ended.stderr
    assert "Python 3.9.2" in ended.stderr
    assert "apt-get install" in ended.stderr


def test_a_python_without_environments_is_told_and_what_to_install(project: Path) -> None:
    bare = fake_python(project, 'case "$2" in *ensurepip*) exit 1 ;; *) exit 0 ;; esac')
    ended = set_up(project, bare)
    assert ended.returncode == EX_UNAVAILABLE
    assert "python3-venv" in ended.stderr


def test_a_missing_network_is_told_and_the_next_run_starts_anew(project: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    ended = set_up(project, sys.executable, **nowhere, PIP_RETRIES="0", PIP_NO_CACHE_DIR="1")
    assert ended.returncode == EX_UNAVAILABLE
    assert "could not be fetched" in ended.stderr
    assert not (project / ".venv" / ".installed").exists()
