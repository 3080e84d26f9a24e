"""OpenSSL contexts: one place for everything that pyOpenSSL has no public call for.

Groups, signature algorithms, ML-DSA keys and host names go through the bindings that pyOpenSSL itself uses; their
names are checked before use, so that a version without one is an error and never a weaker connection.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qlang.trust.errors import ExtraMissing, TlsRefused
from qlang.trust.tls.groups import group_list
from qlang.trust.tls.identity import TlsIdentity, certificate_algorithm, private_der
from qlang.trust.tls.signatures import client_signatures, server_signatures

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from OpenSSL import SSL

MAX_CHAIN = 6
_SESSION_CONTEXT = b"qlang"
_CALLS = (
    "SSL_CTX_set1_curves_list",
    "SSL_CTX_set1_sigalgs_list",
    "SSL_CTX_use_PrivateKey",
    "SSL_get0_group_name",
    "SSL_get0_param",
    "X509_VERIFY_PARAM_set1_host",
    "X509_VERIFY_PARAM_set1_ip",
    "X509_VERIFY_PARAM_set_hostflags",
    "X509_verify_cert_error_string",
)


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """What one side of connections offers and demands.

    A server with `trust` demands a client certificate (mutual TLS); a client needs `trust`.
    """

    crypto_mode: str = "hybrid"
    identities: tuple[TlsIdentity, ...] = ()
    """At most one of each key type; the signature algorithms of both sides choose among them."""
    trust: tuple[Certificate, ...] = field(default=(), repr=False)
    """Roots of the peer's certificates."""
    signature_algorithms: tuple[str, ...] = ()
    """What both sides may sign with, as OpenSSL spells it (`mldsa65`, `ecdsa_secp256r1_sha256`).

    The server's order counts.
    Empty: a server has classical ones before ML-DSA. So has a client, but ML-DSA only where every CA it trusts and
    every certificate of its own is ML-DSA.
    """


def bindings() -> Any:
    """pyOpenSSL's bindings. Raises: ExtraMissing without the extra `tls`, TlsRefused if a call is missing."""
    try:
        from OpenSSL._util import lib
    except ImportError as error:
        raise ExtraMissing("tls", "TLS") from error
    if lacking := [name for name in _CALLS if not hasattr(lib, name)]:
        raise TlsRefused(f"the installed pyOpenSSL or cryptography lacks {', '.join(lacking)}")
    return lib


def server_context(settings: TlsSettings) -> SSL.Context:
    """A context for accepting. Raises: TlsRefused if it has no identity or cannot be built, ExtraMissing."""
    if not settings.identities:
        raise TlsRefused("a server needs a certificate")
    bindings()
    from OpenSSL import SSL

    context = _context(settings, settings.signature_algorithms or server_signatures())
    context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)  # of signature algorithms too, which choose the certificate
    if settings.trust:
        _demand_peer(context)
    return context


def client_context(settings: TlsSettings) -> SSL.Context:
    """A context for connecting. Raises: TlsRefused if it trusts nobody or cannot be built, ExtraMissing."""
    if not settings.trust:
        raise TlsRefused("a client needs a CA to trust")
    kinds = [certificate_algorithm(one) for one in settings.trust]
    kinds += [certificate_algorithm(one.certificate) for one in settings.identities]
    context = _context(settings, settings.signature_algorithms or client_signatures(kinds))
    _demand_peer(context)
    return context


def demand_name(connection: SSL.Connection, host: str) -> None:
    """Let the handshake fail unless the peer's certificate has `host` among its subject alternative names.

    pyOpenSSL does not check names. The subject's common name does not count (RFC 9525, section 6.3), `*` stands for
    one whole label. A DNS name is sent as server name (SNI) too.

    Raises: TlsRefused for a name that cannot be one.
    """
    library = bindings()
    parameters = library.SSL_get0_param(connection._ssl)  # no public call
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = _dns_name(host)
        library.X509_VERIFY_PARAM_set_hostflags(
            parameters, library.X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | library.X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
        )
        if library.X509_VERIFY_PARAM_set1_host(parameters, name, len(name)) != 1:
            raise TlsRefused(f"{host!a:.80} is not a host name") from None
        connection.set_tlsext_host_name(name)
        return
    if library.X509_VERIFY_PARAM_set1_ip(parameters, address.packed, len(address.packed)) != 1:
        raise TlsRefused(f"{host!a:.80} is not an address")


def verification_words(code: int) -> str:
    """What OpenSSL calls a verification error."""
    from OpenSSL._util import ffi

    return str(ffi.string(bindings().X509_verify_cert_error_string(code)).decode("ascii", "replace"))


def _context(settings: TlsSettings, signature_algorithms: tuple[str, ...]) -> SSL.Context:
    library = bindings()
    from OpenSSL import SSL

    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # every connection is a full handshake
    context.set_session_id(_SESSION_CONTEXT)
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION | SSL.OP_NO_TICKET)
    native = context._context  # no public call for what follows
    _set_list(library.SSL_CTX_set1_curves_list, native, group_list(settings.crypto_mode), "groups")
    for name in signature_algorithms:
        if not name.replace("_", "").replace("+", "").isalnum() or not name.isascii():
            raise TlsRefused(f"{name!a:.60} is no name of a signature algorithm")
    _set_list(library.SSL_CTX_set1_sigalgs_list, native, ":".join(signature_algorithms), "signature algorithms")
    for identity in settings.identities:
        _add_identity(context, identity)
    for certificate in dict.fromkeys(one for identity in settings.identities for one in identity.chain):
        context.add_extra_chain_cert(certificate)
    store = context.get_cert_store()
    assert store is not None
    for root in settings.trust:
        store.add_cert(_native_certificate(root))
    return context


def _set_list(call: Any, native: Any, names: str, what: str) -> None:
    """OpenSSL takes such a list as a whole or not at all."""
    if call(native, names.encode()) != 1:
        _clear_errors()
        raise TlsRefused(f"the TLS library does not know all of the {what} {names}")


def _add_identity(context: SSL.Context, identity: TlsIdentity) -> None:
    """The key goes in as PKCS#8: pyOpenSSL takes no ML-DSA key object."""
    from OpenSSL import SSL, crypto

    try:
        key = crypto.load_privatekey(crypto.FILETYPE_ASN1, private_der(identity))
        context.use_certificate(identity.certificate)
        native = context._context  # the public call warns about the only form it takes
        if bindings().SSL_CTX_use_PrivateKey(native, key._pkey) != 1:
            raise TlsRefused("a certificate and its private key do not fit together")
        context.check_privatekey()
    except (SSL.Error, crypto.Error) as error:
        raise TlsRefused("the TLS library does not take a certificate or its private key") from error


def _demand_peer(context: SSL.Context) -> None:
    from OpenSSL import SSL

    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verified)
    context.set_verify_depth(MAX_CHAIN)


def _verified(connection: SSL.Connection, certificate: Any, code: int, depth: int, ok: int) -> bool:
    """Decides nothing: keeps OpenSSL's first objection for the error's words."""
    found = connection.get_app_data()
    if not ok and isinstance(found, list):
        found.append(code)
    return bool(ok)


def _dns_name(host: str) -> bytes:
    name = host.removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(
        0 < len(label) <= 63 and label.isascii() and label.replace("-", "").replace("_", "").isalnum()
        for label in labels
    ):
        raise TlsRefused(f"{host!a:.80} is not a host name")
    return name.encode("ascii")


def _native_certificate(certificate: Certificate) -> Any:
    from OpenSSL import crypto

    return crypto.X509.from_cryptography(certificate)


def _clear_errors() -> None:
    """OpenSSL keeps errors in a queue that the next call would report."""
    from OpenSSL._util import exception_from_error_queue
    from OpenSSL.SSL import Error

    try:
        exception_from_error_queue(Error)
    except Error:
        return
