"""What the link must be told: where the broker is, who we are, and how the wire is guarded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from protocols.mqtt.topics import checked

if TYPE_CHECKING:
    from pathlib import Path

    from agent.sync.wire import Version

SESSION_KEPT_S: Final = 7 * 24 * 3600
"""How long the broker keeps what waits for us: a revocation outlives a week's outage."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM, read anew at every connection, so that a renewed certificate needs no restart.

    `ca` None: the machine's own list of authorities. `certificate` and `key` go together.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        """Refuse half a pair."""
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """One broker. `gateway` is client id, user name (unless `user` says otherwise) and the topics' root.

    `cleartext` is the written word of a person that the wire needs no TLS. `password`: bytes that do not
    print; None with a client certificate. `version`: the only one to speak; None is 5, and 3.1.1 with a
    broker that has no 5.
    """

    host: str
    port: int
    gateway: str
    tls: Tls | None = None
    cleartext: bool = False
    user: str | None = None
    password: bytes | None = field(default=None, repr=False)
    keepalive_s: int = 30
    version: Version | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        checked(self.gateway)
        if (self.tls is None) != self.cleartext:
            raise ValueError("either TLS, or clear text in writing")

    def only(self, version: Version) -> LinkSettings:
        """Return these settings for one version of MQTT and no other."""
        return replace(self, version=version)
