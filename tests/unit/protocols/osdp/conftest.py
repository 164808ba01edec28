"""What the tests of one reader's life share."""

from __future__ import annotations

import pytest

from tests.unit.protocols.osdp.talk import Talk, clear_talk, secure_talk


@pytest.fixture(params=[clear_talk, secure_talk], ids=["clear", "secure"])
def talk(request: pytest.FixtureRequest) -> Talk:
    """Return a reader in clear, and then one in the secure channel."""
    made = request.param()
    assert isinstance(made, Talk)
    return made
