"""What a simulated OSDP reader is made of: cards, keys, inputs, and outputs that end their own pulse."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from protocols.osdp.codes import FileCode, FileFlag, Function, NakReason, OutputControl
from protocols.osdp.commands import (
    Abort,
    AskCapabilities,
    AskInputs,
    AskLocal,
    AskOutputs,
    AskReaders,
    Command,
    Identify,
    KeepActive,
    MakerCommand,
    OutputRecord,
    Poll,
    SendFile,
    SetCommunication,
    SetOutputs,
    TellReceiveSize,
    code_of,
)
from protocols.osdp.identity import Capabilities, Capability, ExtendedIdentity, Identity, IdentityPart
from protocols.osdp.replies import (
    Ack,
    Communication,
    FileStatus,
    InputStates,
    Keys,
    LocalStatus,
    MakerReply,
    Nak,
    OutputStates,
    Raw,
    ReaderStates,
    Reply,
)
from protocols.osdp.signals import Buzz, SetLights, ShowText

if TYPE_CHECKING:
    from collections.abc import Iterable

TENTHS_PER_S = 10


@dataclass(slots=True)
class SimulatedOutput:
    """One output: what it is at rest, and a timed state until a time."""

    rest: bool = False
    timed: bool = False
    until: float = 0.0

    def on(self, at: float) -> bool:
        """Tell whether it is on."""
        return self.timed if at < self.until else self.rest

    def drive(self, record: OutputRecord, at: float) -> None:
        """Do what OUT says."""
        match record.control:
            case OutputControl.OFF | OutputControl.ON:
                self.rest, self.until = record.control == OutputControl.ON, 0.0
            case OutputControl.OFF_AFTER_TIMER | OutputControl.ON_AFTER_TIMER:
                self.rest = record.control == OutputControl.ON_AFTER_TIMER
            case OutputControl.TIMED_ON | OutputControl.TIMED_OFF:
                self.timed = record.control == OutputControl.TIMED_ON
                self.until = at + record.timer_tenths / TENTHS_PER_S


@dataclass(slots=True)
class Device:
    """The device behind the wire. Its methods may be called from any thread.

    inputs: one InputCode each. finishing: so often it is not through with a whole file yet. reports: what
    the next polls will be answered with, in order. mood: flags, delay and size that it answers each part of a
    file with. intruded: codes of what it was asked between two parts of a file that it wanted no polls in.
    aborted: how often it was told that a file is given up.
    """

    serial: int = 1
    outputs: list[SimulatedOutput] = field(default_factory=lambda: [SimulatedOutput(), SimulatedOutput()])
    inputs: list[int] = field(default_factory=lambda: [0, 0])
    reports: deque[Reply] = field(default_factory=deque)
    tamper: bool = False
    power_failed: bool = False
    file: bytearray = field(default_factory=bytearray)
    finishing: int = 0
    mood: FileStatus = field(default_factory=lambda: FileStatus(FileCode.GO_ON))
    intruded: list[int] = field(default_factory=list)
    aborted: int = 0
    texts: tuple[tuple[str, str], ...] = (("maker", "Menshen"), ("product", "simulated reader"))
    text_part_bytes: int | None = None
    capabilities: Capabilities | None = None
    _of: int = 0  # the size of a file under way

    @property
    def cuid(self) -> bytes:
        """Its number inside the secure channel."""
        return b"MSIM" + self.serial.to_bytes(4, "big")

    def power_cycle(self) -> None:
        """Lose power for a moment: outputs off, reports gone."""
        self.outputs[:] = [SimulatedOutput() for _ in self.outputs]
        self.reports.clear()

    def present(self, bits: str) -> None:
        """Hold a card to it."""
        self.reports.append(Raw(bits, format=1))

    def press(self, keys: str) -> None:
        """Press keys, all in one report."""
        self.reports.append(Keys(keys))

    def set_tamper(self, *, active: bool) -> None:
        """Open or close its case."""
        self.tamper = active
        self.reports.append(LocalStatus(active, self.power_failed))

    def set_power(self, *, failed: bool) -> None:
        """Take its supply, or give it back."""
        self.power_failed = failed
        self.reports.append(LocalStatus(self.tamper, failed))

    def set_input(self, number: int, state: int) -> None:
        """Move an input, to an InputCode."""
        self.inputs[number] = state
        self.reports.append(InputStates(tuple(self.inputs)))

    def outputs_on(self, at: float) -> tuple[bool, ...]:
        """Return which outputs are on."""
        return tuple(output.on(at) for output in self.outputs)

    def answer(self, command: Command, at: float) -> Reply:
        """Do what an allowed command asks, and return the answer in clear."""
        if self._dedicated and not isinstance(command, SendFile | Abort | SetOutputs):
            self.intruded.append(code_of(command))
        match command:
            case Poll():
                return self.reports.popleft() if self.reports else Ack()
            case Identify(extended=False):
                return Identity(b"\x4d\x53\x01", 1, 1, self.serial, (0, 1, 0))
            case Identify():
                return self._texts()
            case AskCapabilities():
                return self.capabilities or self._capabilities()
            case AskLocal():
                return LocalStatus(self.tamper, self.power_failed)
            case AskInputs():
                return InputStates(tuple(self.inputs))
            case SetOutputs(records=records):
                return self._drive(records, at)
            case _:
                return self._serve(command, at)

    def _texts(self) -> Reply:
        """Return its texts, or their first part; the others wait for polls."""
        whole, size = ExtendedIdentity(self.texts), self.text_part_bytes
        if size is None:
            return whole
        body = whole.body
        parts = [IdentityPart(len(body), at, body[at : at + size]) for at in range(0, len(body), size)]
        self.reports.extendleft(reversed(parts[1:]))
        return parts[0]

    @property
    def _dedicated(self) -> bool:
        """Whether a file is under way between whose parts it wants nothing."""
        return bool(self._of) and not self.mood.flags & FileFlag.INTERLEAVE

    def _serve(self, command: Command, at: float) -> Reply:
        match command:
            case AskOutputs():
                return OutputStates(tuple(int(on) for on in self.outputs_on(at)))
            case AskReaders():
                return ReaderStates((0,))
            case SetLights() | Buzz() | ShowText() | TellReceiveSize() | KeepActive():
                return Ack()
            case Abort():
                self.aborted += 1
                self._of = 0
                return Ack()
            case MakerCommand(oui=oui, content=content):
                return MakerReply(oui, content)
            case SetCommunication(address=address, baud=baud):
                return Communication(address, baud)
            case SendFile():
                return self._store(command)
            case _:
                return Nak(NakReason.UNKNOWN_COMMAND)

    def _drive(self, records: Iterable[OutputRecord], at: float) -> Reply:
        records = tuple(records)
        if any(record.output >= len(self.outputs) for record in records):
            return Nak(NakReason.CANNOT_PROCESS)
        for record in records:
            self.outputs[record.output].drive(record, at)
        return Ack()

    def _store(self, part: SendFile) -> Reply:
        if part.offset == 0:
            self.file.clear()
        end = part.offset + len(part.fragment)
        self._of = 0
        if part.offset > len(self.file) or end > part.total:
            return FileStatus(FileCode.ABORTED)
        self.file[part.offset :] = part.fragment
        if end == part.total and not self.finishing:
            return FileStatus(FileCode.PROCESSED)
        self._of = part.total
        if end < part.total:
            return self.mood
        self.finishing -= 1
        return replace(self.mood, status=FileCode.FINISHING, delay_ms=max(100, self.mood.delay_ms))

    def _capabilities(self) -> Capabilities:
        return Capabilities(
            (
                Capability(Function.INPUTS, 1, len(self.inputs)),
                Capability(Function.OUTPUTS, 1, len(self.outputs)),
                Capability(Function.CARD_FORMAT, 1, 1),
                Capability(Function.LED, 4, 1),
                Capability(Function.BUZZER, 1, 1),
                Capability(Function.CRC, 1, 0),
                Capability(Function.SECURITY, 1, 0),
                Capability(Function.RECEIVE_SIZE, 128, 0),
                Capability(Function.READERS, 0, 1),
            )
        )
