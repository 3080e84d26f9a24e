"""The one interface between what is signed and where the private keys live."""

from __future__ import annotations

from typing import Protocol

from qlang.trust.algorithms import PublicKey, Signature


class Signer(Protocol):
    """Holds private keys somewhere: in a file, a token, another process."""

    @property
    def custody(self) -> str:
        """Where the private keys live; written into the manifest."""

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that `sign` uses, all of them at once."""

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        """One key for each algorithm, in the same order."""

    def sign(self, pae: bytes) -> tuple[Signature, ...]:
        """One signature by each key over the pre-authentication encoding."""
