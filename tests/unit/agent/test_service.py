"""What systemd hears, over a real datagram socket."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from agent.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Manager:
    """The service manager's end."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(2)

    def heard(self) -> str:
        return self.socket.recv(4096).decode()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


@pytest.fixture
def service(manager: Manager) -> Iterator[Service]:
    service = Service.of({"NOTIFY_SOCKET": manager.socket.getsockname(), "WATCHDOG_USEC": "10000000"})
    yield service
    service.close()


def test_each_word_arrives_in_systemds_spelling(service: Service, manager: Manager) -> None:
    service.ready("4 doors")
    service.alive()
    service.status("broker away,\n  12 events wait")
    service.stopping()
    assert [manager.heard() for _ in range(4)] == [
        "READY=1\nSTATUS=4 doors",
        "WATCHDOG=1",
        "STATUS=broker away, 12 events wait",
        "STOPPING=1",
    ]


def test_a_status_is_one_line_of_bounded_length(service: Service, manager: Manager) -> None:
    service.status("x" * 5000)
    assert len(manager.heard()) == len("STATUS=") + 200


def test_nothing_is_said_where_there_is_nothing_to_say(service: Service, manager: Manager) -> None:
    service.status("  ")
    service.alive()
    assert manager.heard() == "WATCHDOG=1"


def test_an_abstract_socket_is_reached_too() -> None:
    manager = Manager(f"\0menshen-test-{os.getpid()}")
    service = Service.of({"NOTIFY_SOCKET": f"@menshen-test-{os.getpid()}"})
    service.ready()
    assert manager.heard() == "READY=1"
    service.close()
    manager.socket.close()


def test_the_watchdog_is_fed_twice_in_its_time(service: Service) -> None:
    assert service.beat_s == 5.0


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"},
    ],
    ids=str,
)
def test_without_a_watchdog_for_this_process_none_is_fed(environ: dict[str, str]) -> None:
    assert Service.of({"NOTIFY_SOCKET": "/run/none", **environ}).beat_s is None


def test_a_watchdog_named_for_this_process_is_fed() -> None:
    environ = {"NOTIFY_SOCKET": "/run/none", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid())}
    assert Service.of(environ).beat_s == 0.5


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all"])
def test_without_a_manager_nothing_happens(address: str) -> None:
    service = Service.of({"NOTIFY_SOCKET": address})
    service.ready()
    service.alive()
    service.stopping()
    service.close()


def test_a_manager_that_does_not_read_blocks_nobody(service: Service, manager: Manager) -> None:
    for _ in range(10_000):
        service.alive()
    assert manager.heard() == "WATCHDOG=1"
