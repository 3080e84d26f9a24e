"""Identities on disk: keys are encrypted, and nothing but the right files is taken."""

import base64
import json
import ssl
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from qlang.trust.crypto_modes import ECDSA_P256, ML_DSA_65
from qlang.trust.errors import FileRefused, KeyStoreError, TlsRefused
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.secret_files import SecretStore
from qlang.trust.tls.certificates import SERVER, Validity, issue, write_demonstration
from qlang.trust.tls.client import connect
from qlang.trust.tls.context import TlsSettings
from qlang.trust.tls.identity import (
    load_certificates,
    load_client_certificate,
    load_identity,
    private_der,
    save_identity,
)
from tests.trust.tls.parties import GREETING, Parties, key_pem, pem, receive_all, running


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SecretStore:
    root = tmp_path_factory.mktemp("keys")
    return SecretStore(KeyPaths(root / "keys", root / "state"))


@pytest.mark.parametrize("algorithm", [ECDSA_P256, ML_DSA_65])
def test_a_saved_identity_is_read_back_and_its_key_is_nowhere_in_clear(
    parties: Parties, store: SecretStore, tmp_path: Path, algorithm: str
) -> None:
    mine = parties.servers[algorithm]
    save_identity(mine, tmp_path / "server.pem", store)
    assert private_der(load_identity(tmp_path / "server.pem", store=store)) == private_der(mine)
    secret = private_der(mine)[-32:]
    content = b"".join(
        path.read_bytes() for path in (*tmp_path.iterdir(), *store.paths.store.iterdir()) if path.is_file()
    )
    assert secret not in content
    assert base64.b64encode(private_der(mine)) not in content
    assert stat.S_IMODE((tmp_path / "server.key.json").stat().st_mode) == 0o600


def test_a_demonstration_is_complete_and_works(store: SecretStore, tmp_path: Path) -> None:
    written = write_demonstration(tmp_path / "tls", ("localhost",), 1, store)
    assert {path.name for path in written} == {
        f"{kind}.{suffix}.pem" for kind in ("ca", "server", "client") for suffix in ("ecdsa", "mldsa65")
    }
    assert b"PRIVATE KEY" not in b"".join(path.read_bytes() for path in (tmp_path / "tls").iterdir())
    assert not list((tmp_path / "tls").glob("ca.*.key.json"))
    kinds = ("ecdsa", "mldsa65")
    roots = tuple(load_certificates(tmp_path / "tls" / f"ca.{kind}.pem")[0] for kind in kinds)
    servers = tuple(load_identity(tmp_path / "tls" / f"server.{kind}.pem", store=store) for kind in kinds)
    client = load_identity(tmp_path / "tls" / "client.mldsa65.pem", store=store)
    with (
        running(TlsSettings("pqc_required", servers, roots)) as seen,
        connect("localhost", seen.port, TlsSettings("pqc_required", (client,), roots)) as channel,
    ):
        assert receive_all(channel) == GREETING
    with pytest.raises(TlsRefused, match="is not empty"):
        write_demonstration(tmp_path / "tls", ("localhost",), 1, store)


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("ciphertext", base64.b64encode(bytes(80)).decode(), "its file was changed"),
        ("nonce", "AAAA", "its file was changed"),
        ("certificate", "sha256:" + "0" * 64, "another certificate"),
        ("format", "other", "of format qlang-tls-key-1"),
        ("kek_id", "other", "is not the key under which"),
    ],
)
def test_a_changed_key_file_is_refused(
    parties: Parties, store: SecretStore, tmp_path: Path, member: str, value: str, reason: str
) -> None:
    save_identity(parties.servers[ECDSA_P256], tmp_path / "server.pem", store)
    key = tmp_path / "server.key.json"
    key.write_text(json.dumps(json.loads(key.read_bytes()) | {member: value}))
    with pytest.raises((TlsRefused, KeyStoreError), match=reason):
        load_identity(tmp_path / "server.pem", store=store)


def test_a_key_of_another_certificate_is_refused(parties: Parties, store: SecretStore, tmp_path: Path) -> None:
    other = issue(parties.roots[ECDSA_P256], ECDSA_P256, ("localhost",), SERVER, Validity.days(1))
    (tmp_path / "server.pem").write_text(pem(parties.servers[ECDSA_P256]))
    (tmp_path / "other.key.pem").write_text(key_pem(other))
    (tmp_path / "other.key.pem").chmod(0o600)
    with pytest.raises(TlsRefused, match="belongs to another certificate"):
        load_identity(tmp_path / "server.pem", tmp_path / "other.key.pem", store)


def test_a_key_of_other_tools_is_read_if_it_is_private(parties: Parties, tmp_path: Path) -> None:
    mine = parties.servers[ECDSA_P256]
    (tmp_path / "server.pem").write_text(pem(mine))
    key = tmp_path / "key.pem"
    key.write_text(key_pem(mine))
    key.chmod(0o640)
    with pytest.raises(FileRefused, match="open to group or others"):
        load_identity(tmp_path / "server.pem", key)
    key.chmod(0o600)
    assert private_der(load_identity(tmp_path / "server.pem", key)) == private_der(mine)
    locked = mine.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    key.write_bytes(locked)
    with pytest.raises(TlsRefused, match="without a password"):
        load_identity(tmp_path / "server.pem", key)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.pem").write_bytes(content)
    with pytest.raises(TlsRefused, match="holds no certificate"):
        load_certificates(tmp_path / "odd.pem")


def test_a_private_key_beside_a_certificate_is_refused(parties: Parties, tmp_path: Path) -> None:
    mine = parties.servers[ECDSA_P256]
    (tmp_path / "both.pem").write_text(pem(mine) + key_pem(mine))
    with pytest.raises(TlsRefused, match="holds a private key beside"):
        load_certificates(tmp_path / "both.pem")


def test_the_standard_library_gets_a_key_that_is_never_in_clear_on_disk(
    parties: Parties, store: SecretStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = parties.clients[ECDSA_P256]
    save_identity(mine, tmp_path / "client.pem", store)
    monkeypatch.setattr("qlang.trust.tls.identity.SecretStore", lambda: store)
    seen: list[bytes] = []

    class Watching(ssl.SSLContext):
        def load_cert_chain(self, certfile: object, keyfile: object = None, password: object = None) -> None:
            seen.append(Path(str(keyfile)).read_bytes())
            seen.append(str(keyfile).encode())
            super().load_cert_chain(certfile, keyfile, password)  # type: ignore[arg-type]  # passes through

    load_client_certificate(Watching(ssl.PROTOCOL_TLS_CLIENT), tmp_path / "client.pem", tmp_path / "client.key.json")
    content, name = seen
    assert content.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert not Path(name.decode()).exists()
