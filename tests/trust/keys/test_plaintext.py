"""No private key in the clear: keys are made in every way, decrypted here, and looked for in everything written.

Looked for are each secret, its PKCS#8 form, the KEKs and the passphrases, as bytes, in hexadecimal, and in base64 at
each of its three alignments.
"""

import base64
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from qlang.compiler.cli import main
from qlang.trust.custody import DEVELOPMENT
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.passphrase import PassphraseSource
from qlang.trust.keys.paths import KeyPaths, default_key_paths
from qlang.trust.keys.store import KeyStore
from qlang.trust.keys.unlocking import open_kek

STORE_PASSPHRASE, BACKUP_PASSPHRASE = "a store under lock and key", "a backup under lock and key"
WRONG_PASSPHRASE = "a passphrase that is not right"
ALGORITHMS = ("ed25519", "ecdsa-p256", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87", "slh-dsa-sha2-128f", "rsa-pss-3072")


def spellings(secret: bytes) -> Iterator[bytes]:
    """How `secret` can stand in a file, cut to what is certain: base64 at an offset changes at its ends."""
    yield secret
    yield secret.hex().encode()
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + secret)
        inner = text[4 if offset else 0 : len(text) - 4]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def found(secret: bytes, haystack: bytes) -> list[bytes]:
    return [text for text in spellings(secret) if text in haystack or text.upper() in haystack]


@pytest.mark.parametrize("offset", range(40))
def test_the_search_finds_what_is_there(offset: int) -> None:
    secret = bytes(range(100, 132))
    text = bytes(range(offset)) + secret + b"and more"
    for hidden in (text, text.hex().encode(), base64.b64encode(text), base64.urlsafe_b64encode(text)):
        assert found(secret, hidden)
    assert not found(secret, base64.b64encode(bytes(64)))


def pkcs8(algorithm: str, secret: bytes) -> list[bytes]:
    """What other programs would write."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa

    make: dict[str, Callable[[], object]] = {
        "ed25519": lambda: ed25519.Ed25519PrivateKey.from_private_bytes(secret),
        "ecdsa-p256": lambda: ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()),
        "ml-dsa-44": lambda: mldsa.MLDSA44PrivateKey.from_seed_bytes(secret),
        "ml-dsa-65": lambda: mldsa.MLDSA65PrivateKey.from_seed_bytes(secret),
        "ml-dsa-87": lambda: mldsa.MLDSA87PrivateKey.from_seed_bytes(secret),
    }
    if algorithm not in make:
        return []
    return [make[algorithm]().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())]  # type: ignore[attr-defined]


class Passphrase:
    def read(self, question: str, *, new: bool = False) -> bytes:
        return STORE_PASSPHRASE.encode()


def secrets_of(paths: KeyPaths, passphrase: PassphraseSource | None) -> list[bytes]:
    """Everything that must not be in the clear, by decrypting it."""
    custodian = DevelopmentCustodian(paths, passphrase)
    secrets = [open_kek(paths, passphrase).value]
    for record in KeyStore(paths).records():
        assert record.custody == DEVELOPMENT
        secret = custodian.secret(record)
        secrets += [secret, *pkcs8(record.spec.algorithm, secret)]
    return secrets


@pytest.mark.parametrize("protection", ["unlock secret", "passphrase"])
def test_no_secret_in_the_clear(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    protection: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    home, workspace = tmp_path / "home", tmp_path / "workspace"
    home.mkdir()
    workspace.mkdir()
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for name, value in (("S", STORE_PASSPHRASE), ("B", BACKUP_PASSPHRASE), ("W", WRONG_PASSPHRASE)):
        monkeypatch.setenv(name, value)
    opened = ["--passphrase", "env:S"] if protection == "passphrase" else []
    backup = ["--backup-passphrase", "env:B"]
    outcomes = [main(["keys", "create", "--algorithm", algorithm, *opened]) for algorithm in ALGORITHMS]
    outcomes.append(main(["keys", "create", "--algorithm", "ed25519", "--purpose", "root", "--tenant", "lab", *opened]))
    outcomes.append(main(["keys", "rotate", "ml-dsa-65", "--json", *opened]))
    outcomes.append(main(["keys", "revoke", "ecdsa-p256", "--reason", "compromised", *opened]))
    outcomes += [main(["keys", "probe", *opened]), main(["keys", "list"]), main(["keys", "list", "--json"])]
    outcomes += [main(["keys", "backup", "keys.backup", *backup, *opened]), main(["keys", "export-public", "public"])]
    assert outcomes == [0] * len(outcomes), capfd.readouterr().err
    assert main(["keys", "restore", "keys.backup", "--backup-passphrase", "env:W", *opened]) == 3
    if protection == "passphrase":
        assert main(["keys", "rotate", "ed25519", "--passphrase", "env:W"]) in (2, 3)
        assert main(["keys", "rotate", "ml-dsa-44", "--passphrase", "env:W"]) == 3
    assert main(["keys", "restore", "keys.backup", *backup, *opened]) == 0
    paths = default_key_paths()
    assert paths.store.is_relative_to(home)
    unlock = paths.unlock.read_bytes() if protection == "unlock secret" else None
    secrets = secrets_of(paths, Passphrase() if unlock is None else None)
    secrets += [text.encode() for text in (STORE_PASSPHRASE, BACKUP_PASSPHRASE, WRONG_PASSPHRASE)]
    assert len(secrets) >= 1 + 2 * 7 + 3
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 30
    out, err = capfd.readouterr()
    written = {str(path): path.read_bytes() for path in files} | {
        "stdout": out.encode(),
        "stderr": err.encode(),
        "log": caplog.text.encode(),
    }
    for secret in secrets:
        assert [name for name, content in written.items() if found(secret, content)] == []
    for name, content in written.items() if unlock is not None else ():
        assert bool(found(unlock, content)) == (name == str(paths.unlock)), name
