"""Readers of QR codes that print a line of text."""
