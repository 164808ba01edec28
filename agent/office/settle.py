"""What follows from a change of the book, before it is committed: passes, aliases, collisions, roster rows.

The change itself (edit.py) knows nothing of this, and none of what is composed here knows of the others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.office import aliases, collisions, listing, visits

if TYPE_CHECKING:
    from agent.office.edit import Edit


def settle(edit: Edit, *, accept_collisions: bool) -> None:
    """Write what follows from the change, and how its rows stood before: call it once, before the commit.

    Raises Collides when readers cannot tell a card from another now, and nobody has accepted that.
    """
    persons = set(edit.before("person"))
    visits.follow(edit, persons)  # which changes rows itself, so it comes first
    _settle_cards(edit, accept_collisions=accept_collisions)
    listing.write(edit, "person", persons)
    listing.write(edit, "credential", {*edit.before("credential"), *listing.held_by(edit, persons)})
    for table in ("door_group", "schedule", "gateway", "pass"):
        listing.write(edit, table, edit.before(table))
    edit.keep_images()


def _settle_cards(edit: Edit, *, accept_collisions: bool) -> None:
    gateways = edit.before("gateway").keys()
    cards = edit.before("credential")
    all_anew = bool(gateways) and aliases.keep_up(edit)
    aliases.add(edit, (key for key, row in cards.items() if row is None))
    found = collisions.settle(edit, None if all_anew else _moved(edit), gateways)
    if found and not accept_collisions:
        raise collisions.Collides(found)
    if found:
        edit.note(f"collisions+{len(found)}")


def _moved(edit: Edit) -> list[str]:
    """Return the cards that came, went, or changed hands."""
    cards = edit.before("credential")
    rows = edit.database.execute(
        "SELECT id, person FROM credential WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(cards)),),
    )
    now = {row["id"]: row["person"] for row in rows}
    return [key for key, row in cards.items() if now.get(key) != (None if row is None else row["person"])]
