"""From settings to a driver: the union of all ports' settings, and the one place that knows every make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, assert_never

from pydantic import Field

from drivers.modbus.settings import PRESS_S, ModbusLineSettings
from drivers.osdp.settings import OsdpBusSettings
from drivers.qr_serial.settings import QrSerialSettings
from drivers.wiegand_gpio.settings import WiegandGpioSettings
from drivers.wiegand_serial.settings import WiegandSerialSettings

if TYPE_CHECKING:
    from drivers.contract import Driver, Monotonic, Secrets

PortSettings = Annotated[
    OsdpBusSettings | ModbusLineSettings | WiegandGpioSettings | WiegandSerialSettings | QrSerialSettings,
    Field(discriminator="kind"),
]
"""Any port's settings, told apart by `kind`."""


def too_late_s(settings: PortSettings) -> float | None:
    """Return how long a press takes to count where that is too long for a button; None elsewhere."""
    counts_after_s = settings.counts_after_s if isinstance(settings, ModbusLineSettings) else None
    return counts_after_s if counts_after_s is not None and counts_after_s > PRESS_S else None


def build(settings: PortSettings, clock: Monotonic, secrets: Secrets) -> Driver:
    """Return the driver of these settings, not started. A driver's library is loaded only when it is used.

    Raises KeyError when a credential that the settings name is not there, and ValueError when it is no key.
    """
    match settings:
        case OsdpBusSettings():
            from drivers.osdp.bus import OsdpBus  # noqa: PLC0415 - a site without OSDP never loads it

            return OsdpBus(settings, clock, secrets)
        case ModbusLineSettings():
            from drivers.modbus.driver import ModbusLine  # noqa: PLC0415 - the same

            return ModbusLine(settings, clock, secrets)
        case WiegandGpioSettings():
            from drivers.wiegand_gpio.driver import WiegandGpio  # noqa: PLC0415 - the same

            return WiegandGpio(settings, clock, secrets)
        case WiegandSerialSettings():
            from drivers.wiegand_serial.driver import wiegand_serial  # noqa: PLC0415 - the same

            return wiegand_serial(settings, clock, secrets)
        case QrSerialSettings():
            from drivers.qr_serial.driver import qr_serial  # noqa: PLC0415 - the same

            return qr_serial(settings, clock, secrets)
        case _:
            assert_never(settings)
