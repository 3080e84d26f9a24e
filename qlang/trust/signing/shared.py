"""One child for all runs that a Python program makes in a project, instead of one for each run.

It is started at the first run and ends with the program, or when the program goes on to another project. Threads of the
program take turns; a fork of the program gets a child of its own.
"""

from __future__ import annotations

import atexit
import os
from types import TracebackType

from qlang.forking import lock_over_forks
from qlang.trust.signing.child import ChildSigner
from qlang.trust.signing.intent import SigningIntent
from qlang.trust.signing.request import ManifestRequest, SignedManifest
from qlang.trust.signing.setup import SignerSetup


class SharedSigner:
    """A `ManifestSigner` that keeps its child for the next one with the same setup."""

    def __init__(self, setup: SignerSetup) -> None:
        self._setup = setup

    def __enter__(self) -> SharedSigner:
        """The child gets ready while the caller goes on. Raises: SignerUnavailable."""
        with _KEPT.lock:
            _KEPT.child(self._setup)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """The child stays."""

    def prepare(self, intent: SigningIntent) -> None:
        """See `ManifestSigner`."""
        with _KEPT.lock:
            _KEPT.child(self._setup).prepare(intent)

    def sign_manifest(self, request: ManifestRequest) -> SignedManifest:
        """See `ManifestSigner`."""
        with _KEPT.lock:
            return _KEPT.child(self._setup).sign_manifest(request)


class _Kept:
    """The child of this process, if it has one; `lock` is held by whoever uses it."""

    def __init__(self) -> None:
        self.lock = lock_over_forks()
        self._found: tuple[int, SignerSetup, ChildSigner] | None = None

    def child(self, setup: SignerSetup) -> ChildSigner:
        if self._found is not None and self._found[:2] == (os.getpid(), setup):
            return self._found[2]
        if self._found is None:
            atexit.register(self.close)
        self.close()
        signer = ChildSigner(setup)
        self._found = (os.getpid(), setup, signer)
        return signer

    def close(self) -> None:
        """End the child; one that the parent of a fork has started is not ours to end."""
        found, self._found = self._found, None
        if found is not None:
            (found[2].close if found[0] == os.getpid() else found[2].forget)()


_KEPT = _Kept()
