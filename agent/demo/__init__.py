"""A whole building on one desk: simulated wires, a broker, the real daemon."""
