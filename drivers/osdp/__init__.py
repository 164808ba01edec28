"""OSDP readers on one RS-485 line."""
