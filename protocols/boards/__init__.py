"""Register maps of Modbus relay and input boards, as data."""
