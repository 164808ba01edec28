"""The one loop that changes state, and what surrounds it."""
