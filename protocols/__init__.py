"""What bytes mean: bytes to values and back. Pure: no port, no clock, no log, no thread."""
