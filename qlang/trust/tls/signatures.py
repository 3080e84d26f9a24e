"""Which signature algorithms a side offers, the preferred one first. Pure data.

OpenSSL prefers ML-DSA by default: a server with both kinds of certificate would show the ML-DSA one to every peer that
knows the algorithm, trusted or not. Here the classical one comes first, and a server's order counts.
"""

from __future__ import annotations

from collections.abc import Collection

ML_DSA = ("mldsa65", "mldsa87", "mldsa44")
CLASSICAL = (
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
    "ed25519",
    "ed448",
    "ecdsa_brainpoolP256r1tls13_sha256",
    "ecdsa_brainpoolP384r1tls13_sha384",
    "ecdsa_brainpoolP512r1tls13_sha512",
    "rsa_pss_pss_sha256",
    "rsa_pss_pss_sha384",
    "rsa_pss_pss_sha512",
    "rsa_pss_rsae_sha256",
    "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha512",
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
)
"""RFC 8446, section 4.2.3. PKCS #1 is for certificates only: TLS 1.3 signs no handshake with it."""


def server_signatures() -> tuple[str, ...]:
    """ML-DSA for the peer that accepts nothing else of what the server has."""
    return CLASSICAL + ML_DSA


def client_signatures(key_algorithms: Collection[str]) -> tuple[str, ...]:
    """By the algorithms of the CAs trusted and of the client's own keys: if all are ML-DSA, ML-DSA only.

    TLS libraries send no list of the CAs they trust unless told to, so the server cannot know it.
    """
    if key_algorithms and all(name.startswith("ml-dsa") for name in key_algorithms):
        return ML_DSA
    return CLASSICAL + ML_DSA
