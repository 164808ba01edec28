"""What gateways may know of a row of the book: the opaque body that goes on the roster.

This is the one place where the book's rows become what leaves the office. Nothing sealed is read here.
"""

from __future__ import annotations

import json
from typing import Any

from agent.domain.credentials import CredentialKind, CredentialState

Row = dict[str, Any]
REVOKED = CredentialState.REVOKED.value

# The tables of the book, and the kind of roster row that each makes (None: none leaves the office).
TABLES: dict[str, str | None] = {
    "person": "person",
    "household": None,
    "credential": "credential",
    "door_group": "group",
    "schedule": "schedule",
    "gateway": "gateway",
    "pass": "pass",
}


def body_of(table: str, row: Row) -> Row | None:
    """Return the roster body of `row`; None when it is not on the list.

    A person whom nobody has verified is not on the list, and so neither is anything bound to them.
    """
    match table:
        case "person":
            return _person(row) if row["verified_at"] is not None else None
        case "credential":
            return _credential(row)
        case "door_group":
            return {"name": row["id"], "rights": json.loads(row["rights"])}
        case "schedule":
            return {"name": row["id"], "zone": row["zone"], "windows": json.loads(row["windows"])}
        case "gateway":
            return {"doors": json.loads(row["doors"]), "reads": json.loads(row["reads"])}
        case "pass":
            return {"gateway": row["gateway"], "row": _pass(row)} if row["state"] == REVOKED else None
        case _:
            raise ValueError(f"no roster rows are made of {table}")


def canonical(body: Row) -> str:
    """Return `body` as the text that a list's digest is made of (protocols.mqtt.roster says how)."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def person_of(table: str, row: Row) -> str | None:
    """Return the person that `row` is bound to, when it may stand on the list only with them."""
    return row["person"] if table == "credential" else None


def _person(row: Row) -> Row:
    return {
        "id": row["id"],
        "verified": True,
        "verified_until": row["verified_until"],
        "from": row["valid_from"],
        "until": row["valid_until"],
        "groups": sorted(json.loads(row["groups"])),
        "household": row["household"],
        "override": bool(row["override"]),
        "longer": bool(row["longer"]),
    }


def _credential(row: Row) -> Row:
    return {
        "digest": row["id"],
        "kind": row["kind"],
        "person": row["person"],
        "state": row["state"],
        "from": row["valid_from"],
        "until": row["valid_until"],
        "key": row["key"],
    }


def _pass(row: Row) -> Row:
    return {
        "digest": row["id"],
        "kind": CredentialKind.VISIT.value,
        "person": row["person"],
        "state": REVOKED,
        "from": None,
        "until": row["ends"],
        "key": None,
    }
