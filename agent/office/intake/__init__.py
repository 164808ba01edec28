"""Rosters as property offices keep them, into the book: read, judged row by row, rehearsed, applied."""
