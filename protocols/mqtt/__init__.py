"""Every topic and every payload on the broker."""
