"""What is shipped for a gateway box agrees with the program, and with the tools that read it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from agent.cli.app import available
from agent.cli.options import CONFIG_FILE
from agent.config.model import Config
from agent.doors.loop import BEAT_S
from agent.errors import EX_CONFIG
from tests.architecture.tree import ROOT

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "menshen.service"


def unit() -> dict[str, list[str]]:
    """Return the settings of the unit, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        if match := re.match(r"([A-Za-z]+)=(.*)", line):
            found.setdefault(match[1], []).append(match[2])
    return found


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    # The program and the user are not on this machine: only they are replaced.
    text = UNIT.read_text().replace("/opt/menshen/venv/bin/menshen", "/bin/true")
    copy = tmp_path / "menshen.service"
    copy.write_text(text)
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = [line for line in ended.stderr.splitlines() if "menshen.service" in line]
    assert said == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit_is_hardened_as_systemd_counts_it() -> None:
    ended = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=25", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout[-600:] + ended.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_calls_the_daemon_makes_are_allowed() -> None:
    allowed: set[str] = set()
    for line in unit()["SystemCallFilter"]:  # in order: what a later line says counts
        denies = line.startswith("~")
        named = {call for word in line.lstrip("~").split() for call in calls(word)}
        allowed = allowed - named if denies else allowed | named
    # The clock's state; files and fsync; serial ports; sockets; threads.
    for call in ("adjtimex", "clock_adjtime", "fdatasync", "ioctl", "connect", "sendto", "futex", "pselect6"):
        assert call in allowed, call
    for call in ("clock_settime", "settimeofday", "mount", "ptrace", "reboot", "setuid", "bpf"):
        assert call not in allowed, call


def calls(word: str) -> set[str]:
    """Return the system calls that a word of a filter names: one, or a set of systemd's."""
    if not word.startswith("@"):
        return {word}
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", word], capture_output=True, text=True, check=True
    )
    inside = [line.strip() for line in listed.stdout.splitlines()[1:] if line.strip() and "#" not in line]
    return {call for each in inside for call in calls(each)}


def test_the_unit_starts_what_is_there_with_the_usual_file() -> None:
    (start,) = unit()["ExecStart"]
    program, group, option, file = start.split()
    assert program.endswith("/bin/menshen")
    assert group in available()
    assert (option, Path(file)) == ("-c", CONFIG_FILE)


def test_the_unit_keeps_what_the_program_relies_on() -> None:
    settings = unit()
    assert settings["Type"] == ["notify"]
    assert settings["RestartPreventExitStatus"] == [str(EX_CONFIG)]
    assert float(settings["WatchdogSec"][0]) / 2 >= 2 * BEAT_S, "the loop must beat often enough"
    assert f"/var/lib/{settings['StateDirectory'][0]}" == str(Config.model_fields["data_dir"].default)
    assert "ProtectClock" not in settings, "it would block the reading of the clock's state"
    assert "ProcSubset" not in settings, "it would hide the boot's id"


def test_user_and_folders_are_the_units() -> None:
    settings = unit()
    user = settings["User"][0]
    assert f"u {user} " in (DEPLOY / "menshen.sysusers").read_text()
    folders = [
        line.split() for line in (DEPLOY / "menshen.tmpfiles").read_text().splitlines() if line[:2] == "d "
    ]
    assert [folder[1] for folder in folders] == [
        str(CONFIG_FILE.parent),
        f"{CONFIG_FILE.parent}/tls",
        "/var/lib/menshen",
        "/var/lib/menshen/credentials",
    ]
    assert folders[-1][2] == "0700"


def test_the_journal_of_changes_has_the_version_that_is_built() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.search(rf"^## \[{re.escape(version)}\]", (DEPLOY / "CHANGELOG.md").read_text(), re.MULTILINE)
