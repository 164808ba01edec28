"""The real-name list on the gateway: verify, apply, receipt."""
