"""In step with the broker: link, outbox, orders."""
