"""From a device that answers to a link that may be used: ID, CAP, the secure handshake, and its texts.

What the device says of itself is a claim. Whether it must prove a key is the panel's setting alone: no
report of capabilities, no refusal and no clear answer changes it. Its texts are asked for last, once, inside
the session where there is one: what does not fit into one answer comes by polls, as do cards meanwhile.
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
    Poll,
    ServerCryptogram,
    TellReceiveSize,
)
from protocols.osdp.happenings import Security
from protocols.osdp.identity import Capabilities, ExtendedIdentity, Identity, IdentityPart, IdentityParts
from protocols.osdp.link import HandshakeFailed, Link
from protocols.osdp.replies import Ack, ClientCryptogram, InitialRmac, Nak
from protocols.osdp.secure import DEFAULT_KEY

if TYPE_CHECKING:
    from protocols.osdp.framing import Frame
    from protocols.osdp.replies import Reply

MOST_TEXT_POLLS = 32
"""A device has as many polls for the rest of its texts: more than they need in parts of 64 bytes."""


class Stage(StrEnum):
    """Where the link stands."""

    IDENTIFY = auto()
    CAPABILITIES = auto()
    CHALLENGE = auto()
    PROVE = auto()
    TEXTS = auto()
    READY = auto()


class LoginFailed(WireError):  # noqa: N818 - what has happened
    """The link cannot be used. `security`: because the device did not prove its key.

    refused: it only said no, which anybody on the line can say in its name.
    """

    def __init__(self, why: str, *, security: bool, refused: bool = False) -> None:
        super().__init__(why)
        self.security = security
        self.refused = refused


class _Refused(HandshakeFailed):
    """The device said no to a step of the handshake."""


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
        self.reports: list[Reply] = []
        """What it has said of its own accord while it was asked for its texts."""
        self._parts = IdentityParts()
        self._texts_asked = False
        self._text_polls = 0

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
            self._texts_asked = False

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
            case Stage.CHALLENGE:
                return self._link.challenge(self._keys[0])
            case Stage.TEXTS:
                if self._texts_asked:
                    self._text_polls += 1
                    return Poll()
                self._texts_asked = True  # also where it costs the session: a second time it would again
                self._parts, self._text_polls, self.texts = IdentityParts(), 0, ()
                return Identify(extended=True)
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
            security = self._failures >= len(self._keys)
            raise LoginFailed(str(error), security=security, refused=isinstance(error, _Refused)) from error

    def _take(self, frame: Frame) -> None:
        reply = self._link.unwrap(frame)
        match self.stage, reply:
            case Stage.IDENTIFY, Identity():
                known = self.identity == reply and self.capabilities is not None
                self._texts_asked = self._texts_asked and self.identity == reply
                self.identity = reply
                self.stage = self._after_capabilities() if known else Stage.CAPABILITIES
            case Stage.CAPABILITIES, Capabilities() | Nak():
                self.capabilities = reply if isinstance(reply, Capabilities) else Capabilities(())
                self.stage = self._after_capabilities()
            case Stage.CHALLENGE, ClientCryptogram():
                self._proof = self._link.prove(reply)
                self.cuid = reply.cuid
                self.stage = Stage.PROVE
            case Stage.PROVE, InitialRmac():
                self._link.confirm(reply, frame.block)
                while len(self._keys) > 1:
                    self._keys.pop()
                self._failures = 0
                self.stage = self._after_session()
            case ((Stage.CHALLENGE | Stage.PROVE), Nak(reason=reason)):
                raise _Refused(f"the device refuses the handshake: {nak_text(reason)}")
            case Stage.TEXTS, _:
                self._take_texts(reply)
            case _, Nak(reason=reason):
                raise LoginFailed(nak_text(reason), security=False)
            case _:
                raise LoginFailed(f"an answer out of place ({frame.code:#04x})", security=False)

    def _take_texts(self, reply: Reply) -> None:
        """Take an answer while its texts are awaited. What is no text of it ends the waiting, or is news."""
        match reply:
            case ExtendedIdentity(texts=texts):
                self.texts = texts
                self.stage = Stage.READY
            case IdentityPart():
                if self._parts.add(reply):
                    self._end_texts()
            case Ack() if self._parts.begun:
                pass  # the next part is not ready yet
            case Nak() | Ack():
                self._end_texts()
            case _:
                self.reports.append(reply)
        if self._text_polls >= MOST_TEXT_POLLS and self.stage is Stage.TEXTS:
            self._end_texts()

    def _end_texts(self) -> None:
        self.stage = Stage.READY
        self.texts = self._parts.texts()

    def _after_capabilities(self) -> Stage:
        return self._after_session() if self._security is Security.OFF else Stage.CHALLENGE

    def _after_session(self) -> Stage:
        has_texts = self.who[1].find(Function.EXTENDED_ID) is not None
        return Stage.TEXTS if has_texts and not self._texts_asked else Stage.READY


def questions(capabilities: Capabilities, receive_bytes: int) -> list[Command]:
    """Return what to ask a device that has come: only about what it says that it has.

    receive_bytes: the longest frame that the panel takes.
    """
    asked: list[Command] = [AskLocal()]
    if (inputs := capabilities.find(Function.INPUTS)) is not None and inputs.count:
        asked.append(AskInputs())
    if (outputs := capabilities.find(Function.OUTPUTS)) is not None and outputs.count:
        asked.append(AskOutputs())
    if (readers := capabilities.find(Function.READERS)) is not None and readers.count > 1:
        asked.append(AskReaders())
    if capabilities.find(Function.RECEIVE_SIZE) is not None:
        asked.append(TellReceiveSize(receive_bytes))
    return asked
