"""The signer's core without a process of its own: for tests of what comes before and after it."""

from dataclasses import dataclass
from pathlib import Path

from qlang.trust.keys.paths import KeyPaths
from qlang.trust.signing.intent import SigningIntent
from qlang.trust.signing.opening import open_service
from qlang.trust.signing.peer import own_peer
from qlang.trust.signing.request import ManifestRequest, SignedManifest
from qlang.trust.signing.setup import SignerSetup


@dataclass(frozen=True)
class LocalSigner:
    """A `ManifestSigner` for one project folder; opens the ledger for each request."""

    folder: Path
    ledger: Path
    keys: KeyPaths

    @property
    def setup(self) -> SignerSetup:
        return SignerSetup(self.folder, self.ledger, self.keys)

    def prepare(self, intent: SigningIntent) -> None:
        with open_service(self.setup) as service:
            service.prepare(intent, own_peer())

    def sign_manifest(self, request: ManifestRequest) -> SignedManifest:
        with open_service(self.setup) as service:
            return service.sign_manifest(request, own_peer())
