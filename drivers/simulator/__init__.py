"""Devices that speak the wire at the far end of a pseudo-terminal."""
