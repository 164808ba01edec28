"""Which device belongs at an address: what is known of it beforehand, or the first that comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.osdp.identity import Identity


class Expected:
    """Compares who comes with who should. known: "serial", "cuid", hex digits."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._known = dict(known or {})

    def differences(self, identity: Identity, cuid: bytes | None) -> str:
        """Return what is not as it was, in words; nothing where it is the same device, or the first."""
        found = {"serial": f"{identity.serial:08x}"}
        if cuid is not None:
            found["cuid"] = cuid.hex()
        return "; ".join(
            f"{what} is {now}, and was {self._known[what]}"
            for what, now in found.items()
            if self._known.setdefault(what, now) != now
        )
