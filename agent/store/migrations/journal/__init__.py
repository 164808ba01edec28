"""Changes of journal.db."""
