"""A visitor's pass: a signed word that its holder may pass some doors, some times, within a window.

It is shown as a QR code and checked where it is shown, without a line to anybody: so everything it allows is
in it. One that is to end sooner is named as revoked on its gateway's list (protocols.mqtt.roster).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from protocols.tokens.command import LATEST_S
from protocols.tokens.errors import Defect, TokenError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.tokens.token import Opened

VISIT_TYP: Final = "menshen-pass+jwt"
VERSION: Final = 1
PASS_CHARS: Final = 2048
"""What a QR code holds that a phone's screen can show and a reader at the door can read."""
WINDOW_S: Final = 31 * 24 * 3600
"""The longest window, a month: whoever comes for longer is a resident, and has a card."""
DOORS: Final = 16
USES: Final = 100

_NAME: Final = re.compile(r"[^\x00-\x1f\x7f/+#]{1,64}")
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True)
class PassClaims:
    """One pass. `nbf`, `exp`: seconds UTC. `doors`: of the gateway `aud`. `sub`: the visitor's opaque id.

    `uses`: how many entries it is good for, all doors together, counted by the gateway on its disk.
    """

    iss: str
    aud: str
    doors: tuple[str, ...]
    sub: str
    jti: str
    nbf: int
    exp: int
    uses: int

    def __post_init__(self) -> None:
        """Refuse what no gateway would take, before it is signed."""
        if not 0 < self.exp - self.nbf <= WINDOW_S:
            raise ValueError("a pass is valid for a month at most, and ends after it begins")
        if not 0 < len(self.doors) <= DOORS or not 0 < self.uses <= USES:
            raise ValueError(f"a pass is for 1 to {DOORS} doors and 1 to {USES} uses")

    def payload(self) -> dict[str, object]:
        """Return what is signed, `v` first."""
        return {
            "v": VERSION,
            "iss": self.iss,
            "aud": self.aud,
            "doors": list(self.doors),
            "sub": self.sub,
            "jti": self.jti,
            "nbf": self.nbf,
            "exp": self.exp,
            "uses": self.uses,
        }


def read_pass(opened: Opened) -> PassClaims:
    """Return the claims in `opened`. Raises TokenError("malformed"). Unknown fields are passed over."""
    said = opened.payload
    doors = said.get("doors")
    if type(said.get("v")) is not int or said["v"] != VERSION or said.get("iss") != opened.kid:
        raise TokenError(Defect.MALFORMED, "not a pass of version 1 by the key that signed it")
    if not isinstance(doors, list) or not all(_fits(door, _NAME) for door in doors):
        raise TokenError(Defect.MALFORMED, "doors is no list of names")
    try:
        return PassClaims(
            iss=opened.kid,
            aud=_text(said, "aud", _NAME),
            doors=tuple(doors),
            sub=_text(said, "sub", _NAME),
            jti=_text(said, "jti", _NUMBER),
            nbf=_whole(said, "nbf"),
            exp=_whole(said, "exp"),
            uses=_whole(said, "uses"),
        )
    except ValueError as error:
        raise TokenError(Defect.MALFORMED, str(error)) from error


def _fits(value: object, shape: re.Pattern[str]) -> bool:
    return isinstance(value, str) and shape.fullmatch(value) is not None


def _text(said: Mapping[str, object], name: str, shape: re.Pattern[str]) -> str:
    value = said.get(name)
    if not isinstance(value, str) or shape.fullmatch(value) is None:
        raise TokenError(Defect.MALFORMED, f"{name} is missing, or not what it may be")
    return value


def _whole(said: Mapping[str, object], name: str) -> int:
    value = said.get(name)
    if type(value) is not int or not 0 <= value <= LATEST_S:
        raise TokenError(Defect.MALFORMED, f"{name} is no number that it may be")
    return value
