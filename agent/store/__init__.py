"""What is on disk: the journal, the roster, the memory."""
