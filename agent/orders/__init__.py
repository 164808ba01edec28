"""What people order of a gateway, by a resident's phone or from the duty desk: signed, sent, answered."""
