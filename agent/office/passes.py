"""Visitor passes: registered by name at the desk, signed, and shown as a QR code that tells no name."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from agent.errors import BadInput
from agent.office import visits
from agent.office.access import gateways
from protocols.mqtt.model import stamp
from protocols.tokens.keys import kid
from protocols.tokens.token import sign
from protocols.tokens.visit import DOORS, PASS_CHARS, USES, VISIT_TYP, PassClaims

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    from segno import QRCode

    from agent.office.book import Book

JTI_BYTES = 8
"""64 random bits, 16 hex digits: read out over the telephone, and never with a dash in front."""
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
    host: str | None = None,
) -> tuple[str, PassClaims]:
    """Return the signed pass of the visitor `person`, and what it says; the book keeps its number.

    host: who is visited. Raises BadInput for a visitor or a host whom nobody has verified or whose right ends
    before the pass, for doors that the gateway does not have, and for a window or a count beyond the bounds
    of passes.
    """
    begins, ends = (moment.replace(microsecond=0) for moment in (valid_from, valid_until))
    known = gateways(book).get(gateway)
    if known is None:
        raise BadInput(
            f"there is no gateway {gateway!r}; see: menshen office gateway list",
            f"没有网关 {gateway!r}；请查看 menshen office gateway list",
        )
    missing = [door for door in doors if door not in known]
    if missing or not doors:
        raise BadInput(
            f"{gateway} has no door {', '.join(missing)}; it has {', '.join(known)}",
            f"{gateway} 没有门 {'、'.join(missing)}；现有：{'、'.join(known)}",
        )
    key = book.signing_key()
    try:
        claims = PassClaims(
            iss=kid(key.public_key()),
            aud=gateway,
            doors=tuple(dict.fromkeys(doors)),
            sub=person,
            jti=secrets.token_hex(JTI_BYTES),
            nbf=int(begins.timestamp()),
            exp=int(ends.timestamp()),
            uses=uses,
        )
    except ValueError as error:
        raise BadInput(
            str(error), f"通行证最长 31 天，截止须晚于开始；可开 1 至 {DOORS} 个门、1 至 {USES} 次"
        ) from error
    if ends <= at:
        raise BadInput("this pass would be over already", "此通行证已过截止时间")
    token = sign(claims.payload(), key, VISIT_TYP)
    if len(token) > PASS_CHARS:
        raise BadInput(
            "this pass is too long for a QR code; name fewer doors",
            "通行证内容过长，无法生成二维码；请减少门数",
        )
    with book.change("pass.issued", by=by, at=at) as edit:
        for each in (person, host):
            why = None if each is None else visits.why_not(edit, each, stamp(begins), stamp(ends))
            if why is not None:
                raise why
        visits.record(edit, claims, begins, ends, host)
        edit.note(f"{person} {claims.jti} {gateway}")
    return token, claims


def revoke_passes(
    book: Book, *, numbers: Collection[str] = (), person: str | None = None, by: str, at: datetime
) -> int:
    """Revoke the passes of these numbers, and all of a visitor or a host; return how many that stopped.

    They are dead at a door when the gateway's receipt for the book's revision is there. Raises BadInput for a
    number that no pass has.
    """
    with book.change("pass.revoked", by=by, at=at) as edit:
        count = visits.revoke_numbers(edit, numbers)
        count += 0 if person is None else visits.revoke_of(edit, person)
        edit.note(" ".join([*numbers, *([] if person is None else [person])]))
    return count


def qr_code(token: str) -> QRCode:
    """Return the QR code of a pass. Raises BadInput where the extra is not installed."""
    try:
        import segno  # noqa: PLC0415 - an extra: menshen[office]
    except ModuleNotFoundError:
        raise BadInput(
            "QR codes need the extra: pip install 'menshen[office]'",
            "生成二维码需要附加组件：pip install 'menshen[office]'",
        ) from None
    return segno.make_qr(token, error="m")


def save_picture(token: str, path: Path, kind: str) -> None:
    """Write the QR code of a pass to `path` as "png" or "svg". Raises BadInput."""
    code = qr_code(token)
    try:
        with path.open("wb") as file:
            code.save(file, kind=kind, scale=PNG_SCALE, border=QUIET_MODULES)
    except OSError as error:
        raise BadInput(
            f"cannot write {path}: {error.strerror}", f"无法写入 {path}：{error.strerror}"
        ) from error
