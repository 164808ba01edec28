"""Habits that a machine can keep: sizes, the one clock, reasons beside dependencies, no foreign places."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest

from tests.architecture.tree import ROOT, Module, modules, tracked_files

LONGEST_MODULE = 400
A_TABLE = {"protocols/wiegand/formats.py"}  # pure data, one entry a format

CLOCKS = {
    ("time", name)
    for name in (
        "time",
        "time_ns",
        "monotonic",
        "monotonic_ns",
        "perf_counter",
        "perf_counter_ns",
        "gmtime",
        "localtime",
    )
} | {(kind, name) for kind in ("datetime", "date") for name in ("now", "utcnow", "today")}
THE_CLOCK = "agent.clock"


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_is_one_idea_and_no_longer(module: Module) -> None:
    lines = len(module.file.read_text().splitlines())
    assert lines <= LONGEST_MODULE or module.where in A_TABLE, f"{module.where} has {lines} lines"


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_only_the_clock_asks_the_machine_for_the_time(module: Module) -> None:
    assert module.name == THE_CLOCK or clocks_read(module.tree) == []


def clocks_read(tree: ast.Module) -> list[str]:
    """Return every reading of a clock in `tree`, also under another name."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{a.name}" for a in node.names if (node.module, a.name) in CLOCKS]
        elif isinstance(node, ast.Attribute):
            owner = node.value
            name = (
                owner.id
                if isinstance(owner, ast.Name)
                else owner.attr
                if isinstance(owner, ast.Attribute)
                else ""
            )
            if (name, node.attr) in CLOCKS:
                found.append(f"{name}.{node.attr}, line {node.lineno}")
    return found


def test_the_check_sees_a_clock_that_is_read() -> None:
    source = "import time, datetime\nfrom time import monotonic as m\na = time.time()\n"
    source += "b = datetime.datetime.now()\n"
    assert clocks_read(ast.parse(source)) == ["time.monotonic", "time.time, line 3", "datetime.now, line 4"]


def test_every_dependency_has_its_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    for requirement in (line for group in groups for line in group):
        line = next(line for line in text.splitlines() if line.strip().startswith(f'"{requirement}"'))
        assert re.search(r"#\s+\S+", line), f"{requirement} has no reason"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_with_hashes_and_name_no_place(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--index|--extra-index|--find-links|--trusted-host)", text, re.MULTILINE)
    joined = text.replace("\\\n", " ")
    pins = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert pins
    for pin in pins:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+\s.*--hash=sha256:[0-9a-f]{64}", pin), pin


def test_what_the_project_needs_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = {
        _plain(line.partition("==")[0]) for line in (ROOT / "requirements.txt").read_text().splitlines()
    }
    for requirement in project["dependencies"]:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert name is not None
        assert _plain(name[0]) in locked, f"{requirement} is not in requirements.txt: run `make lock`"


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")


# Places of one machine, and hosts of package indices: neither belongs into a project that others clone.
# (Written with brackets, so that this line does not find itself.)
PLACES = re.compile(
    r"(?:^|[^A-Za-z0-9_.])/(?:[w]ork|[f]arm|[r]oot|[h]ome/[a-z]|[U]sers)/|pythonh[o]sted|py[p]i\.org|deb\.deb[i]an|"
    r"registry\.n[p]mjs"
)


def test_no_tracked_file_names_a_place_that_is_not_the_projects() -> None:
    found = []
    for file in tracked_files():
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if PLACES.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
A_LOG = re.compile(r"(^|_)log$")
EVENT = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_the_events_of_a_log_have_dotted_names(module: Module) -> None:
    assert [name for name in events_logged(module.tree) if not EVENT.fullmatch(name)] == []


def events_logged(tree: ast.Module) -> list[str]:
    """Return the event names that `tree` logs: the first argument of log.info(…), self._log.error(…)."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=level, value=owner), args=[first, *_]) if level in LEVELS:
                name = getattr(owner, "id", getattr(owner, "attr", ""))
                if A_LOG.search(name):
                    found.append(first.value if isinstance(first, ast.Constant) else ast.unparse(first))
    return [str(name) for name in found]


def test_the_check_sees_an_event_that_is_a_sentence() -> None:
    assert events_logged(
        ast.parse("self._log.info('Reader gone', a=1)\nlog.error(f'x {y}')\nmath.log(2)\n")
    ) == [
        "Reader gone",
        "f'x {y}'",
    ]
