"""From a device that answers to a link that may be used: ID, CAP, and the secure handshake.

What the device says of itself is a claim. Whether it must prove a key is the panel's setting alone: no
report of capabilities, no refusal and no clear answer changes it.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum, auto
from typing import TYPE_CHECKING, assert_never

from protocols.errors import WireError
from protocols.osdp.codes import Function, nak_text
from protocols.osdp.commands import (
    AskCapabilities,
    AskInputs,
    AskLocal,
    AskOutputs,
    AskReaders,
    Command,
    Identify,
    ServerCryptogram,
    TellReceiveSize,
)
from protocols.osdp.happenings import Security
from protocols.osdp.identity import Capabilities, ExtendedIdentity, Identity
from protocols.osdp.link import HandshakeFailed, Link
from protocols.osdp.replies import ClientCryptogram, InitialRmac, Nak
from protocols.osdp.secure import DEFAULT_KEY

if TYPE_CHECKING:
    from protocols.osdp.framing import Frame


RECEIVE_BYTES = 512
"""The longest frame that this panel takes: four times what every device takes, half a second at 9600."""


class Stage(StrEnum):
    """Where the link stands."""

    IDENTIFY = auto()
    CAPABILITIES = auto()
    TEXTS = auto()
    CHALLENGE = auto()
    PROVE = auto()
    READY = auto()


class LoginFailed(WireError):  # noqa: N818 - what has happened
    """The link cannot be used. `security`: because the device did not prove its key."""

    def __init__(self, why: str, *, security: bool) -> None:
        super().__init__(why)
        self.security = security


class Login:
    """The steps of one link, from the top after each `restart`.

    keys: tried in turn; more than one only while a change of key is unproven.
    """

    def __init__(self, link: Link, security: Security, key: bytes | None) -> None:
        if (key is not None) is not (security is Security.REQUIRED):
            raise ValueError("a key belongs to a reader that must be secure, and to no other")
        self._link = link
        self._security = security
        self._keys = deque([DEFAULT_KEY if key is None else key])
        self._proof: ServerCryptogram | None = None
        self._failures = 0
        self.stage = Stage.IDENTIFY
        self.identity: Identity | None = None
        self.capabilities: Capabilities | None = None
        self.texts: tuple[tuple[str, str], ...] = ()
        self.cuid: bytes | None = None

    @property
    def ready(self) -> bool:
        """Whether the link may be used."""
        return self.stage is Stage.READY

    def restart(self, *, forget: bool = False) -> None:
        """Begin again. forget: ask everything again, since it may be another device."""
        self._link.restart()
        self._proof = None
        self.stage = Stage.IDENTIFY
        if forget:
            self.capabilities = None

    @property
    def who(self) -> tuple[Identity, Capabilities]:
        """Return what the device has said of itself. Not to be asked before it has."""
        if self.identity is None or self.capabilities is None:
            raise AssertionError("a link is ready only behind identity and capabilities")
        return self.identity, self.capabilities

    @property
    def key(self) -> bytes:
        """The key of the session that stands, or of the next try."""
        return self._keys[0]

    def offer(self, key: bytes) -> None:
        """Try `key` first from the next handshake on; the one before stays until the new one is proven."""
        if key not in self._keys:
            self._keys.appendleft(key)

    def withdraw(self) -> None:
        """Forget a key that was offered and not taken."""
        while len(self._keys) > 1:
            self._keys.popleft()

    def next(self) -> Command:
        """Return the step to put on the wire."""
        match self.stage:
            case Stage.IDENTIFY:
                return Identify()
            case Stage.CAPABILITIES:
                return AskCapabilities()
            case Stage.TEXTS:
                return Identify(extended=True)
            case Stage.CHALLENGE:
                return self._link.challenge(self._keys[0])
            case Stage.PROVE | Stage.READY:
                if self._proof is None:
                    raise AssertionError("a proof comes after a challenge")
                return self._proof
            case never:
                assert_never(never)

    def take(self, frame: Frame) -> None:
        """Take the answer to the step. Raises LoginFailed."""
        try:
            self._take(frame)
        except HandshakeFailed as error:
            self._keys.rotate(-1)
            self._failures += 1
            raise LoginFailed(str(error), security=self._failures >= len(self._keys)) from error

    def _take(self, frame: Frame) -> None:
        reply = self._link.unwrap(frame)
        match self.stage, reply:
            case Stage.IDENTIFY, Identity():
                known = self.identity == reply and self.capabilities is not None
                self.identity = reply
                self.stage = self._after_texts() if known else Stage.CAPABILITIES
            case Stage.CAPABILITIES, Capabilities() | Nak():
                self.capabilities = reply if isinstance(reply, Capabilities) else Capabilities(())
                has_texts = self.capabilities.find(Function.EXTENDED_ID) is not None
                self.stage = Stage.TEXTS if has_texts else self._after_texts()
            case Stage.TEXTS, ExtendedIdentity() | Nak():
                self.texts = reply.texts if isinstance(reply, ExtendedIdentity) else ()
                self.stage = self._after_texts()
            case Stage.CHALLENGE, ClientCryptogram():
                self._proof = self._link.prove(reply)
                self.cuid = reply.cuid
                self.stage = Stage.PROVE
            case Stage.PROVE, InitialRmac():
                self._link.confirm(reply, frame.block)
                while len(self._keys) > 1:
                    self._keys.pop()
                self._failures = 0
                self.stage = Stage.READY
            case ((Stage.CHALLENGE | Stage.PROVE), Nak(reason=reason)):
                raise HandshakeFailed(f"the device refuses the handshake: {nak_text(reason)}")
            case _, Nak(reason=reason):
                raise LoginFailed(nak_text(reason), security=False)
            case _:
                raise LoginFailed(f"an answer out of place ({frame.code:#04x})", security=False)

    def _after_texts(self) -> Stage:
        return Stage.READY if self._security is Security.OFF else Stage.CHALLENGE


def questions(capabilities: Capabilities) -> list[Command]:
    """Return what to ask a device that has come: only about what it says that it has."""
    asked: list[Command] = [AskLocal()]
    if (inputs := capabilities.find(Function.INPUTS)) is not None and inputs.count:
        asked.append(AskInputs())
    if (outputs := capabilities.find(Function.OUTPUTS)) is not None and outputs.count:
        asked.append(AskOutputs())
    if (readers := capabilities.find(Function.READERS)) is not None and readers.count > 1:
        asked.append(AskReaders())
    if capabilities.find(Function.RECEIVE_SIZE) is not None:
        asked.append(TellReceiveSize(RECEIVE_BYTES))
    return asked
