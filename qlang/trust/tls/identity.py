"""A TLS identity: a certificate with its chain in PEM, and its private key, encrypted at rest.

    server.ecdsa.pem        certificate, then the CAs above it
    server.ecdsa.key.json   {"format":"qlang-tls-key-1","certificate":"sha256:…","salt":…,"nonce":…,"ciphertext":…}

The plaintext of a private key is PKCS#8 DER and exists in memory only. A PEM key made by other tools is read too, if
nobody else can read its file.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.trust.canonical import canonical_json, load_json, sha256_digest
from qlang.trust.errors import JsonRefused, KeyFormatError, KeyStoreError, TlsRefused
from qlang.trust.files import commit, read_file, stage
from qlang.trust.secret_files import SecretStore
from qlang.trust.spki import public_key

if TYPE_CHECKING:
    import ssl

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

KEY_FORMAT = "qlang-tls-key-1"

_MAX_FILE = 1 << 20
_PRIVATE = 0o077
_PEM_KEY = b"-----BEGIN"
_BUNDLE = "PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """A certificate, the CAs between it and the root, and its private key, in memory."""

    certificate: Certificate
    chain: tuple[Certificate, ...]
    private_key: PrivateKeyTypes = field(repr=False)


def load_identity(certificate: Path, key: Path | None = None, store: SecretStore | None = None) -> TlsIdentity:
    """Read an identity; `key` is by default the certificate's path with the ending `.key.json`.

    Raises: TlsRefused if the files are not a certificate and its private key, FileRefused if they cannot be read or
    the key is open to others, KeyStoreError if the key cannot be unlocked.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    leaf, *chain = load_certificates(certificate)
    private = _load_key(key or certificate.with_suffix(".key.json"), leaf, store or SecretStore())
    public = private.public_key()
    own = leaf.public_key()
    if not hasattr(public, "public_bytes") or public.public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    ) != own.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        raise TlsRefused(f"{certificate}: the private key belongs to another certificate")
    return TlsIdentity(leaf, tuple(chain), private)


def save_identity(identity: TlsIdentity, certificate: Path, store: SecretStore | None = None) -> None:
    """Write the chain as PEM (mode 0644) and the key encrypted (mode 0600). Raises: KeyStoreError, OSError."""
    from cryptography.hazmat.primitives.serialization import Encoding

    chain = b"".join(one.public_bytes(Encoding.PEM) for one in (identity.certificate, *identity.chain))
    digest = certificate_digest(identity.certificate)
    wrapped = (store or SecretStore()).wrap(private_der(identity), _associated(digest))
    key = certificate.with_suffix(".key.json")
    commit(stage(key, canonical_json({"format": KEY_FORMAT, "certificate": digest, **wrapped})), key)
    commit(stage(certificate, chain, mode=0o644), certificate)


def load_certificates(path: Path) -> tuple[Certificate, ...]:
    """All certificates of a PEM file, at least one. Raises: TlsRefused, FileRefused."""
    from cryptography.x509 import load_pem_x509_certificates

    content = read_file(path, limit=_MAX_FILE)
    if _BUNDLE.encode() in content:
        raise TlsRefused(f"{path}: holds a private key beside certificates")
    try:
        return tuple(load_pem_x509_certificates(content))
    except ValueError as error:
        raise TlsRefused(f"{path}: holds no certificate in PEM") from error


def private_der(identity: TlsIdentity) -> bytes:
    """The private key as PKCS#8 DER; keep it in memory."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return identity.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_client_certificate(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Give a context of the standard library an identity.

    `ssl` reads keys from files only: it gets a temporary one (mode 0600), encrypted under a random password that
    never leaves this process. 256 random bits need no slow password hash.

    Raises: as `load_identity`; OSError.
    """
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    identity = load_identity(certificate, key)
    password = secrets.token_hex(32).encode()
    pem = identity.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
    descriptor, name = tempfile.mkstemp(prefix="qlang-", suffix=".pem")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        context.load_cert_chain(certificate, name, password.decode())
    finally:
        Path(name).unlink()


def _load_key(path: Path, certificate: Certificate, store: SecretStore) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

    content = read_file(path, limit=_MAX_FILE, forbidden_mode=_PRIVATE)
    try:
        if content.lstrip().startswith(_PEM_KEY):
            return load_pem_private_key(content, None)
        value = load_json(content)
    except (ValueError, TypeError, UnsupportedAlgorithm, JsonRefused) as error:  # TypeError: a password is needed
        raise TlsRefused(f"{path}: is not a private key of qlang, nor one in PEM without a password") from error
    if not isinstance(value, Mapping) or value.get("format") != KEY_FORMAT:
        raise TlsRefused(f"{path}: is not a private key of format {KEY_FORMAT}")
    digest = certificate_digest(certificate)
    if value.get("certificate") != digest:
        raise TlsRefused(f"{path}: belongs to another certificate")
    try:
        return load_der_private_key(store.unwrap(value, _associated(digest)), None)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyStoreError(path, "holds a key that this version cannot read") from error


def _associated(digest: str) -> bytes:
    return f"{KEY_FORMAT}|{digest}".encode()


def certificate_algorithm(certificate: Certificate) -> str:
    """The algorithm of the certificate's key, as crypto modes name it; else the name of its OID or class."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        key = certificate.public_key()
        return public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).algorithm
    except UnsupportedAlgorithm:
        return certificate.public_key_algorithm_oid.dotted_string
    except KeyFormatError:
        return type(key).__name__


def certificate_name(certificate: Certificate) -> str:
    """The subject alternative names, or the subject where there are none."""
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):  # ValueError: an extension that is none
        return certificate.subject.rfc4514_string()
    return ", ".join(str(name.value) for name in names)


def certificate_digest(certificate: Certificate) -> str:
    """`sha256:<hex>` of the DER."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return sha256_digest(certificate.public_bytes(Encoding.DER))
