"""Cutting a frame's data into fields; what does not fit is a WireError."""

from __future__ import annotations

from protocols.errors import WireError


def number(data: bytes) -> int:
    """Return a little-endian number."""
    return int.from_bytes(data, "little")


def exactly(data: bytes, size: int, what: str) -> bytes:
    """Return `data` where it has `size` bytes. Raises WireError."""
    if len(data) != size:
        raise WireError(f"{what} has {len(data)} bytes of data where {size} belong")
    return data


def at_least(data: bytes, size: int, what: str) -> bytes:
    """Return `data` where it has `size` bytes or more. Raises WireError."""
    if len(data) < size:
        raise WireError(f"{what} has {len(data)} bytes of data where {size} or more belong")
    return data


def records(data: bytes, size: int, what: str) -> list[bytes]:
    """Return `data` cut into records of `size` bytes, one or more. Raises WireError."""
    if not data or len(data) % size:
        raise WireError(f"{what} has {len(data)} bytes of data, not a multiple of {size}")
    return [data[i : i + size] for i in range(0, len(data), size)]
