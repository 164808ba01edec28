"""The source tree as the architecture tests see it: files, modules, and what each imports."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOUSE = ("protocols", "drivers", "agent")


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the house: its dotted name, its file, and its syntax."""

    name: str
    file: Path
    tree: ast.Module

    @property
    def where(self) -> str:
        return str(self.file.relative_to(ROOT))


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of the house."""
    files = sorted(file for top in HOUSE for file in (ROOT / top).rglob("*.py"))
    return tuple(Module(_name(file), file, ast.parse(file.read_text())) for file in files)


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: Module) -> frozenset[str]:
    """Return the dotted names of all modules that `module` imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in _all_names() else node.module for name in inner}
    return frozenset(found)


@cache
def _all_names() -> frozenset[str]:
    return frozenset(module.name for module in modules())


def inside(name: str, room: str) -> bool:
    """Say whether the module `name` lies in `room`."""
    return name == room or name.startswith(room + ".")


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return the files that belong to the project: git's list, or all of the tree where git has none."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode == 0:
        names = (ROOT / name for name in listed.stdout.split("\0") if name)
        return tuple(file for file in names if file.is_file())
    hidden_or_made = (".venv", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache")
    return tuple(
        file for file in ROOT.rglob("*") if file.is_file() and not set(hidden_or_made) & set(file.parts)
    )
