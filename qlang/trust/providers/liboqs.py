"""Provider `liboqs`: a liboqs and a liboqs-python that the user brings. Asked only when it is named.

It verifies ML-DSA and SLH-DSA and signs with SLH-DSA. It takes no seeds, so it does not sign with ML-DSA. Importing
`oqs` without the shared library downloads, builds and installs one; so the library is looked for first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from qlang.trust.crypto_modes import ML_DSA_44, ML_DSA_65, ML_DSA_87, SLH_DSA_128F, SLH_DSA_128S
from qlang.trust.errors import AlgorithmUnavailable, KeyFormatError
from qlang.trust.providers.base import SIGN, VERIFY, PrivateKey
from qlang.trust.spki import PublicKey, raw_public_key, spki_from_raw

if TYPE_CHECKING:
    from types import ModuleType

NAME = "liboqs"
SLH_SECRET_BYTES = 64
_SLH_PUBLIC_BYTES = 32
_DISTRIBUTION = "liboqs-python"  # a package named `oqs` is something else
_SIGNS = frozenset({SLH_DSA_128S, SLH_DSA_128F})
_MECHANISMS: Mapping[str, str] = MappingProxyType(
    {
        ML_DSA_44: "ML-DSA-44",
        ML_DSA_65: "ML-DSA-65",
        ML_DSA_87: "ML-DSA-87",
        SLH_DSA_128S: "SLH_DSA_PURE_SHA2_128S",  # `SPHINCS+-*-simple` of older versions is not FIPS 205
        SLH_DSA_128F: "SLH_DSA_PURE_SHA2_128F",
    }
)


class Liboqs:
    """See `providers.base.Provider`."""

    name = NAME

    def knows(self, algorithm: str, operation: str) -> bool:
        return algorithm in (_SIGNS if operation == SIGN else _MECHANISMS)

    def offers(self, algorithm: str, operation: str) -> str | None:
        if not self.knows(algorithm, operation):
            return f"liboqs does not {operation} with {algorithm} here"
        if not _has_bindings():
            return f"the package `{_DISTRIBUTION}` is not installed"
        if not _has_library():
            return "no liboqs shared library in OQS_INSTALL_PATH, ~/_oqs or the system's folders"
        return None

    def generate(self, algorithm: str) -> bytes:
        with self._scheme(algorithm, SIGN, None) as scheme:
            scheme.generate_keypair()
            return bytes(scheme.export_secret_key())

    def load(self, algorithm: str, secret: bytes) -> PrivateKey:
        if len(secret) != SLH_SECRET_BYTES and algorithm in _SIGNS:
            raise KeyFormatError(f"a private key of {algorithm} has {SLH_SECRET_BYTES} bytes, not {len(secret)}")
        self._module(algorithm, SIGN)

        def sign(message: bytes) -> bytes:
            with self._scheme(algorithm, SIGN, secret) as scheme:
                return bytes(scheme.sign(message))

        return PrivateKey(spki_from_raw(algorithm, secret[-_SLH_PUBLIC_BYTES:]), sign)

    def verify(self, key: PublicKey, message: bytes, signature: bytes) -> bool:
        with self._scheme(key.algorithm, VERIFY, None) as scheme:
            return bool(scheme.verify(message, signature, raw_public_key(key)))

    def _scheme(self, algorithm: str, operation: str, secret: bytes | None) -> Any:
        return self._module(algorithm, operation).Signature(_MECHANISMS[algorithm], secret)

    def _module(self, algorithm: str, operation: str) -> ModuleType:
        if reason := self.offers(algorithm, operation):
            raise AlgorithmUnavailable(algorithm, operation, ((NAME, reason),))
        try:
            oqs = _import_oqs()
        except (AttributeError, ImportError, OSError, RuntimeError, SystemExit) as error:  # as its import ends
            reason = f"the installed `{_DISTRIBUTION}` does not load with the liboqs found: {error}"
            raise AlgorithmUnavailable(algorithm, operation, ((NAME, reason),)) from error
        if not oqs.is_sig_enabled(_MECHANISMS[algorithm]):
            reason = f"the liboqs {oqs.oqs_version()} found has no {_MECHANISMS[algorithm]}"
            raise AlgorithmUnavailable(algorithm, operation, ((NAME, reason),))
        return oqs


def _has_bindings() -> bool:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        distribution(_DISTRIBUTION)
    except PackageNotFoundError:
        return False
    return True


def _has_library() -> bool:
    """Whether `oqs` will find a library where it looks: its own folders, then those of the system."""
    from ctypes.util import find_library

    given = os.environ.get("OQS_INSTALL_PATH")
    root = Path(given) if given else Path.home() / "_oqs"
    names = ("lib/liboqs.so", "lib64/liboqs.so", "lib/liboqs.dylib", "bin/oqs.dll", "bin/liboqs.dll")
    return any((root / name).is_file() for name in names) or find_library("oqs") is not None


def _import_oqs() -> ModuleType:
    """It logs to the stdout that it sees at import, where a command's result belongs: it gets stderr."""
    from contextlib import redirect_stdout
    from importlib import import_module

    with redirect_stdout(sys.stderr):
        return import_module("oqs")
