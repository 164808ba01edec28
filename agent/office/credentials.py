"""Cards and phone keys in the book: issue, suspend, lose, revoke, replace.

A card is known to the gateways by the keyed digest of its number; the number itself stays here, sealed.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.domain.credentials import CredentialKind, CredentialState
from agent.errors import BadInput
from protocols.mqtt.model import read_stamp, stamp
from protocols.tokens.errors import TokenError
from protocols.tokens.keys import kid, public_from_text

if TYPE_CHECKING:
    from datetime import datetime

    from agent.office.edit import Edit
    from agent.office.people import Reading
    from protocols.wiegand.identity import CardNumber

DIGEST_BYTES = 16
_STATE_WORDS = {
    CredentialState.ACTIVE: "正在使用",
    CredentialState.SUSPENDED: "已停用",
    CredentialState.LOST: "已挂失",
    CredentialState.REVOKED: "已注销",
}


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """A card or a phone key as the office knows it. `number`: canonical text; empty for a phone."""

    id: str
    kind: CredentialKind
    person: str
    state: CredentialState
    number: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    key: str | None = None
    why: str = ""

    @property
    def masked(self) -> str:
        """The number as may be shown where others look on: its last four digits."""
        return f"…{self.number[-4:]}" if self.number else "phone"


def digest_of(digest_key: bytes, identity: str) -> str:
    """Return the digest that gateways know: HMAC-SHA256 cut to 16 bytes, as 32 hex digits.

    identity: a card's canonical text such as `uid32:0A1B2C3D`, or `phone:` and the key's kid.
    """
    return hmac.digest(digest_key, identity.encode("ascii"), "sha256")[:DIGEST_BYTES].hex()


def phone_digest(digest_key: bytes, public: str) -> str:
    """Return the digest of the phone whose public key text is `public`. Raises BadInput when it is none."""
    try:
        name = kid(public_from_text(public))
    except TokenError as error:
        raise BadInput(
            f"this is not the key that `menshen phone enrol` printed: {error}",
            f"这不是 menshen phone enrol 输出的公钥：{error}",
        ) from error
    return digest_of(digest_key, f"phone:{name}")


def issue(
    edit: Edit,
    person: str,
    number: CardNumber,
    *,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> str:
    """Bind the card `number` to `person`, active, and return its digest.

    Raises BadInput for a person whom nobody has verified, a card that is somebody's, and one that was
    stopped: a suspension is ended by `set_state` alone, and what was lost or revoked by `release`.
    """
    _verified(edit, person)
    text = str(number)
    key = digest_of(edit.digest_key, text)
    before = _free(edit, key, person, "card")
    active = Credential(
        key, CredentialKind.CARD, person, CredentialState.ACTIVE, text, valid_from, valid_until
    )
    _write(edit, active, before)
    return key


def add_phone(edit: Edit, person: str, public: str) -> str:
    """Bind the phone whose public key text is `public` to `person`, and return its digest."""
    _verified(edit, person)
    key = phone_digest(edit.digest_key, public)
    before = _free(edit, key, person, "phone")
    _write(
        edit, Credential(key, CredentialKind.PHONE, person, CredentialState.ACTIVE, "", key=public), before
    )
    return key


def set_state(edit: Edit, key: str, state: CredentialState, why: str = "") -> None:
    """Suspend, lose, revoke or reactivate. What is lost or revoked never becomes active again by this.

    Raises BadInput for an unknown credential, and for a way back from lost or revoked.
    """
    before = load(edit, key)
    final = before.state in {CredentialState.LOST, CredentialState.REVOKED}
    if final and state in {CredentialState.ACTIVE, CredentialState.SUSPENDED}:
        raise BadInput(
            f"this credential is {before.state}; issue another, or release the card first",
            f"此卡{_STATE_WORDS[before.state]}；请另发一张，或先释放此卡",
        )
    _write(
        edit,
        Credential(
            key,
            before.kind,
            before.person,
            state,
            before.number,
            before.valid_from,
            before.valid_until,
            before.key,
            why or before.why,
        ),
        edit.get("credential", key),
    )


def replace(edit: Edit, key: str, number: CardNumber, why: str = "") -> str:
    """Revoke the card `key` and issue `number` to the same person in one change; return the new digest."""
    before = load(edit, key)
    set_state(edit, key, CredentialState.REVOKED, why)
    return issue(edit, before.person, number, valid_from=before.valid_from, valid_until=before.valid_until)


def release(edit: Edit, key: str) -> None:
    """Forget a lost or revoked card, found again and wiped, so that it can be issued to anybody."""
    before = load(edit, key)
    if before.state not in {CredentialState.LOST, CredentialState.REVOKED}:
        raise BadInput(
            f"this credential is {before.state}; revoke it first",
            f"此卡{_STATE_WORDS[before.state]}；请先注销",
        )
    edit.drop("credential", key)


def load(book: Reading, key: str) -> Credential:
    """Return the credential with the digest `key`. Raises BadInput when there is none."""
    row = book.database.execute("SELECT * FROM credential WHERE id = ?", (key,)).fetchone()
    if row is None:
        raise BadInput("this card or phone is not in the book", "登记簿中没有此卡或手机")
    return _credential(book, dict(row))


def held_by(book: Reading, person: str) -> list[Credential]:
    """Return all credentials bound to `person`."""
    rows = book.database.execute("SELECT * FROM credential WHERE person = ? ORDER BY id", (person,))
    return [_credential(book, dict(row)) for row in rows]


def _free(edit: Edit, key: str, person: str, what: str) -> dict[str, Any] | None:
    """Return the credential as it stands, if `person` may (still) be given it. Raises BadInput."""
    before = edit.get("credential", key)
    if before is not None and before["person"] != person:
        raise BadInput(
            f"this {what} is bound to {before['person']}; revoke and release it there first",
            f"此卡或手机属于 {before['person']}；请先在该人名下注销并释放",
        )
    if before is not None and before["state"] == CredentialState.SUSPENDED:
        raise BadInput(f"this {what} is suspended; resume it", "此卡或手机已停用；请恢复使用")
    if before is not None and before["state"] in {CredentialState.LOST, CredentialState.REVOKED}:
        raise BadInput(
            f"this {what} is {before['state']}; release it before it is given out again",
            f"此卡或手机{_STATE_WORDS[before['state']]}；释放后才能再次发放",
        )
    return before


def _verified(edit: Edit, person: str) -> None:
    row = edit.get("person", person)
    if row is None:
        raise BadInput(f"there is no person {person}", f"没有人员 {person}")
    if row["verified_at"] is None:
        raise BadInput(
            f"nobody has verified {person}; first: menshen office person verify {person} --how …",
            f"{person} 未实名核验；请先执行 menshen office person verify {person} --how …",
        )


def _write(edit: Edit, credential: Credential, before: dict[str, Any] | None) -> None:
    if credential.number:
        edit.numbers[credential.id] = credential.number
    place = f"credential/{credential.id}"
    text = json.dumps({"number": credential.number, "why": credential.why}, ensure_ascii=False)
    same = before is not None and edit.sealer.open(before["sealed"], place) == text
    edit.change(
        "credential",
        {
            "id": credential.id,
            "kind": credential.kind.value,
            "person": credential.person,
            "state": credential.state.value,
            "valid_from": None if credential.valid_from is None else stamp(credential.valid_from),
            "valid_until": None if credential.valid_until is None else stamp(credential.valid_until),
            "key": credential.key,
            "sealed": before["sealed"] if same and before is not None else edit.sealer.seal(text, place),
        },
        before,
    )


def _credential(book: Reading, row: dict[str, Any]) -> Credential:
    private = json.loads(book.sealer.open(row["sealed"], f"credential/{row['id']}"))
    return Credential(
        id=row["id"],
        kind=CredentialKind(row["kind"]),
        person=row["person"],
        state=CredentialState(row["state"]),
        number=private["number"],
        valid_from=None if row["valid_from"] is None else read_stamp(row["valid_from"]),
        valid_until=None if row["valid_until"] is None else read_stamp(row["valid_until"]),
        key=row["key"],
        why=private["why"],
    )
