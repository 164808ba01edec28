"""`make bench`: every figure that is promised, measured now, on this machine, with its peers in the same run.

python -m tests.bench [--quick] [NAME …]      NAME: modules of tests/bench, such as `house` or `store`
"""

from __future__ import annotations

import argparse
import pkgutil
import platform
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Lines = Callable[[bool], Iterable[tuple[str, str, str, str]]]


def main() -> int:
    """Measure, and print a row as soon as it is known. The exit code says nothing of the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller lists and fewer repeats")
    parser.add_argument("names", nargs="*", help="only these modules")
    args = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(f"Python {platform.python_version()} on {platform.machine()}, {_processors()}")
    for name, lines in _measures(args.names):
        table = Table(title=name, title_justify="left", expand=True)
        for title in ("what", "figure", "target", ""):
            table.add_column(title, overflow="fold")
        for row in lines(args.quick):
            table.add_row(*row)
        console.print(table)
    return 0


def _measures(names: list[str]) -> Iterable[tuple[str, Lines]]:
    folder = Path(__file__).parent
    for found in sorted(pkgutil.iter_modules([str(folder)]), key=lambda each: each.name):
        if found.name.startswith("__") or (names and found.name not in names):
            continue
        module = import_module(f"tests.bench.{found.name}")
        if hasattr(module, "lines"):
            yield found.name, cast("Lines", module.lines)


def _processors() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{len(models)} × {models[0]}" if models else platform.processor()


if __name__ == "__main__":
    sys.exit(main())
