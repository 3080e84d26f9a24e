"""Provider `pqcrypto`: SLH-DSA, and a second opinion on ML-DSA signatures. The optional extra `slh`.

Its ML-DSA private keys are in expanded form, which cannot be had from a seed, so it only verifies ML-DSA.
Its vendor says that it is not audited.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, cast

from qlang.trust.crypto_modes import ML_DSA_44, ML_DSA_65, ML_DSA_87, SLH_DSA_128F, SLH_DSA_128S
from qlang.trust.errors import AlgorithmUnavailable, KeyFormatError
from qlang.trust.providers.base import SIGN, VERIFY, PrivateKey
from qlang.trust.providers.installed import is_installed
from qlang.trust.spki import PublicKey, raw_public_key, spki_from_raw

NAME = "pqcrypto"
SLH_SECRET_BYTES = 64
_SLH_PUBLIC_BYTES = 32
_SIGNS = frozenset({SLH_DSA_128S, SLH_DSA_128F})
_MODULES: Mapping[str, str] = MappingProxyType(
    {
        SLH_DSA_128S: "slh_dsa_sha2_128s",
        SLH_DSA_128F: "slh_dsa_sha2_128f",
        ML_DSA_44: "ml_dsa_44",
        ML_DSA_65: "ml_dsa_65",
        ML_DSA_87: "ml_dsa_87",
    }
)


class _Scheme(Protocol):
    """What we use of a module `pqcrypto.sign.*`; it makes them at import and declares no types."""

    def keygen(self) -> tuple[bytes, bytes]: ...

    def sign(self, sk: bytes, msg: bytes, /) -> bytes: ...

    def verify(self, pk: bytes, msg: bytes, sig: bytes, /) -> None: ...


class Pqcrypto:
    """See `providers.base.Provider`."""

    name = NAME

    def knows(self, algorithm: str, operation: str) -> bool:
        return algorithm in (_SIGNS if operation == SIGN else _MODULES)

    def offers(self, algorithm: str, operation: str) -> str | None:
        if not self.knows(algorithm, operation):
            return f"`pqcrypto` does not {operation} with {algorithm} here"
        if not is_installed("pqcrypto"):
            return "the package `pqcrypto` is not installed; it comes with the extra `slh`: pip install 'qlang[slh]'"
        return None

    def generate(self, algorithm: str) -> bytes:
        return self._scheme(algorithm, SIGN).keygen()[1]

    def load(self, algorithm: str, secret: bytes) -> PrivateKey:
        scheme = self._scheme(algorithm, SIGN)
        if len(secret) != SLH_SECRET_BYTES:
            raise KeyFormatError(f"a private key of {algorithm} has {SLH_SECRET_BYTES} bytes, not {len(secret)}")
        return PrivateKey(
            spki_from_raw(algorithm, secret[-_SLH_PUBLIC_BYTES:]),  # FIPS 205, 9.1: the public key ends the private one
            lambda message: scheme.sign(secret, message),
        )

    def verify(self, key: PublicKey, message: bytes, signature: bytes) -> bool:
        scheme = self._scheme(key.algorithm, VERIFY)
        from pqcrypto import InvalidSignatureError  # type: ignore[import-untyped]  # it ships no types

        try:
            scheme.verify(raw_public_key(key), message, signature)
        except InvalidSignatureError:
            return False
        return True

    def _scheme(self, algorithm: str, operation: str) -> _Scheme:
        if reason := self.offers(algorithm, operation):
            raise AlgorithmUnavailable(algorithm, operation, ((NAME, reason),))
        try:
            from pqcrypto import sign
        except ImportError as error:  # installed for a glibc or a processor that this machine does not have
            reason = f"the installed `pqcrypto` does not load: {error}"
            raise AlgorithmUnavailable(algorithm, operation, ((NAME, reason),)) from error
        return cast(_Scheme, getattr(sign, _MODULES[algorithm]))
