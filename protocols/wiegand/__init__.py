"""Wiegand: pulses to bits to cards, the format table, printed numbers."""
