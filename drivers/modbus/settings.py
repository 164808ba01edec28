"""What the configuration says of a line of Modbus relay and input boards."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path  # noqa: TC003 - pydantic reads the type
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from drivers.settings import Model, Name
from protocols.boards.families import FAMILIES, MOST_CHANNELS, read_inputs
from protocols.boards.rtu import answer_bytes, frame_seconds, question_bytes, quiet_seconds

if TYPE_CHECKING:
    from protocols.boards.messages import Request

ANY_ADDRESS = frozenset({254, 255})  # JuYing and LC Technology boards answer these whatever their own address
MOST_BOARDS = 16  # more on one pair cannot be polled in time for an exit button, at any speed
PRESS_S = 0.1  # the shortest press of a button that must be seen

HIGHEST_PORT = 65535
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}:[0-9]{1,5}")


class ModbusInput(Model):
    """One input of a board."""

    channel: int = Field(ge=1, le=MOST_CHANNELS, description="As printed on the board, from 1.")
    normally: Literal["open", "closed"] = Field(
        default="open", description="The circuit at rest: open at an exit button, closed at a shut door."
    )
    debounce_ms: int = Field(default=30, ge=0, le=1000, description="Deaf for so long after each change.")
    samples: int = Field(default=1, ge=1, le=5, description="Equal polls in a row before a change counts.")

    @model_validator(mode="before")
    @classmethod
    def _not_supervised(cls, said: object) -> object:
        if isinstance(said, dict) and "supervised" in said:
            raise ValueError(
                "no board of these families can supervise an input: it cannot tell a cut wire from an open "
                "contact. Take an input of an OSDP reader that can, or leave `supervised` out"
            )
        return said


class ModbusBoard(Model):
    """One board on the line."""

    name: Name
    family: Literal["waveshare", "juying", "lctech", "eletechsup", "zlan", "wirenboard"]
    address: int = Field(ge=1, le=255)
    outputs: dict[Name, int] = Field(default_factory=dict, description="Point to channel, from 1.")
    inputs: dict[Name, ModbusInput] = Field(default_factory=dict)
    held_outputs: Literal["refused", "accepted"] = Field(
        default="refused",
        description="A board without a pulse of its own keeps its relay on when the gateway dies. "
        '"accepted" says that somebody has thought of that.',
    )

    @field_validator("outputs")
    @classmethod
    def _channels(cls, outputs: dict[str, int]) -> dict[str, int]:
        for point, channel in outputs.items():
            if not 1 <= channel <= MOST_CHANNELS:
                raise ValueError(f"{point}: a channel is 1 to {MOST_CHANNELS}, as printed on the board")
        return outputs

    @model_validator(mode="after")
    def _can_do_it(self) -> ModbusBoard:
        family = FAMILIES[self.family]
        if not self.outputs and not self.inputs:
            raise ValueError("a board needs at least one output or input")
        if self.outputs and family.pulse is None and self.held_outputs != "accepted":
            raise ValueError(
                f"boards of {self.family} cannot end a release by themselves: if the gateway dies, the door "
                'stays open. Take another board, or write held_outputs = "accepted"'
            )
        for point, each in self.inputs.items():
            if each.channel > family.most_inputs:
                raise ValueError(f"{point}: a channel is 1 to {family.most_inputs}, as printed on the board")
        for what, channels in (
            ("outputs", list(self.outputs.values())),
            ("inputs", [each.channel for each in self.inputs.values()]),
        ):
            twice = [channel for channel, count in Counter(channels).items() if count > 1]
            if twice:
                raise ValueError(f"two {what} on channel {twice[0]}")
        return self

    @property
    def look(self) -> Request | None:
        """The question for all inputs that are named; None where none is."""
        most = max((each.channel for each in self.inputs.values()), default=0)
        return read_inputs(FAMILIES[self.family], most) if most else None


class ModbusLineSettings(Model):
    """A line of boards: a serial port, or a gateway on the network."""

    kind: Literal["modbus"]
    name: Name
    device: Path | None = Field(default=None, description="Serial port, best under /dev/serial/by-id.")
    tcp: str | None = Field(default=None, description="host:port of a gateway instead of a serial port.")
    framing: Literal["rtu", "tcp"] = Field(
        default="rtu", description='"tcp" where the gateway speaks Modbus TCP, "rtu" where it is transparent.'
    )
    baud: Literal[2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    parity: Literal["none", "even", "odd"] = "none"
    rs485: bool = Field(default=False, description="Ask the kernel to drive the transceiver's direction.")
    boards: tuple[ModbusBoard, ...] = Field(min_length=1, max_length=MOST_BOARDS)
    reply_within_s: float = Field(default=0.15, ge=0.02, le=1, description="Longer is silence.")
    poll_every_s: float = Field(default=0.02, ge=0.005, le=1, description="Each board's inputs so often.")

    @field_validator("tcp")
    @classmethod
    def _host_and_port(cls, tcp: str | None) -> str | None:
        if tcp is not None and (
            _HOST.fullmatch(tcp) is None or not 1 <= int(tcp.rpartition(":")[2]) <= HIGHEST_PORT
        ):
            raise ValueError("write host:port, such as 192.168.1.50:502")
        return tcp

    @model_validator(mode="after")
    def _one_line(self) -> ModbusLineSettings:
        if (self.device is None) == (self.tcp is None):
            raise ValueError("name either a serial device or a tcp gateway")
        if self.framing == "tcp" and self.tcp is None:
            raise ValueError('framing "tcp" needs a tcp gateway')
        addresses = [board.address for board in self.boards]
        shared = [address for address, count in Counter(addresses).items() if count > 1]
        if shared:
            raise ValueError(f"two boards at address {shared[0]}: their answers would collide")
        if len(addresses) > 1 and ANY_ADDRESS & set(addresses):
            raise ValueError("254 and 255 reach any board, so such a board must be alone on the line")
        names = [board.name for board in self.boards]
        points = [*self.outputs, *self.inputs]
        twice = [name for name, count in (Counter(names) + Counter(points)).items() if count > 1]
        if twice:
            raise ValueError(f"{twice[0]} is named twice")
        return self

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the boards."""
        return tuple(board.name for board in self.boards)

    @property
    def readers(self) -> tuple[str, ...]:
        """None: boards read no cards."""
        return ()

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all output points."""
        return tuple(point for board in self.boards for point in board.outputs)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all input points."""
        return tuple(point for board in self.boards for point in board.inputs)

    @property
    def counts_after_s(self) -> float | None:
        """How long a press takes to count, by the wire alone; None where nobody can say.

        That is a look at the inputs of every board, as often as an input's `samples` want. Behind a gateway
        the line's speed is not ours.
        """
        if self.tcp is not None:
            return None
        samples = max((each.samples for board in self.boards for each in board.inputs.values()), default=0)
        return samples * sum(
            frame_seconds(question_bytes(look) + answer_bytes(look), self.baud, self.character_bits)
            + quiet_seconds(self.baud)
            for look in (board.look for board in self.boards)
            if look is not None
        )

    @property
    def character_bits(self) -> int:
        """Bits of a byte on the wire: start, eight, parity where there is one, stop."""
        return 10 + (self.parity != "none")

    def device_of(self, point: str) -> str | None:
        """Return the board that has the output or input `point`."""
        having = (board.name for board in self.boards if point in board.outputs or point in board.inputs)
        return next(having, None)
