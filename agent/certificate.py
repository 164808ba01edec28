"""The gateway's key for the broker, and the request for a certificate in the gateway's name.

The key is made here and never leaves: only the request (PKCS #10, RFC 2986) goes to whoever signs it. ECDSA
on P-256, because every authority and every broker takes it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was written. `fingerprint`: SHA-256 of the public key, to be compared by voice."""

    key: Path
    request: Path
    fingerprint: str
    key_is_new: bool


def request_certificate(gateway: str, key_file: Path) -> Request:
    """Write a request in the name of `gateway` beside `key_file`; make the key where there is none.

    A key that is there is kept: a certificate that runs out is renewed without anybody noticing.
    Raises BadInput where the file holds no such key, and Unavailable where it cannot be written.
    """
    try:
        key_file.parent.mkdir(parents=True, exist_ok=True)
        key, key_is_new = _key(key_file)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, gateway)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        request_file = key_file.with_suffix(".csr")
        request_file.write_bytes(request.public_bytes(serialization.Encoding.PEM))
    except OSError as error:
        raise Unavailable(f"{error.filename}: {error.strerror} — run this as the user menshen") from error
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Request(key_file, request_file, hashlib.sha256(public).hexdigest(), key_is_new)


def _key(file: Path) -> tuple[ec.EllipticCurvePrivateKey, bool]:
    """Return the key in `file` and False, or a new one, on disk already, and True."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return _new_key(file), True
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadInput(
            f"{file} holds no key that can be read — move it away, then a new one is made"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadInput(f"{file} holds another kind of key — move it away, then a new one is made")
    return key, False


def _new_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # Born unreadable for others, and never over a key that somebody else made meanwhile.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    return key
