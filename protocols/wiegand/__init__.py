"""Wiegand: pulses into bits, bits into cards, printed numbers into the same cards."""

from protocols.wiegand.decoding import Card, decode, explain
from protocols.wiegand.identity import CardNumber

__all__ = ["Card", "CardNumber", "decode", "explain"]
