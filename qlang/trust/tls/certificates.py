"""Certificates for demonstrations and tests: certification authorities and what they issue.

The chain of an ML-DSA certificate is ML-DSA up to its root, that of an ECDSA certificate ECDSA: a peer that knows only
one of them can check all of its chain.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from qlang.trust.crypto_modes import ECDSA_P256, ML_DSA_65
from qlang.trust.errors import KeyStoreError, TlsRefused
from qlang.trust.files import commit, stage
from qlang.trust.secret_files import SecretStore
from qlang.trust.tls.identity import TlsIdentity, save_identity

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509 import Certificate, GeneralName, KeyUsage, Name

SERVER = "server"
CLIENT = "client"
CA = "ca"
SUFFIXES: Mapping[str, str] = MappingProxyType({ECDSA_P256: "ecdsa", ML_DSA_65: "mldsa65"})
"""Algorithm → how files of its certificates are named."""

_BEFORE = timedelta(minutes=5)
"""Clocks differ."""


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when."""

    begin: datetime
    end: datetime

    @classmethod
    def days(cls, days: float) -> Validity:
        """From now, or a little before, for so many days."""
        now = datetime.now(UTC)
        return cls(now - _BEFORE, now + timedelta(days=days))


def new_authority(algorithm: str, validity: Validity, name: str = "qlang demonstration CA") -> TlsIdentity:
    """A self-signed root. Raises: TlsRefused for an algorithm without certificates here."""
    return _issue(None, algorithm, validity, f"{name} ({algorithm})", (), None)


def issue(authority: TlsIdentity, algorithm: str, names: Sequence[str], usage: str, validity: Validity) -> TlsIdentity:
    """A certificate for DNS names or addresses, `usage` being `server` or `client`. Raises: TlsRefused."""
    if not names:
        raise TlsRefused("a certificate needs a name")
    return _issue(authority, algorithm, validity, names[0], names, usage)


def write_demonstration(
    folder: Path, names: Sequence[str], days: float, store: SecretStore | None = None
) -> list[Path]:
    """Two roots, and for each a server's and a client's certificate; returns the certificates' paths.

    Keys of servers and clients are encrypted at rest; those of the roots are not kept.

    Raises: TlsRefused if the folder is not empty, KeyStoreError if a file cannot be written.
    """
    validity = Validity.days(days)
    written = []
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise TlsRefused(f"{folder} is not empty")
        for algorithm, suffix in SUFFIXES.items():
            authority = new_authority(algorithm, validity)
            root = folder / f"{CA}.{suffix}.pem"
            commit(stage(root, _pem(authority.certificate), mode=0o644), root)
            written.append(root)
            for usage, own in ((SERVER, names), (CLIENT, ("qlang-demonstration-client",))):
                path = folder / f"{usage}.{suffix}.pem"
                save_identity(issue(authority, algorithm, own, usage, validity), path, store)
                written.append(path)
    except OSError as error:
        raise KeyStoreError(folder, error.strerror or type(error).__name__) from error
    return written


def _issue(
    authority: TlsIdentity | None,
    algorithm: str,
    validity: Validity,
    subject: str,
    names: Sequence[str],
    usage: str | None,
) -> TlsIdentity:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = _new_key(algorithm)
    issuer = authority.certificate.subject if authority else _name(subject)
    signing = authority.private_key if authority else key
    issuing_public = authority.certificate.public_key() if authority else key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.begin)
        .not_valid_after(validity.end)
        .add_extension(x509.BasicConstraints(usage is None, 0 if usage is None else None), critical=True)
        .add_extension(_key_usage(authority=usage is None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing_public), critical=False)  # type: ignore[arg-type]  # the issuers made here are all of these types
    )
    if usage is not None:
        kinds = {SERVER: ExtendedKeyUsageOID.SERVER_AUTH, CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH}
        builder = builder.add_extension(x509.ExtendedKeyUsage([kinds[usage]]), critical=False)
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    certificate = builder.sign(signing, _digest_of(signing))  # type: ignore[arg-type]  # as above
    return TlsIdentity(certificate, (), key)


def _new_key(algorithm: str) -> CertificateIssuerPrivateKeyTypes:
    from cryptography.hazmat.primitives.asymmetric import ec, mldsa

    makers: dict[str, Callable[[], CertificateIssuerPrivateKeyTypes]] = {
        ECDSA_P256: lambda: ec.generate_private_key(ec.SECP256R1()),
        ML_DSA_65: mldsa.MLDSA65PrivateKey.generate,
    }
    if algorithm not in makers:
        raise TlsRefused(f"no certificates of {algorithm!a:.60}; known are {', '.join(makers)}")
    return makers[algorithm]()


def _digest_of(key: object) -> SHA256 | None:
    """ML-DSA hashes by itself."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

    return SHA256() if isinstance(key, EllipticCurvePrivateKey) else None


def _key_usage(*, authority: bool) -> KeyUsage:
    from cryptography.x509 import KeyUsage

    return KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> Name:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text[:64])])


def _general_name(name: str) -> GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        try:
            return x509.DNSName(name)
        except ValueError as error:
            raise TlsRefused(f"{name!a:.80} is not a host name") from error


def _pem(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)
