"""The checks that run with every test do find what they look for."""

from __future__ import annotations

import logging
import socket
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import structlog

from tests.peers.log_watch import LogWatch

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS = [
    "uid32:0A1B2C3D",
    "fc8cn16:00760643",
    "01110110000011001000011101",
    "eyJhbGciOiJFZERTQSJ9.eyJ2IjoxfQ.c2lnbmF0dXJlLW9mLWl0",
    "-----BEGIN PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_seen_wherever_it_stands(secret: str) -> None:
    watch = LogWatch()
    watch.keep({"event": "entry.denied", "body": {"deep": [f"x {secret} y"]}})
    assert len(watch.breaches()) == 1


def test_what_a_test_forbids_is_seen() -> None:
    watch = LogWatch()
    watch.keep({"event": "broker.connected", "user": "gw-1"})
    assert watch.breaches() == []
    watch.forbid("gw-1", "")
    assert len(watch.breaches()) == 1


def test_an_ordinary_line_is_no_secret() -> None:
    watch = LogWatch()
    watch.keep(
        {
            "event": "entry.granted",
            "digest": "9f" * 16,
            "at": "2026-03-02T08:00:00.000Z",
            "seq": 1000000,
            "bits": 26,
        }
    )
    assert watch.breaches() == []


def test_both_kinds_of_logs_are_kept(log_watch: LogWatch) -> None:
    structlog.get_logger().bind(door="lobby").warning("reader.offline", silent_s=3.2)
    logging.getLogger("pymodbus").error("no reply")
    assert [(line["level"], line["event"]) for line in log_watch.lines] == [
        ("warning", "reader.offline"),
        ("error", "no reply"),
    ]
    assert log_watch.events("reader.offline")[0]["door"] == "lobby"


def test_a_thread_that_stops_in_time_is_waited_for() -> None:
    told = Event()
    Thread(target=told.wait, name="short").start()
    told.set()


def test_free_ports_differ_and_can_be_bound(free_port: Callable[[], int]) -> None:
    ports = [free_port() for _ in range(5)]
    assert len(set(ports)) == 5
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()
