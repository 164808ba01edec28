"""No module of the house stands in a circle of imports: of any two, one can be read without the other."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from tests.architecture.tree import ROOT, Module, imports, modules

if TYPE_CHECKING:
    from collections.abc import Iterable


def circle(house: Iterable[Module]) -> list[str]:
    """Return the modules of a circle, in the order of their imports; none where all arrows go one way.

    Late imports count, and imports for types alone too: who must name another's types has to know it, and
    where two have to know each other, something that is of neither wants a module of its own.
    """
    near = {module.name: imports(module) for module in house}
    graph = {name: {each for each in found if each in near and each != name} for name, found in near.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


def test_no_module_stands_in_a_circle_of_imports() -> None:
    assert circle(modules()) == []


def test_the_check_sees_a_circle_that_only_late_imports_and_types_close() -> None:
    sources = {
        "agent.clock": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from agent.log import Log\n",
        "agent.log": "import agent.errors\n",
        "agent.errors": "def late() -> None:\n    from agent.clock import Clock\n",
        "agent.alone": "from agent.log import Log\n",
    }
    house = [Module(name, ROOT / "none.py", ast.parse(text)) for name, text in sources.items()]
    found = circle(house)
    assert set(found) == {"agent.clock", "agent.log", "agent.errors"}
    assert found[0] == found[-1]
    assert circle(house[1:]) == []
