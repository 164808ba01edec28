"""The thread of one OSDP line: ask each reader's machine, carry its bytes, tell what it says.

One thread owns the port. A command rings its bell, so a release waits only for the exchange that is on the
wire. A port that is gone is tried again for ever; meanwhile every reader on it is offline.
"""

from __future__ import annotations

import binascii
import os
import threading
from collections import deque
from typing import TYPE_CHECKING

from drivers.contract import Ability, Failed, FileProgress, Indicate, Why
from drivers.osdp.device import OsdpDevice
from drivers.osdp.line import Carrier
from drivers.osdp.schedule import Schedule
from drivers.osdp.sending import LONGEST_PART_S, Progress, Sending
from drivers.ports import Port, PortError
from drivers.worker import Backoff, Worker
from protocols.osdp.happenings import BITS_PER_CHARACTER, Security
from protocols.osdp.reader import Reader
from protocols.osdp.secure import weakness
from protocols.osdp.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.contract import Command, Emit, Monotonic, Secrets
    from drivers.osdp.settings import OsdpBusSettings, OsdpReader

MOST_WAITING = 256
"""Commands not yet taken by the thread. Sixteen readers' worth; more is a fault upstream."""

FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 0.5
"""A port that comes back is opened within this, so that its readers are online within 1.5 s."""

WASTED_SHARE = 0.5
"""Silence may cost the line this much of one reply time-out in each second: half of what is allowed."""

POLL_BYTES = 16 + 15 + 4
"""A poll and its answer inside the secure channel, with the idle characters: the shortest exchange."""

LONGEST_HOLD_S = 0.02
"""A record on a slow disk takes this long. Waiting for it costs no more than the poll that would be ahead."""

LONGEST_SLEEP_S = 0.5
TOLD_EVERY_S = 0.02
"""What only time brings about, at readers that have no turn: lateness, silence."""

LAST_TURNS_S = 1.0
"""For locking everything at the end, at most; half of what `stop` is given, if that is less."""


class OsdpBus:
    """A line of OSDP readers. Implements `drivers.contract.Driver`."""

    def __init__(
        self,
        settings: OsdpBusSettings,
        clock: Monotonic,
        secrets: Secrets,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Make the line. Raises KeyError for a credential that is not there, ValueError for one unfit."""
        self._settings = settings
        self._clock = clock
        self._devices = {
            each.name: OsdpDevice(each, make_reader(each, settings, secrets, entropy))
            for each in settings.devices_here
        }
        self._by_reader = {device.reader: device for device in self._devices.values()}
        self._owners = {
            point: device for device in self._devices.values() for point in device.settings.outputs
        }
        self._schedule = Schedule(
            [device.reader for device in self._devices.values()],
            settings.polls_per_s,
            settings.busy_polls_per_s,
            settings.reply_within_s * WASTED_SHARE,
            hold_s=min(LONGEST_HOLD_S, settings.timings.wire_s(POLL_BYTES, settings.baud)),
            lively_for_s=settings.busy_for_s,
        )
        self._lock = threading.Lock()  # over the three below
        self._waiting: deque[Command] = deque()
        self._files: deque[tuple[OsdpDevice, Sending | None]] = deque()
        self._ended = False
        self._attended = False  # set by any thread, taken by the line's own
        self._emit: Emit = _nobody
        self._worker = Worker(f"osdp-{settings.name}", self._run)
        self._carrier = Carrier(clock, settings.timings, settings.baud)
        self._most_bytes = int(LONGEST_PART_S * settings.baud / BITS_PER_CHARACTER)
        self._opened = 0
        self._port_state = "closed"
        self._last_turns_s = LAST_TURNS_S

    @property
    def name(self) -> str:
        """The port's name in the configuration."""
        return self._settings.name

    @property
    def abilities(self) -> frozenset[Ability]:
        """What this port can do."""
        found = {Ability.READ, Ability.INDICATE}
        if self._settings.inputs:
            found.add(Ability.SENSE)
        if self._settings.outputs:
            found.add(Ability.RELEASE)
        return frozenset(found)

    def start(self, emit: Emit) -> None:
        """Begin work. `emit` is called from the line's thread, and from `do`."""
        self._emit = emit
        self._worker.start()

    def do(self, command: Command) -> None:
        """Accept `command`. Exactly one Done or Failed with its id follows."""
        why: tuple[Why, str] | None = None
        with self._lock:
            if self._ended:
                why = Why.STOPPED, "the line is stopped"
            elif self._target(command) is None:
                why = Why.UNKNOWN_POINT, f"not on {self.name}"
            elif len(self._waiting) >= MOST_WAITING:
                why = Why.OVERLOADED, f"{MOST_WAITING} commands wait"
            else:
                self._waiting.append(command)
        if why is None:
            self._worker.wake.ring()
        else:
            self._emit(Failed(command.id, *why, self._clock()))

    def attend(self, reader: str) -> None:
        """Expect somebody at `reader`: the line, which its devices share, is polled faster for a moment."""
        self._attended = self._attended or reader in self._devices

    def send_file(self, device: str, transfer: Transfer, tell: Callable[[Progress], None]) -> None:
        """Send a file to a device between its polls; doors go first. `tell` is called from the thread.

        Raises KeyError for a device that is not on this line.
        """
        owner = self._devices[device]
        with self._lock:
            self._files.append((owner, Sending(transfer, tell, self._most_bytes)))
        self._worker.wake.ring()

    def carry_file(
        self, device: str, content: bytes, kind: int, tell: Callable[[FileProgress], None]
    ) -> None:
        """Begin to send a file. It never leaves the secure channel: for that, there is a person's tool."""
        self.send_file(
            device,
            Transfer(content, kind),
            lambda told: tell(FileProgress(told.taken_bytes, told.total_bytes, told.done, told.failed)),
        )

    def drop_file(self, device: str) -> None:
        """Give up the file that is under way to the device, if there is one."""
        with self._lock:
            self._files.append((self._devices[device], None))
        self._worker.wake.ring()

    def stop(self, within_s: float) -> None:
        """Leave every output locked, close the port, end the thread."""
        self._last_turns_s = min(LAST_TURNS_S, within_s / 2)
        self._worker.stop(within_s)
        self._end()

    def line_health(self) -> Mapping[str, int | float | str]:
        """Return counters of the line and of each reader since start."""
        found: dict[str, int | float | str] = {
            "port": self._port_state,
            "opened": self._opened,
            "bytes_out": self._carrier.bytes_out,
            "bytes_in": self._carrier.bytes_in,
            "babble_bytes": self._carrier.babble_bytes,
        }
        for device in self._devices.values():
            found.update(device.counters())
        return found

    # --- the thread --------------------------------------------------------------------------------------

    def _run(self, worker: Worker) -> None:
        backoff = Backoff(FIRST_RETRY_S, LONGEST_RETRY_S)
        for device in self._devices.values():
            device.begin(self._emit, self._clock())
        while not worker.stopping:
            port: Port | None = None
            try:
                port = Port(self._settings.device, self._settings.baud, rs485=self._settings.rs485)
                self._opened += 1
                self._port_state = _state(port, asked=self._settings.rs485)
                self._serve(port, worker, backoff)
                self._lock_all(port)
            except PortError as error:
                self._port_down(str(error))
                self._rest(backoff.next(), worker)
            finally:
                if port is not None:
                    port.close()
        self._port_state = "closed"
        for device in self._devices.values():
            device.end("the line is stopped", self._clock())

    def _serve(self, port: Port, worker: Worker, backoff: Backoff) -> None:
        """Take turns until told to stop. Raises PortError."""
        all_told_at = self._clock()
        while not worker.stopping:
            self._take_commands()
            at = self._clock()
            reader, due = self._schedule.next(at)
            wait_s = max(due, self._carrier.free_at) - at
            if wait_s <= 0 or (
                self._carrier.idle(port, min(wait_s, LONGEST_SLEEP_S), worker.wake)
                and wait_s < LONGEST_SLEEP_S
                and not self._waiting  # what came at the last moment goes first
            ):
                self._turn(port, reader)
                backoff.reset()
                self._tell(self._by_reader[reader], self._clock())
            at = self._clock()
            if at - all_told_at >= TOLD_EVERY_S:
                all_told_at = at
                for device in self._devices.values():
                    self._tell(device, at)

    def _turn(self, port: Port, reader: Reader) -> None:
        began_at = self._clock()
        lost_s = self._carrier.turn(port, reader)
        at = self._clock()
        self._schedule.spoke(reader, began_at)
        if lost_s:
            self._schedule.lost(reader, lost_s, at)

    def _tell(self, device: OsdpDevice, at: float) -> None:
        if device.tell(at):
            self._schedule.stir(at)
            self._schedule.hold(at)

    def _take_commands(self) -> None:
        if self._attended:
            self._attended = False
            self._schedule.stir(self._clock())
        with self._lock:
            while self._files:
                device, sending = self._files.popleft()
                device.send(sending, self._clock())  # calls nobody but who waits for this file
        while True:
            with self._lock:
                if not self._waiting:
                    return
                command = self._waiting.popleft()
            at = self._clock()
            owner = self._target(command)
            if owner is not None:  # it was there when the command was accepted
                owner.do(command, at)
                owner.tell(at)
                self._schedule.stir(at)
                self._schedule.answered()

    def _target(self, command: Command) -> OsdpDevice | None:
        if isinstance(command, Indicate):
            return self._devices.get(command.reader)
        return self._owners.get(command.point)

    def _port_down(self, why: str) -> None:
        self._port_state = why
        at = self._clock()
        for device in self._devices.values():
            device.leave(why, at)

    def _rest(self, wait_s: float, worker: Worker) -> None:
        """Wait before the port is tried again; commands that come meanwhile are answered at once."""
        until = self._clock() + wait_s
        while not worker.stopping and (left_s := until - self._clock()) > 0:
            worker.wake.wait(left_s)
            self._take_commands()

    def _lock_all(self, port: Port) -> None:
        """End every pulse of ours, as far as the devices answer in the time there is."""
        until = self._clock() + self._last_turns_s
        self._take_commands()
        for device in self._devices.values():
            device.lock_all(self._clock())
        while self._clock() < until:
            at = self._clock()
            todo = [device.reader for device in self._devices.values() if device.locking]
            if not todo:
                return
            reader, due = self._schedule.next(at)
            due = max(due, self._carrier.free_at)
            if due > at:
                port.read(min(due, until) - at)
            else:
                self._turn(port, reader)
                self._tell(self._by_reader[reader], self._clock())

    def _end(self) -> None:
        """Answer what was never taken."""
        with self._lock:
            self._ended = True
            left = list(self._waiting)
            self._waiting.clear()
        for command in left:
            self._emit(Failed(command.id, Why.STOPPED, "the line is stopped", self._clock()))


def make_reader(
    each: OsdpReader, line: OsdpBusSettings, secrets: Secrets, entropy: Callable[[int], bytes]
) -> Reader:
    """Return the machine of one device. Raises KeyError without its credential, ValueError for a bad one."""
    key = None if each.key_credential is None else read_key(secrets(each.key_credential), each.key_credential)
    expected = {
        what: text for what, text in (("serial", each.serial), ("cuid", each.cuid)) if text is not None
    }
    return Reader(
        each.address,
        Security(each.secure),
        line.timings,
        entropy,
        key,
        expected=expected,
        crc=each.check == "crc",
    )


def read_key(credential: bytes, name: str) -> bytes:
    """Return the key in a credential: 32 hex digits. Raises ValueError, which never shows the key."""
    try:
        key = binascii.unhexlify(credential.strip())
        why = weakness(key)
    except ValueError:
        why = "it is not 32 hex digits"
    if why is not None:
        raise ValueError(f"the key in credential {name} cannot be used: {why}")
    return key


def _state(port: Port, *, asked: bool) -> str:
    if asked and not port.rs485:
        return "open, without the RS-485 mode asked for"
    return "open"


def _nobody(_event: object) -> None:
    """Take events before `start`: there are none."""
