"""The command line finds its groups, and ends as sysexits says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest

from agent.cli import app
from agent.cli.words import known
from agent.errors import EX_DATAERR, EX_IOERR, EX_NOINPUT, EX_USAGE
from tests.architecture.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path


class Command(Protocol):
    """Runs a made-up group."""

    def __call__(self, body: str, *given: str) -> int: ...


A_GROUP = """
from agent.errors import BadInput

def register(commands):
    parser = commands.add_parser("decode")
    parser.add_argument("--number", type=int, default=0)
    parser.set_defaults(run=run)

def run(args):
    {body}
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a way to run a group whose `run` has the body given, in this process."""

    def run(body: str, *given: str) -> int:
        name = f"group_{uuid4().hex}"  # a module once imported stays
        (tmp_path / f"{name}.py").write_text(A_GROUP.format(body=body))
        monkeypatch.syspath_prepend(tmp_path)
        return app.main(["decode", *given], {"decode": name})

    return run


def test_help_names_every_group_with_a_line_on_each(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app.main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for name in app.available():
        assert re.search(rf"^    {name}\s+\S", shown, re.MULTILINE), name


def test_every_group_has_words_and_registers_under_its_own_name() -> None:
    for name in app.GROUPS:
        assert known(f"app.{name}"), name
    for name in app.available():
        args = app.parser_for([name]).format_help()
        assert name in args


@pytest.mark.parametrize("name", app.available())
def test_every_group_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app.main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: menshen {name}" in capsys.readouterr().out


@pytest.mark.parametrize("given", [[], ["nothing"], ["check", "--nonsense"], ["--nonsense"]], ids=str)
def test_wrong_usage_has_the_exit_code_of_wrong_usage(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        app.main(given)
    assert ended.value.code == EX_USAGE
    assert "usage: menshen" in capsys.readouterr().err


def test_the_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("menshen 0.")


def test_a_group_gets_its_arguments_and_gives_the_exit_code(command: Command) -> None:
    assert command("return args.number", "--number", "7") == 7


def test_an_error_of_the_agent_is_a_message_and_its_code(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("raise BadInput('row 7: no such card — look at the list')") == EX_DATAERR
    assert capsys.readouterr().err == "menshen: row 7: no such card — look at the list\n"


def test_an_interrupt_ends_quietly(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("raise KeyboardInterrupt") == app.INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path: Path) -> None:
    (tmp_path / "talker.py").write_text(A_GROUP.format(body="while True: print('x' * 1000)"))
    script = "import sys; from agent.cli.app import main; sys.exit(main(['decode'], {'decode': 'talker'}))"
    shell = f'"{sys.executable}" -c "{script}" | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}'
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    ended = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, check=False, env=environment, timeout=30
    )
    assert ended.stderr == ""
    assert ended.returncode == app.NOBODY_READS


def test_a_file_that_cannot_be_is_named_without_a_traceback(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "there-is-none"
    assert command(f"open({str(place)!r})") == EX_IOERR
    assert capsys.readouterr().err == f"menshen: {place}: No such file or directory\n"


def test_a_question_that_nobody_answers_says_so(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("raise EOFError") == EX_NOINPUT
    assert "run this on a terminal" in capsys.readouterr().err


def shell(tmp_path: Path, body: str, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a group whose `run` has this body, as $MENSHEN in the shell's `line`."""
    (tmp_path / "there.py").write_text(
        A_GROUP.format(body=body).replace("type=int, default=0", "default=''"), "utf-8"
    )
    program = tmp_path / "menshen.py"
    program.write_text(
        "import sys\nfrom agent.cli.app import main\nsys.exit(main(None, {'decode': 'there'}))\n"
    )
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "MENSHEN": f"{sys.executable} {program}"}
        | environment,
    )


def test_an_argument_that_is_no_text_is_wrong_usage(tmp_path: Path) -> None:
    ended = shell(tmp_path, "return 0", "$MENSHEN decode --number $'\\xff\\x80'")
    assert ended.returncode == EX_USAGE
    assert "is no UTF-8 text" in ended.stderr


def test_a_full_disk_under_the_output_is_said_once(tmp_path: Path) -> None:
    ended = shell(tmp_path, "print('x' * 100000)", "$MENSHEN decode >/dev/full")
    assert ended.returncode == EX_IOERR
    assert ended.stderr == "menshen: No space left on device\n"


def test_a_closed_stream_is_no_failure_and_no_other_files_number(tmp_path: Path) -> None:
    body = "import os; fd = os.open(os.devnull, os.O_RDONLY); print('x'); return int(fd < 3)"
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        ended = shell(tmp_path, body, f"$MENSHEN decode {closed}")
        assert (ended.returncode, ended.stderr) == (0, ""), closed


def test_a_terminal_without_chinese_gets_escapes(tmp_path: Path) -> None:
    ended = shell(
        tmp_path,
        "print('门'); return 0",
        "$MENSHEN decode",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "\\u95e8\n", "")


# What help may not load: each costs more than all of help.
HEAVY = ("pydantic", "cryptography", "paho", "pymodbus", "structlog", "rich", "serial", "jwt", "sqlite3")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from agent.cli import app\n"
        "try: app.main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\n"
    )
    # Unmeasured: coverage would load some of these itself.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    )
    assert ended.stderr.strip() == "[]"
