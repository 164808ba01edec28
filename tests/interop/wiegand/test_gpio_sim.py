"""The GPIO driver against the kernel's own simulator, where there is one: real requests and real edges."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from drivers.contract import CardRead, Done, InputChanged, InputState, Online, Release, Trouble
from drivers.wiegand_gpio.driver import WiegandGpio
from drivers.wiegand_gpio.settings import WiegandGpioSettings
from tests.contract.modbus.rig import no_secrets
from tests.contract.rig import PATIENCE_S, Inbox
from tests.peers.gpio_sim import SimulatedChip, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY_NOT = missing()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

D0, D1, LOCK, LOW_LOCK, EXIT, LINES = 4, 5, 10, 11, 12, 16
BITS = "10111011000000110010000110"
PULSE_S, PERIOD_S = 0.0003, 0.002
SETTLED_S = 0.1
TRIES = 5
STOP_WITHIN_S = 5.0


class Site:
    """A simulated chip with a reader, a button, and a lock of either polarity, each pulled to its rest."""

    def __init__(self) -> None:
        self.chip = SimulatedChip(f"menshen-{os.getpid()}", LINES)
        for line in (D0, D1, EXIT, LOW_LOCK):
            self.chip.pull(line, 1)
        self.inbox = Inbox()
        settings = WiegandGpioSettings.model_validate(
            {
                "kind": "wiegand-gpio",
                "name": "gpio",
                "device": str(self.chip.path),
                "readers": [{"name": "front-in", "d0": D0, "d1": D1}],
                "outputs": {"lock": {"line": LOCK}, "low-lock": {"line": LOW_LOCK, "active": "low"}},
                "inputs": {"exit": {"line": EXIT}},
                "held_outputs": "accepted",
            }
        )
        self.driver = WiegandGpio(settings, time.perf_counter, no_secrets)

    def card(self, bits: str) -> None:
        """Pulse the lines as a reader does. A busy box may stretch a pulse: then no card comes."""
        for bit in bits:
            line = (D0, D1)[int(bit)]
            self.chip.pull(line, 0)
            time.sleep(PULSE_S)
            self.chip.pull(line, 1)
            time.sleep(PERIOD_S - PULSE_S)
        time.sleep(SETTLED_S)

    def cards(self) -> list[str]:
        return [each.bits for each in self.inbox.events if isinstance(each, CardRead)]


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    try:
        made.driver.start(made.inbox)
        made.inbox.after(0, Online)
        time.sleep(SETTLED_S)
        yield made
    finally:
        made.driver.stop(STOP_WITHIN_S)
        made.chip.remove()


def test_a_card_comes_through_the_kernel_bit_for_bit(site: Site) -> None:
    for _ in range(TRIES):
        site.card(BITS)
        if site.cards():
            break
    assert set(site.cards()) == {BITS}
    assert site.driver.line_health()["front-in.discarded_sequence"] == 0


def test_a_release_sets_the_line_and_ends_by_itself_whatever_the_polarity(site: Site) -> None:
    assert (site.chip.value(LOCK), site.chip.value(LOW_LOCK)) == (0, 1)
    for command, point in enumerate(("lock", "low-lock")):
        site.driver.do(Release(command, point, 0.3, time.perf_counter() + PATIENCE_S))
        assert isinstance(site.inbox.answer(command), Done)
    assert (site.chip.value(LOCK), site.chip.value(LOW_LOCK)) == (1, 0)
    end = time.perf_counter() + PATIENCE_S
    while (site.chip.value(LOCK), site.chip.value(LOW_LOCK)) != (0, 1):
        assert time.perf_counter() < end
        time.sleep(0.01)


def test_stop_leaves_both_locks_locked(site: Site) -> None:
    for command, point in enumerate(("lock", "low-lock")):
        site.driver.do(Release(command, point, 60, time.perf_counter() + PATIENCE_S))
        assert isinstance(site.inbox.answer(command), Done)
    assert (site.chip.value(LOCK), site.chip.value(LOW_LOCK)) == (1, 0)
    site.driver.stop(STOP_WITHIN_S)
    assert (site.chip.value(LOCK), site.chip.value(LOW_LOCK)) == (0, 1)


def test_a_button_is_told_when_it_is_pressed_and_when_it_is_let_go(site: Site) -> None:
    for level, state in ((0, InputState.ACTIVE), (1, InputState.INACTIVE)):
        before = len(site.inbox.events)
        site.chip.pull(EXIT, level)
        event = site.inbox.after(before, InputChanged)
        assert isinstance(event, InputChanged)
        assert (event.point, event.state) == ("exit", state)
        time.sleep(SETTLED_S)


def test_a_line_that_stays_low_is_a_trouble(site: Site) -> None:
    site.chip.pull(D1, 0)
    trouble = site.inbox.after(0, Trouble)
    assert isinstance(trouble, Trouble)
    assert (trouble.kind, trouble.active) == ("wiegand_stuck_d1", True)
