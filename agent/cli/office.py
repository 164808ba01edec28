"""`menshen office`: the property manager's side. What each action does is in the modules named office_*."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.cli.office_access import add as add_access
from agent.cli.office_cards import add as add_cards
from agent.cli.office_history import add as add_history
from agent.cli.office_import import add as add_import
from agent.cli.office_keys import add as add_keys
from agent.cli.office_passes import add as add_passes
from agent.cli.office_people import add as add_people
from agent.cli.office_push import add as add_push
from agent.cli.office_receipts import add as add_receipts
from agent.cli.office_setup import add as add_setup
from agent.cli.office_tenancy import add as add_households
from agent.cli.words import say

if TYPE_CHECKING:
    from agent.cli.app import Commands


def register(commands: Commands) -> None:
    """Add `office` and what it can do."""
    office = commands.add_parser("office", help=say("app.office"), description=say("app.office"))
    actions = office.add_subparsers(metavar="ACTION", required=True, dest="action")
    for add in (
        add_setup,
        add_access,
        add_people,
        add_cards,
        add_import,
        add_push,
        add_receipts,
        add_history,
        add_keys,
        add_passes,
        add_households,
    ):
        add(actions)
