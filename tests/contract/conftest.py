"""The rigs of all drivers, and a running one for each test."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.rig import WIRES, Inbox, Kind, Rig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.contract import Ability

RIGS: tuple[Kind, ...] = tuple(
    import_module(f"tests.contract.{path.parent.name}.rig").KIND
    for path in sorted(Path(__file__).parent.glob("*/rig.py"))
)
"""One for each driver: a new driver's rig is found by being there."""

STOP_WITHIN_S = 5.0


class Site:
    """A rig and what its driver has said."""

    def __init__(self, kind: Kind, wire: str) -> None:
        self.kind = kind
        self.rig: Rig = kind.make(WIRES[wire])
        self.inbox = Inbox()

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the driver says that it can do."""
        return self.rig.driver.abilities


def pytest_configure(config: pytest.Config) -> None:
    """Name the two marks of this suite."""
    config.addinivalue_line("markers", "needs(ability, ...): only drivers with these abilities")
    config.addinivalue_line("markers", 'wires(name, ...): run on these wires; "all" for every one')


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of `site` on every rig that can do what it `needs`, on the `wires` it names (plain)."""
    if "site" not in metafunc.fixturenames:
        return
    needs = {ability for mark in metafunc.definition.iter_markers("needs") for ability in mark.args}
    named = [wire for mark in metafunc.definition.iter_markers("wires") for wire in mark.args]
    wires = list(WIRES) if named == ["all"] else named or ["plain"]
    cases = [(kind, wire) for kind in RIGS if needs <= kind.abilities for wire in wires]
    metafunc.parametrize("site", cases, ids=[f"{kind.name}-{wire}" for kind, wire in cases], indirect=True)


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Give a running driver and its peer. Both are gone at the end, whatever the test did."""
    kind, wire = request.param
    made = Site(kind, wire)
    made.rig.start()
    try:
        made.rig.driver.start(made.inbox)
        yield made
    finally:
        made.rig.driver.stop(STOP_WITHIN_S)
        made.rig.stop()
