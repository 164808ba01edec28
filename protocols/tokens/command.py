"""What a command token claims: who asks which gateway to do what at which door, and until when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from protocols.tokens.errors import Defect, TokenError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.tokens.token import Opened

VERSION: Final = 1
OPEN_LIFE_S: Final = 30
"""The longest life of an open: a person stands at the door, or has gone."""
MODE_LIFE_S: Final = 300
"""The longest life of a change of mode: the duty desk may wait for a slow line, not for a shift."""

LATEST_S: Final = 253_402_300_799
"""The end of the year 9999: the last second that a date can name."""

_NAME: Final = re.compile(r"[^\x00-\x1f\x7f/+#]{1,64}")  # may become part of a topic
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")  # a jti: 48 random bits at least, bounded on disk
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Do(StrEnum):
    """What a command may ask for."""

    OPEN = "open"
    MODE = "mode"
    FIRE_OVER = "fire_over"


class Mode(StrEnum):
    """The modes that a command may set a door to."""

    NORMAL = "normal"
    HELD = "held"
    LOCKED = "locked"


_LIFE_S: Final = {Do.OPEN: OPEN_LIFE_S, Do.MODE: MODE_LIFE_S, Do.FIRE_OVER: MODE_LIFE_S}

EVERY_DOOR: Final = "*"
"""The `door` of a command to the whole gateway: FIRE_OVER's, and no other's."""


@dataclass(frozen=True, slots=True)
class CommandClaims:
    """One command. `iat`, `exp`: seconds UTC. `mode` stands exactly when `do` is MODE.

    `door`: EVERY_DOOR exactly when `do` is FIRE_OVER, which says that the fire is over.

    `client`: where the answer goes when the transport names no response topic. `sub`: the person for whom
    a key asks.
    """

    iss: str
    aud: str
    door: str
    do: Do
    jti: str
    iat: int
    exp: int
    mode: Mode | None = None
    sub: str | None = None
    nonce: str | None = None
    client: str | None = None

    @property
    def life_s(self) -> int:
        """How long the command says that it may be acted on."""
        return self.exp - self.iat

    @property
    def longest_life_s(self) -> int:
        """How long it may say so."""
        return _LIFE_S[self.do]

    def payload(self) -> dict[str, object]:
        """Return what is signed: `v` first, nothing that is None."""
        said = {
            "v": VERSION,
            "iss": self.iss,
            "aud": self.aud,
            "door": self.door,
            "do": self.do.value,
            "mode": None if self.mode is None else self.mode.value,
            "sub": self.sub,
            "jti": self.jti,
            "iat": self.iat,
            "exp": self.exp,
            "nonce": self.nonce,
            "client": self.client,
        }
        return {name: value for name, value in said.items() if value is not None}


def read_command(opened: Opened) -> CommandClaims:
    """Return the claims in `opened`. Raises TokenError("malformed"). Unknown fields are passed over."""
    said = opened.payload
    if type(said.get("v")) is not int or said["v"] != VERSION:
        raise TokenError(Defect.MALFORMED, "not a command of version 1")
    if said.get("iss") != opened.kid:
        raise TokenError(Defect.MALFORMED, "iss is not the key that signed")
    try:
        do = Do(_text(said, "do", _NAME))
        mode_text = _maybe_text(said, "mode", _NAME)
        mode = None if mode_text is None else Mode(mode_text)
    except ValueError as error:
        raise TokenError(Defect.MALFORMED, "do or mode is none that we know") from error
    if (mode is not None) != (do is Do.MODE):
        raise TokenError(Defect.MALFORMED, "mode stands with do=mode, and only there")
    if (said.get("door") == EVERY_DOOR) != (do is Do.FIRE_OVER):
        raise TokenError(Defect.MALFORMED, "fire_over is for the whole gateway, and nothing else is")
    claims = CommandClaims(
        iss=opened.kid,
        aud=_text(said, "aud", _NAME),
        door=_text(said, "door", _NAME),
        do=do,
        jti=_text(said, "jti", _NUMBER),
        iat=_second(said, "iat"),
        exp=_second(said, "exp"),
        mode=mode,
        sub=_maybe_text(said, "sub", _NAME),
        nonce=_maybe_text(said, "nonce", _NONCE),
        client=_maybe_text(said, "client", _NAME),
    )
    if claims.life_s <= 0:
        raise TokenError(Defect.MALFORMED, "exp is not after iat")
    return claims


def _maybe_text(said: Mapping[str, object], name: str, shape: re.Pattern[str]) -> str | None:
    return None if said.get(name) is None else _text(said, name, shape)


def _text(said: Mapping[str, object], name: str, shape: re.Pattern[str]) -> str:
    value = said.get(name)
    if not isinstance(value, str) or shape.fullmatch(value) is None:
        raise TokenError(Defect.MALFORMED, f"{name} is missing, or not what it may be")
    return value


def _second(said: Mapping[str, object], name: str) -> int:
    value = said.get(name)
    if type(value) is not int or not 0 <= value <= LATEST_S:
        raise TokenError(Defect.MALFORMED, f"{name} is no second of the calendar")
    return value
