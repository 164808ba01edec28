"""A resident's phone: its key, and the signed command that opens a door."""
