from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter, ValidationError

from drivers.listener import Listener
from drivers.modbus.driver import ModbusLine
from drivers.osdp.bus import OsdpBus
from drivers.registry import PortSettings, build
from drivers.wiegand_gpio.driver import WiegandGpio

if TYPE_CHECKING:
    from tests.peers.hand_clock import HandClock

ADAPTER: TypeAdapter[PortSettings] = TypeAdapter(PortSettings)
BOARD = {"name": "board", "family": "waveshare", "address": 1, "outputs": {"lock": 1}}
READER = {"name": "front-in", "address": 1, "secure": "off"}


def no_secrets(name: str) -> bytes:
    raise KeyError(name)


def test_the_kind_of_the_settings_names_the_driver(clock: HandClock) -> None:
    relays = ADAPTER.validate_python(
        {"kind": "modbus", "name": "relays", "device": "/dev/null", "boards": [BOARD]}
    )
    readers = ADAPTER.validate_python(
        {"kind": "osdp", "name": "bus", "device": "/dev/null", "readers": [READER]}
    )
    lines = ADAPTER.validate_python(
        {"kind": "wiegand-gpio", "name": "gpio", "readers": [{"name": "front-in", "d0": 4, "d1": 5}]}
    )
    converter = ADAPTER.validate_python(
        {
            "kind": "wiegand-serial",
            "name": "serial",
            "device": "/dev/null",
            "reader": "side-in",
            "shape": "rdm6300",
            "format": "W40_RAW",
        }
    )
    scanner = ADAPTER.validate_python(
        {"kind": "qr-serial", "name": "qr", "device": "/dev/null", "reader": "gate-qr"}
    )
    assert isinstance(build(scanner, clock.monotonic, no_secrets), Listener)
    assert isinstance(build(converter, clock.monotonic, no_secrets), Listener)
    assert isinstance(build(lines, clock.monotonic, no_secrets), WiegandGpio)
    assert isinstance(build(relays, clock.monotonic, no_secrets), ModbusLine)
    assert isinstance(build(readers, clock.monotonic, no_secrets), OsdpBus)


def test_an_unknown_kind_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(
        ValidationError, match="'osdp', 'modbus', 'wiegand-gpio', 'wiegand-serial', 'qr-serial'"
    ):
        ADAPTER.validate_python({"kind": "telepathy", "name": "x"})
