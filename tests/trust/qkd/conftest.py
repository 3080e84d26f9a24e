"""A simulated KME, and the configurations of the two SAEs that share its keys."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from qlang.trust.crypto_modes import ECDSA_P256
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.qkd.config import QkdConfig, configured
from qlang.trust.secret_files import SecretStore
from qlang.trust.tls.certificates import CLIENT, SERVER, Validity, issue, new_authority
from qlang.trust.tls.identity import TlsIdentity, load_client_certificate, save_identity
from tests.trust.qkd.simulator import Simulator, running_simulator
from tests.trust.tls.parties import key_pem, pem

CONFIG = """
[qkd]
url = "https://localhost:{port}"
ca = "ca.pem"
certificate = "{sae}.pem"
key = "{sae}.key.json"
master_sae = "sae-a"
slave_sae = "sae-b"
kind = "simulator"
minimum_stored_keys = 2
timeout_seconds = 5
"""


@dataclass(frozen=True)
class Site:
    """The folder with certificates, and a simulator that takes them."""

    folder: Path
    simulator: Simulator

    def config_file(self, sae: str = "sae-a", change: Callable[[str], str] = str) -> Path:
        path = self.folder / f"{sae}.toml"
        path.write_text(change(CONFIG.format(port=self.simulator.port, sae=sae)))
        return path

    def config(self, sae: str = "sae-a", change: Callable[[str], str] = str) -> QkdConfig:
        found = configured(self.config_file(sae, change))
        assert found is not None
        return found


@dataclass(frozen=True)
class Papers:
    """Certificates on disk; keys of SAEs as qlang keeps them."""

    folder: Path
    home: Path
    server: ssl.SSLContext
    root: TlsIdentity


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder, home = tmp_path_factory.mktemp("qkd"), tmp_path_factory.mktemp("home")
    paths, day = KeyPaths(home / ".qlang" / "keys", home / "state" / "qlang"), Validity.days(1)
    root, stranger = new_authority(ECDSA_P256, day), new_authority(ECDSA_P256, day, "stranger")
    (folder / "ca.pem").write_text(pem(root))
    (folder / "stranger.pem").write_text(pem(stranger))
    for sae, issuer in (("sae-a", root), ("sae-b", root), ("sae-x", stranger)):
        save_identity(issue(issuer, ECDSA_P256, (sae,), CLIENT, day), folder / f"{sae}.pem", SecretStore(paths))
    kme = issue(root, ECDSA_P256, ("localhost",), SERVER, day)
    (folder / "kme.pem").write_text(pem(kme))
    (folder / "kme.key.pem").write_text(key_pem(kme))
    (folder / "kme.key.pem").chmod(0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(folder / "ca.pem")
    load_client_certificate(context, folder / "kme.pem", folder / "kme.key.pem")
    return Papers(folder, home, context, root)


@pytest.fixture
def site(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("HOME", str(papers.home))
    monkeypatch.setenv("XDG_STATE_HOME", str(papers.home / "state"))
    with running_simulator(papers.server) as simulator:
        yield Site(papers.folder, simulator)
