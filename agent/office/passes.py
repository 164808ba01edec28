"""Visitor passes: registered by name at the desk, signed, and shown as a QR code that tells no name."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from agent.errors import BadInput
from agent.office import people
from agent.office.access import gateways
from protocols.tokens.keys import kid
from protocols.tokens.token import sign
from protocols.tokens.visit import PASS_CHARS, VISIT_TYP, PassClaims

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from segno import QRCode

    from agent.office.book import Book

JTI_BYTES = 12
QUIET_MODULES = 4  # ISO/IEC 18004: a code needs four light modules around it
PNG_SCALE = 8


def issue_pass(
    book: Book,
    person: str,
    *,
    gateway: str,
    doors: Sequence[str],
    valid_from: datetime,
    valid_until: datetime,
    uses: int,
    by: str,
    at: datetime,
) -> tuple[str, PassClaims]:
    """Return the signed pass of the visitor `person`, and what it says; the history keeps its number.

    Raises BadInput for somebody whom nobody has verified, for doors that the gateway does not have, and for
    a window or a count beyond the bounds of passes.
    """
    if people.load(book, person).verification is None:
        raise BadInput(f"nobody has verified {person}; first: menshen office person verify {person} --how …")
    known = gateways(book).get(gateway, ())
    missing = [door for door in doors if door not in known]
    if missing or not doors:
        raise BadInput(f"{gateway} has no door {', '.join(missing)}; it has {', '.join(known)}")
    key = book.signing_key()
    try:
        claims = PassClaims(
            iss=kid(key.public_key()),
            aud=gateway,
            doors=tuple(dict.fromkeys(doors)),
            sub=person,
            jti=secrets.token_urlsafe(JTI_BYTES),
            nbf=int(valid_from.timestamp()),
            exp=int(valid_until.timestamp()),
            uses=uses,
        )
    except ValueError as error:
        raise BadInput(str(error)) from error
    token = sign(claims.payload(), key, VISIT_TYP)
    if len(token) > PASS_CHARS:
        raise BadInput("this pass is too long for a QR code; name fewer doors")
    book.log("pass.issued", f"{person} {claims.jti} {gateway}", by=by, at=at)
    return token, claims


def qr_code(token: str) -> QRCode:
    """Return the QR code of a pass. Raises BadInput where the extra is not installed."""
    try:
        import segno  # noqa: PLC0415 - an extra: menshen[office]
    except ModuleNotFoundError:
        raise BadInput("QR codes need the extra: pip install 'menshen[office]'") from None
    return segno.make_qr(token, error="m")


def save_picture(token: str, path: Path, kind: str) -> None:
    """Write the QR code of a pass to `path` as "png" or "svg". Raises BadInput."""
    code = qr_code(token)
    try:
        with path.open("wb") as file:
            code.save(file, kind=kind, scale=PNG_SCALE, border=QUIET_MODULES)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error
