"""What can be wrong with a message on the broker."""

from __future__ import annotations

from protocols.errors import WireError


class MessageError(WireError):
    """This topic or payload is none that we know. The text names the place, never the content."""
