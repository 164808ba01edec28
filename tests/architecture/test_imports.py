"""The arrows of the house: protocols ← drivers ← agent, and what each room may take from outside."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass

import pytest

from tests.architecture.tree import HOUSE, ROOT, Module, imports, inside, modules

# What a room that must be pure cannot have: I/O, time, chance, threads, logs.
IMPURE = frozenset(
    {
        "asyncio",
        "concurrent",
        "fcntl",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "queue",
        "random",
        "sched",
        "secrets",
        "select",
        "selectors",
        "shutil",
        "signal",
        "socket",
        "socketserver",
        "sqlite3",
        "ssl",
        "subprocess",
        "syslog",
        "tempfile",
        "termios",
        "threading",
        "time",
        "tty",
        "urllib",
        "uuid",
    }
)


@dataclass(frozen=True, slots=True)
class Room:
    """`ours`: rooms of the house that may be imported (the room itself always may); `outside`: packages."""

    ours: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    pure: bool = False


EVERYTHING = ("protocols", "drivers", "agent")
MESSAGES = ("protocols.errors", "protocols.mqtt", "protocols.tokens")
A_DRIVER = (
    "drivers.contract",
    "drivers.keypad",
    "drivers.listener",
    "drivers.pace",
    "drivers.ports",
    "drivers.settings",
    "drivers.speaker",
    "drivers.troubles",
    "drivers.worker",
    "protocols",
)

# The longest name that fits a module is its room. A module that fits none has no place in the house.
ROOMS = {
    "protocols": Room(pure=True),
    "protocols.errors": Room(pure=True),
    "protocols.osdp": Room(("protocols.errors",), ("cryptography",), pure=True),
    "protocols.wiegand": Room(("protocols.errors",), pure=True),
    "protocols.boards": Room(("protocols.errors",), pure=True),
    "protocols.tokens": Room(("protocols.errors",), ("cryptography", "jwt"), pure=True),
    "protocols.mqtt": Room(("protocols.errors",), ("pydantic",), pure=True),
    "drivers": Room(),
    "drivers.contract": Room(),
    "drivers.settings": Room((), ("pydantic",)),
    "drivers.worker": Room(("drivers.contract",), ("structlog",)),
    "drivers.keypad": Room(("drivers.settings", "protocols.wiegand"), ("pydantic",)),
    "drivers.listener": Room(
        (
            "drivers.contract",
            "drivers.pace",
            "drivers.ports",
            "drivers.speaker",
            "drivers.troubles",
            "drivers.worker",
        ),
        ("structlog",),
    ),
    "drivers.pace": Room(),
    "drivers.speaker": Room(("drivers.settings",), ("pydantic",)),
    "drivers.troubles": Room(("drivers.contract",)),
    "drivers.ports": Room(("drivers.contract",), ("serial", "structlog")),
    "drivers.registry": Room(("drivers",), ("pydantic",)),
    "drivers.osdp": Room(A_DRIVER, ("pydantic", "structlog")),
    "drivers.modbus": Room(A_DRIVER, ("pydantic", "pymodbus", "structlog")),
    "drivers.wiegand_gpio": Room(A_DRIVER, ("gpiod", "pydantic", "structlog")),
    "drivers.wiegand_serial": Room(A_DRIVER, ("pydantic", "structlog")),
    "drivers.qr_serial": Room(A_DRIVER, ("pydantic", "structlog")),
    "drivers.simulator": Room(("drivers.contract", "protocols"), ("pydantic", "structlog")),
    "agent": Room(),
    "agent.errors": Room(),
    "agent.plainfile": Room(),
    "agent.alone": Room(("agent.errors", "agent.plainfile")),
    "agent.domain": Room(pure=True),
    "agent.clock": Room(("agent.domain",)),
    "agent.log": Room(("agent.clock", "protocols.wiegand"), ("structlog",)),
    "agent.service": Room(),
    "agent.broker": Room(
        ("agent.errors", "agent.keyfiles", "agent.sync.nodelay", "protocols.mqtt"), ("paho",)
    ),
    "agent.keyfiles": Room(("agent.errors", "agent.plainfile", "protocols.tokens"), ("cryptography",)),
    "agent.certificate": Room(("agent.errors",), ("cryptography",)),
    "agent.config": Room(
        (
            "agent.errors",
            "agent.plainfile",
            "drivers.registry",
            "drivers.contract",
            "drivers.settings",
            "protocols.wiegand",
        ),
        ("pydantic", "pydantic_core"),
    ),
    "agent.store": Room(("agent.domain", "agent.errors", "agent.plainfile")),
    "agent.roster": Room(
        ("agent.domain", "agent.errors", "agent.store", *MESSAGES), ("cryptography", "pydantic")
    ),
    "agent.sync": Room(("agent.clock", "agent.domain", "agent.errors", *MESSAGES), ("structlog",)),
    "agent.sync.link": Room(("agent.domain", "agent.errors", "agent.sync", *MESSAGES), ("paho", "structlog")),
    "agent.doors": Room(
        (
            "agent.alone",
            "agent.clock",
            "agent.domain",
            "agent.errors",
            "agent.roster",
            "agent.service",
            "agent.store",
            "agent.sync",
            "drivers.contract",
            "protocols.wiegand",
            *MESSAGES,
        ),
        ("cryptography", "structlog"),
    ),
    "agent.office": Room(
        ("agent.clock", "agent.domain", "agent.errors", "agent.keyfiles", "agent.sync", "protocols"),
        ("cryptography", "openpyxl", "pydantic", "segno"),
    ),
    "agent.orders": Room(("agent.broker", "agent.clock", "agent.errors", "protocols"), ("cryptography",)),
    "agent.cli": Room(EVERYTHING, ("cryptography", "pydantic", "rich")),
    "agent.demo": Room(EVERYTHING, ("amqtt", "cryptography", "rich", "structlog")),
    "agent.identity": Room(("agent.config", "agent.errors", "protocols.tokens"), ("cryptography",)),
    "agent.plan": Room(EVERYTHING),
    "agent.trusted": Room(
        ("agent.config", "agent.domain", "agent.sync", "protocols.tokens"), ("cryptography",)
    ),
    "agent.main": Room(EVERYTHING, ("cryptography", "structlog")),
    "agent.__main__": Room(("agent.cli",)),
}


def room_of(name: str) -> str:
    return max((room for room in ROOMS if inside(name, room)), key=len)


def forbidden(module: Module) -> list[str]:
    """Return what `module` imports and may not."""
    name = room_of(module.name)
    room = ROOMS[name]
    found = []
    for wanted in imports(module):
        top = wanted.partition(".")[0]
        if top in HOUSE:
            allowed = any(inside(wanted, near) for near in (name, *room.ours))
        elif top in sys.stdlib_module_names:
            allowed = not (room.pure and top in IMPURE)
        else:
            allowed = top in room.outside
        if not allowed:
            found.append(f"{module.where} ({name}) imports {wanted}")
    return found


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_imports_only_what_its_room_may(module: Module) -> None:
    assert forbidden(module) == []


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_every_module_lies_in_a_room_of_the_table(module: Module) -> None:
    room = room_of(module.name)
    assert room not in HOUSE or module.name == room, f"{module.where} lies in no room: give it one in ROOMS"


def test_the_check_sees_an_arrow_that_goes_the_wrong_way() -> None:
    source = "def late() -> None:\n    from agent.doors.loop import Loop\n    import time, serial\n"
    module = Module("protocols.osdp.wrong", ROOT / "protocols/osdp/wrong.py", ast.parse(source))
    assert [line.rpartition(" ")[2] for line in sorted(forbidden(module))] == [
        "agent.doors.loop",
        "serial",
        "time",
    ]
