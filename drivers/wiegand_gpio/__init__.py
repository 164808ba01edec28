"""Wiegand readers, locks and buttons at the box's own GPIO lines."""
