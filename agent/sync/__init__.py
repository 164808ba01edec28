"""In step with the broker: link, outbox, orders. `agent.sync.sync.Sync` is the face of it."""
