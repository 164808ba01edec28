"""What can be wrong with a signed word, each under a code that stays the same for ever."""

from __future__ import annotations

from enum import StrEnum

from protocols.errors import WireError


class Defect(StrEnum):
    """Why a token could not be opened."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"


class TokenError(WireError):
    """This is no token that we accept. `code` is the reason; the text is for a person."""

    def __init__(self, code: Defect, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
