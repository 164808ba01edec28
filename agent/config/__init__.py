"""The configuration as one type."""
