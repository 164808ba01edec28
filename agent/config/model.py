"""The whole configuration of a gateway as one frozen type. Units stand in the names."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, StringConstraints, model_validator

from agent.config.door import Door  # noqa: TC001 - pydantic reads the type
from agent.config.formats import MOST_FORMATS, SiteFormat
from drivers.registry import PortSettings  # noqa: TC001 - the same
from drivers.settings import Model, Name
from protocols.wiegand.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.wiegand.layout import Format

ED25519_PUBLIC_BYTES = 32
TLS_PORT = 8883
CLEARTEXT_PORT = 1883
MOST_DOORS = 64
"""More doors than one gateway's loop is tested with are a second gateway."""

Scope = Literal["roster", "roster.revoke", "mode", "open", "override", "fire_over"]
# The gateway's id is a level of every topic, the certificate's common name (64 characters) and a user name.
GatewayId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
# What systemd accepts as a credential's name, and no path.
CredentialName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,253}$")]


def _public_key(text: str) -> str:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != ED25519_PUBLIC_BYTES or text.endswith("="):
        raise ValueError(
            "is no Ed25519 public key — give the 43 characters of base64url that the key's owner was shown"
        )
    return text


class Clock(Model):
    """`assume_synced`: a person vouches for the wall clock where the kernel cannot."""

    assume_synced: StrictBool = False


class Tls(Model):
    """Files in PEM. Without `ca` the machine's own list of authorities counts."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together — give both, or neither")
        return self


class Broker(Model):
    """Where the centre listens. Clear text is a step down that must be written out."""

    host: Host
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Tls | None = None
    cleartext: StrictBool = False
    user: GatewayId | None = None
    password_credential: CredentialName | None = None
    keepalive_s: int = Field(default=30, ge=5, le=1200)

    @model_validator(mode="after")
    def _one_way_of_speaking(self) -> Self:
        if self.tls is None and not self.cleartext:
            raise ValueError(
                'says neither tls nor cleartext — add `tls = { ca = "…" }`, or write `cleartext = true` '
                "where the wire is your own"
            )
        if self.tls is not None and self.cleartext:
            raise ValueError("says both tls and cleartext — remove one of them")
        return self

    @property
    def tcp_port(self) -> int:
        """The port given, or the usual one for this way of speaking."""
        return self.port or (CLEARTEXT_PORT if self.tls is None else TLS_PORT)


class Trust(Model):
    """A key whose signature counts, and for what. `key`: 32 raw bytes in base64url without padding.

    scopes: "roster" signs lists and passes; "roster.revoke" stops cards and passes and gives none;
    "mode" holds, locks and frees doors; "open" opens every door but those that are locked down, and with
    "override" those, too; "fire_over" says that a fire is over.
    """

    name: Name
    key: Annotated[str, AfterValidator(_public_key)]
    scopes: tuple[Scope, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _override_opens(self) -> Self:
        if "override" in self.scopes and "open" not in self.scopes:
            raise ValueError('says override without open, which it widens — add "open", or remove "override"')
        return self

    @property
    def key_bytes(self) -> bytes:
        """The raw public key, 32 bytes."""
        return base64.urlsafe_b64decode(self.key + "=")


class Fire(Model):
    """The input that copies the fire panel's contact. Doors that must open in a fire open by wiring too.

    `latched`: a release stands until the line is at rest and a person has said that the fire is over: by the
    key switch at the input `key`, or by an order of a trusted key with the scope "fire_over". Without it the
    line alone ends a release: right where the panel keeps the line until somebody resets it by hand.
    """

    point: Name
    key: Name | None = None
    latched: StrictBool = True


class Journal(Model):
    """How much of what happened is kept. Delivered rows go first, alarms last."""

    max_events: int = Field(default=1_000_000, ge=1_000, le=100_000_000)
    max_age_days: int = Field(default=365, ge=1, le=3650)
    max_bytes: int = Field(default=2 * 1024**3, ge=16 * 1024**2)


class Log(Model):
    """`format = "auto"`: colour on a terminal, JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "human"] = "auto"


class Config(Model):
    """Everything a gateway is told. `ports` and `doors` are [[port]] and [[door]] in the file."""

    gateway: GatewayId
    place: Annotated[str, StringConstraints(max_length=120)] = ""
    data_dir: Path = Path("/var/lib/menshen")
    digest_key_credential: CredentialName = "digest.key"
    gateway_key_credential: CredentialName | None = None
    clock: Clock = Clock()
    broker: Broker | None = None
    trust: tuple[Trust, ...] = ()
    ports: tuple[PortSettings, ...] = Field(alias="port", min_length=1)
    doors: tuple[Door, ...] = Field(alias="door", min_length=1, max_length=MOST_DOORS)
    fire: Fire | None = None
    formats: tuple[SiteFormat, ...] = Field(default=(), alias="format", max_length=MOST_FORMATS)
    journal: Journal = Journal()
    log: Log = Log()

    @property
    def layouts(self) -> Mapping[str, Format]:
        """Every card format that a reader here may give: everybody's, and the site's own."""
        return {**FORMATS, **{each.id: each.layout for each in self.formats}}

    def door(self, name: str) -> Door:
        """Return the door of this name; KeyError where there is none."""
        for door in self.doors:
            if door.name == name:
                return door
        raise KeyError(name)
