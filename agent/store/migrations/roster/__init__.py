"""Changes of roster.db."""
