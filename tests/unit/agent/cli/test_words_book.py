"""Whatever stands in the book has a word in both languages."""

import re
from pathlib import Path

import pytest

import agent
from agent.cli.words import known
from agent.domain.credentials import CredentialState
from agent.office.identity import Document
from agent.office.people import Role

ROOT = Path(agent.__path__[0])
CHANGES = re.compile(r'(?:book\.change|\.log)\(\s*f?"([a-z._]+)"')


def changes() -> set[str]:
    """Return the changes that the office's modules make, where the name stands as it is."""
    sources = [*ROOT.glob("office/**/*.py"), *ROOT.glob("cli/office*.py")]
    return {code for path in sources for code in CHANGES.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    "key",
    [
        *(f"role_{role}" for role in Role),
        *(f"document_{kind}" for kind in Document),
        *(f"state_{state}" for state in CredentialState),
        *(f"change_credential_{state}" for state in CredentialState),
        "kind_card",
        "kind_phone",
    ],
)
def test_every_kind_of_entry_has_its_words(key: str) -> None:
    assert known(f"book.{key}")


def test_every_change_has_its_words() -> None:
    found = changes()
    assert {"person.added", "card.issued", "access.loaded"} <= found
    assert [code for code in sorted(found) if not known(f"book.change_{code.replace('.', '_')}")] == []
