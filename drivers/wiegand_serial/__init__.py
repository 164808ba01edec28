"""Readers and converters that print their cards on a serial line."""
