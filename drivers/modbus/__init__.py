"""Modbus relay and input boards on one line."""
