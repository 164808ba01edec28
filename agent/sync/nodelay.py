"""Small messages at once: without this, TCP holds each back up to 40 ms until the last is acknowledged."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any


def send_at_once(client: Any) -> None:
    """Have every socket that `client` opens send what it is given (TCP_NODELAY, RFC 1122 section 4.2.3.4).

    client: a paho client; taken for what it can do, so that paho itself is known in one place.
    """

    def opened(_client: object, _data: object, connection: object) -> None:
        if isinstance(connection, socket.socket):
            with suppress(OSError):  # closed already: the client finds out by itself
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    client.on_socket_open = opened
