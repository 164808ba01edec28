"""Signed words: layout, signing, verifying."""
