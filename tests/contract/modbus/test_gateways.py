"""Boards behind a gateway on the network: Modbus TCP, and RTU carried through as it is, on real sockets."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from drivers.contract import Done, Failed, InputChanged, InputState, Offline, Online, Release, Why
from drivers.modbus.driver import REOPEN_S, SILENT_GATEWAY_S, ModbusLine
from drivers.modbus.settings import ModbusLineSettings
from drivers.simulator.relay_board import WELL, Mood, RelayBoard
from protocols.boards.rtu import crc
from tests.contract.modbus.rig import no_secrets
from tests.contract.rig import PATIENCE_S, Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivers.contract import Monotonic

CLOCK = time.perf_counter
FASTER = 20.0
STOP_WITHIN_S = 5.0
HEADER_BYTES = 6
START_WITHIN_S = 2.0


def settings(port: int, framing: str) -> ModbusLineSettings:
    board = {
        "name": "board-1",
        "family": "waveshare",
        "address": 1,
        "outputs": {"lock-1": 1},
        "inputs": {"exit-1": {"channel": 1}},
    }
    line = {"kind": "modbus", "name": "relays", "tcp": f"127.0.0.1:{port}", "framing": framing}
    return ModbusLineSettings.model_validate(line | {"boards": [board]})


class Gateway:
    """A gateway in front of one board. framing: "tcp" turns Modbus TCP into RTU, "rtu" carries bytes.

    cut: the next connection, or the one that stands, is closed. deaf: the one that stands is heard no more,
    and nobody says so: what a gateway that lost its power leaves behind. calls: how often it was called.
    """

    def __init__(self, board: RelayBoard, framing: str) -> None:
        self.board = board
        self.framing = framing
        self.calls = 0
        self.cut = threading.Event()
        self.deaf = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port: int = self._listener.getsockname()[1]
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        left_behind: list[socket.socket] = []
        while not self._ending.is_set():
            try:
                peer, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.calls += 1
            peer.settimeout(0.02)
            if self._talk(peer):
                left_behind.append(peer)
            else:
                peer.close()
        for peer in left_behind:
            peer.close()

    def _talk(self, peer: socket.socket) -> bool:
        """Serve one connection. Returns whether it is left as it stands."""
        while not self._ending.is_set():
            if self.cut.is_set():
                self.cut.clear()
                return False
            if self.deaf.is_set():
                self.deaf.clear()
                return True
            try:
                data = peer.recv(300)
            except TimeoutError:
                continue
            except OSError:
                return False
            if not data:
                return False
            peer.sendall(self._answer(data))
        return False

    def _answer(self, data: bytes) -> bytes:
        if self.framing == "rtu":
            return b"".join(self.board.receive(data, CLOCK()))
        body = data[HEADER_BYTES:]
        answers = (each[:-2] for each in self.board.receive(body + crc(body), CLOCK()))
        return b"".join(data[:4] + len(each).to_bytes(2, "big") + each for each in answers)


@pytest.fixture(params=["tcp", "rtu"])
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    made = Gateway(RelayBoard(CLOCK, address=1), request.param)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def call(gateway: Gateway) -> Iterator[Callable[..., tuple[ModbusLine, Inbox]]]:
    started: list[ModbusLine] = []

    def start(clock: Monotonic = CLOCK) -> tuple[ModbusLine, Inbox]:
        driver = ModbusLine(settings(gateway.port, gateway.framing), clock, no_secrets)
        inbox = Inbox()
        started.append(driver)
        driver.start(inbox)
        inbox.after(0, Online)
        return driver, inbox

    yield start
    for driver in started:
        driver.stop(STOP_WITHIN_S)


def release(driver: ModbusLine, inbox: Inbox, command: int = 1, for_s: float = 0.5) -> Done | Failed:
    driver.do(Release(command, "lock-1", for_s, CLOCK() + PATIENCE_S))
    return inbox.answer(command)


def test_a_board_behind_a_gateway_releases(
    gateway: Gateway, call: Callable[..., tuple[ModbusLine, Inbox]]
) -> None:
    assert isinstance(release(*call()), Done)
    assert gateway.board.history[0].on_for_s == 0.5


def test_a_press_behind_a_gateway_is_told(
    gateway: Gateway, call: Callable[..., tuple[ModbusLine, Inbox]]
) -> None:
    _, inbox = call()
    gateway.board.set_input(0, active=True)
    inbox.wait_for(
        lambda events: [e for e in events if isinstance(e, InputChanged) and e.state is InputState.ACTIVE]
    )


def test_a_gateway_that_hangs_up_is_called_again(
    gateway: Gateway, call: Callable[..., tuple[ModbusLine, Inbox]]
) -> None:
    driver, inbox = call()
    count = len(inbox.events)
    gateway.cut.set()
    inbox.after(count, Offline)
    inbox.after(count, Online)
    assert isinstance(release(driver, inbox), Done)


def test_a_gateway_that_takes_no_more_callers_is_not_called_without_a_pause() -> None:
    """Most of them take one or a few, and hang up on the next at once."""
    called_at: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_S)
        driver = ModbusLine(settings(listener.getsockname()[1], "tcp"), CLOCK, no_secrets)
        driver.start(Inbox())
        try:
            for _ in range(3):
                listener.accept()[0].close()
                called_at.append(CLOCK())
        finally:
            driver.stop(STOP_WITHIN_S)
    assert called_at[-1] - called_at[0] >= REOPEN_S


def test_a_gateway_that_lost_its_power_without_a_word_is_called_again(
    gateway: Gateway, call: Callable[..., tuple[ModbusLine, Inbox]]
) -> None:
    """The old connection stands for ever: nothing closes it, and nothing answers on it."""
    began = CLOCK()
    _, inbox = call(lambda: began + (CLOCK() - began) * FASTER)
    count = len(inbox.events)
    gateway.deaf.set()
    offline = inbox.after(count, Offline)
    online = inbox.after(count, Online)
    assert isinstance(offline, Offline)
    assert isinstance(online, Online)
    assert online.at - offline.at <= 3 * SILENT_GATEWAY_S
    assert gateway.calls == 2


def test_a_gateway_is_not_called_again_while_any_board_answers(
    gateway: Gateway, call: Callable[..., tuple[ModbusLine, Inbox]]
) -> None:
    began = CLOCK()
    call(lambda: began + (CLOCK() - began) * FASTER)
    threading.Event().wait(2 * SILENT_GATEWAY_S / FASTER)
    assert gateway.calls == 1


@pytest.mark.parametrize(
    ("mood", "whys"),
    [
        (Mood(answers_as=9), {Why.UNPROVEN}),
        (Mood(behind=True), {Why.UNPROVEN}),
        (Mood(mute=True), {Why.UNPROVEN}),
        (Mood(exception=4), {Why.REFUSED}),
        (Mood(exception=6), {Why.UNPROVEN}),
        (Mood(exception=11), {Why.UNPROVEN}),
    ],
    ids=["another address", "one reply late", "no reply", "exception", "busy", "gateway's own exception"],
)
def test_what_a_gateway_brings_that_is_no_confirmation_opens_nothing(
    gateway: Gateway, call: Callable[..., tuple[ModbusLine, Inbox]], mood: Mood, whys: set[Why]
) -> None:
    driver, inbox = call()
    gateway.board.mood = mood
    for command in range(1, 4):
        answer = release(driver, inbox, command)
        assert isinstance(answer, Failed)
        assert answer.why in {*whys, Why.OFFLINE}
    count = len(inbox.events)
    gateway.board.mood = WELL
    if not driver.line_health()["boards_online"]:
        inbox.after(count, Online)
    inbox.wait_for(lambda _: isinstance(release(driver, inbox, 100 + len(inbox.events)), Done))


def test_a_gateway_that_is_not_there_is_an_event() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    driver = ModbusLine(settings(port, "rtu"), CLOCK, no_secrets)
    inbox = Inbox()
    driver.start(inbox)
    try:
        assert isinstance(inbox.after(0, Offline), Offline)
        driver.do(Release(1, "lock-1", 1, CLOCK() + PATIENCE_S))
        answer = inbox.answer(1)
        assert isinstance(answer, Failed)
        assert answer.why == Why.OFFLINE
    finally:
        driver.stop(STOP_WITHIN_S)
