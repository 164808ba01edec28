"""OSDP (IEC 60839-11-5): frames, commands, replies, secure channel, one reader’s life."""
