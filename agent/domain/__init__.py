"""Who may pass and what a door does: pure functions over values."""
