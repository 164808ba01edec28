"""Bytes of a QR reader into texts of bounded length. Never reads, waits or logs."""

from __future__ import annotations

import string

LONGEST_TEXT = 2048  # what a phone's screen can show and a reader at a door can read
_ENDS = b"\r\n"
_PRINTABLE = frozenset(string.printable.encode("ascii")) - frozenset(b"\t\r\n\x0b\x0c")


class Lines:
    """Texts as they come.

    with_end: a text ends with CR, LF or both. Without, a silence ends it, and half a text is a text too: what
    it says must then be proven by itself, as a signed pass is.
    """

    def __init__(self, *, with_end: bool) -> None:
        self._dropped = 0
        self._with_end = with_end
        self._held = bytearray()
        self._too_long = False

    def take(self, data: bytes) -> list[str]:
        """Take bytes in any split; return the texts that are whole. No bytes are a silence."""
        if not data:
            return self._silence()
        found = []
        for byte in data:
            if byte in _ENDS:
                found += self._end()
            elif len(self._held) >= LONGEST_TEXT or self._too_long:
                self._too_long = True  # until its end: the tail of a long text is no text
                self._dropped += len(self._held) + 1
                self._held.clear()
            else:
                self._held.append(byte)
        return found

    def noise_bytes(self) -> int:
        """Return how many bytes were no text since the last call."""
        count, self._dropped = self._dropped, 0
        return count

    def _silence(self) -> list[str]:
        if not self._with_end:
            return self._end()
        self._dropped += len(self._held)
        self._held.clear()
        self._too_long = False
        return []

    def _end(self) -> list[str]:
        text, self._held = bytes(self._held).strip(b" "), bytearray()
        too_long, self._too_long = self._too_long, False
        if not text or too_long or not _PRINTABLE.issuperset(text):
            self._dropped += len(text)
            return []
        return [text.decode("ascii")]
