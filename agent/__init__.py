"""Decides, remembers, tells."""
