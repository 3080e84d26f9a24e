"""All providers, and which of them are asked in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from qlang.trust.errors import AlgorithmUnavailable
from qlang.trust.providers.base import Provider
from qlang.trust.providers.liboqs import Liboqs
from qlang.trust.providers.pqcrypto import Pqcrypto
from qlang.trust.providers.pyca import Pyca

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {provider.name: provider for provider in (Pyca(), Pqcrypto(), Liboqs())}
)

DEFAULT = ("pyca", "pqcrypto")
"""Asked in this order unless the caller names others; `liboqs` is only ever used when it is named."""


def provider_for(algorithm: str, operation: str, names: Iterable[str] = DEFAULT) -> Provider:
    """The first of the named providers that does `operation` with `algorithm`.

    One that would and is not there, or that nobody knows, ends the search: none takes its place.

    Raises: AlgorithmUnavailable, with what each of them said.
    """
    reasons = []
    for name in names:
        provider = PROVIDERS.get(name)
        if provider is None:
            reasons.append((name, f"no such provider; known are {', '.join(PROVIDERS)}"))
            break
        reason = provider.offers(algorithm, operation)
        if reason is None:
            return provider
        reasons.append((name, reason))
        if provider.knows(algorithm, operation):
            break
    raise AlgorithmUnavailable(algorithm, operation, tuple(reasons))
