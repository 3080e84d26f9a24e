import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qlang.trust.algorithms import signature_fault
from qlang.trust.errors import KeyFormatError, KeyStoreError
from qlang.trust.keys.development import KeyPaths, default_key_paths, development_signer, load_public_keys

BOTH = ("ed25519", "ml-dsa-65")

posix = pytest.mark.skipif(os.name != "posix", reason="permission bits")


@pytest.fixture
def paths(tmp_path: Path) -> KeyPaths:
    paths = KeyPaths(tmp_path / "keys", tmp_path / "state")
    development_signer(paths, ("ed25519",))
    return paths


def test_keys_are_made_once(paths: KeyPaths) -> None:
    first = development_signer(paths, BOTH)
    before = {path: path.read_bytes() for path in paths.store.glob("*.*.*")}
    second = development_signer(paths, BOTH)
    assert second == first
    assert first.algorithms == BOTH
    assert first.custody == "development"
    assert {path: path.read_bytes() for path in paths.store.glob("*.*.*")} == before
    assert set(load_public_keys(paths.store)) == set(first.public_keys)


def test_each_key_signs_what_it_names(paths: KeyPaths) -> None:
    signer = development_signer(paths, BOTH)
    for key, signature in zip(signer.public_keys, signer.sign(b"message"), strict=True):
        assert key.key_id == signature.key_id
        assert key.key_id.startswith(key.algorithm + ":")
        assert signature_fault(key, b"message", signature.value) is None
        assert signature_fault(key, b"massage", signature.value) is not None
        assert signature_fault(key, b"message", b"") is not None


@posix
def test_modes_of_folders_and_files(paths: KeyPaths) -> None:
    development_signer(paths, BOTH)
    for folder in (paths.store, paths.state):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_no_seed_in_the_clear(paths: KeyPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every 32 random bytes that are drawn (seeds and unlock secret) are looked for in every spelling."""
    drawn: list[bytes] = []

    def draw(count: int) -> bytes:
        drawn.append(os.urandom(count))
        return drawn[-1]

    monkeypatch.setattr("qlang.trust.keys.development.secrets.token_bytes", draw)
    development_signer(paths, BOTH)
    other = KeyPaths(paths.store.with_name("other"), paths.state)
    development_signer(other, BOTH)
    seeds = [value for value in drawn if len(value) == 32]
    assert len(seeds) == 3
    stored = b"".join(path.read_bytes() for path in (*paths.store.iterdir(), *other.store.iterdir()))
    for seed in seeds:
        assert seed not in stored
        assert seed.hex().encode() not in stored.lower()


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
@pytest.mark.parametrize("which", ["key", "unlock"])
def test_files_open_to_others_are_refused(paths: KeyPaths, mode: int, which: str) -> None:
    path = paths.private("ed25519") if which == "key" else paths.unlock
    path.chmod(mode)
    with pytest.raises(KeyStoreError, match="open to group or others") as caught:
        development_signer(paths, ("ed25519",)).sign(b"")
    assert caught.value.path == path


@posix
@pytest.mark.parametrize("which", ["store", "state"])
def test_folders_open_to_others_are_refused(paths: KeyPaths, which: str) -> None:
    folder: Path = getattr(paths, which)
    folder.chmod(0o750)
    with pytest.raises(KeyStoreError, match="open to group or others"):
        development_signer(paths, ("ed25519",))


@posix
def test_links_are_refused(paths: KeyPaths, tmp_path: Path) -> None:
    linked = KeyPaths(tmp_path / "link", paths.state)
    linked.store.symlink_to(paths.store)
    with pytest.raises(KeyStoreError, match="link"):
        development_signer(linked, ("ed25519",))
    key = paths.private("ed25519")
    key.rename(tmp_path / "elsewhere")
    key.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyStoreError, match="link"):
        development_signer(paths, ("ed25519",))


@posix
def test_public_keys_that_others_may_write_are_not_trusted(paths: KeyPaths) -> None:
    paths.public("ed25519").chmod(0o666)
    with pytest.raises(KeyStoreError, match="open to group or others"):
        load_public_keys(paths.store)


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "\xff"])
def test_a_file_that_is_no_public_key(paths: KeyPaths, text: str) -> None:
    paths.public("ed25519").write_bytes(text.encode("latin-1"))
    with pytest.raises(KeyStoreError, match="not a public key"):
        load_public_keys(paths.store)


def test_a_lost_unlock_secret_is_not_replaced(paths: KeyPaths) -> None:
    paths.unlock.unlink()
    with pytest.raises(KeyStoreError, match="cannot be unlocked"):
        development_signer(paths, ("ed25519",)).sign(b"")
    with pytest.raises(KeyStoreError, match="cannot be unlocked"):
        development_signer(paths, BOTH)
    assert not paths.unlock.exists()


def test_a_wrong_unlock_secret(paths: KeyPaths) -> None:
    paths.unlock.write_bytes(bytes(32))
    with pytest.raises(KeyStoreError, match="cannot be decrypted"):
        development_signer(paths, ("ed25519",)).sign(b"")


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_an_unlock_file_of_wrong_length(paths: KeyPaths, secret: bytes) -> None:
    paths.unlock.write_bytes(secret)
    with pytest.raises(KeyStoreError) as caught:
        development_signer(paths, ("ed25519",)).sign(b"")
    assert caught.value.path == paths.unlock


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": "other"},
        {"generation": 2},
        {"generation": "1"},
        {"ciphertext": "AAAA"},
        {"nonce": ""},
        {"salt": "AAAA"},
        {"salt": None},
        {"public_key": "AAAA"},
        {"keyid": "ed25519:0000000000000000"},
        {"format": "other"},
    ],
    ids=str,
)
def test_a_changed_key_file_never_signs(paths: KeyPaths, change: dict[str, object]) -> None:
    path = paths.private("ed25519")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(KeyStoreError) as caught:
        development_signer(paths, ("ed25519",)).sign(b"")
    assert caught.value.path == path


def test_another_seed_under_the_name_of_a_key(paths: KeyPaths) -> None:
    """Written by someone who has the unlock secret, or by a faulty disk controller."""
    path = paths.private("ed25519")
    record = json.loads(path.read_text())
    salt, nonce = (base64.b64decode(record[name]) for name in ("salt", "nonce"))
    kdf = HKDF(SHA256(), length=32, salt=salt, info=b"qlang key store v1, AES-256-GCM")
    data = f"{record['keyid']}|ed25519|run-manifest|1".encode()
    forged = AESGCM(kdf.derive(paths.unlock.read_bytes())).encrypt(nonce, bytes(32), data)
    path.write_text(json.dumps(record | {"ciphertext": base64.b64encode(forged).decode()}))
    with pytest.raises(KeyStoreError, match="does not belong"):
        development_signer(paths, ("ed25519",)).sign(b"")


def test_a_key_file_cut_short(paths: KeyPaths) -> None:
    path = paths.private("ed25519")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(KeyStoreError, match="damaged"):
        development_signer(paths, ("ed25519",))


def test_two_keys_swapped(paths: KeyPaths) -> None:
    development_signer(paths, BOTH)
    one, other = (paths.private(name) for name in BOTH)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    with pytest.raises(KeyStoreError, match="does not hold"):
        development_signer(paths, BOTH)


def test_a_missing_public_file_is_written_again(paths: KeyPaths) -> None:
    expected = load_public_keys(paths.store)
    paths.public("ed25519").unlink()
    development_signer(paths, ("ed25519",))
    assert load_public_keys(paths.store) == expected


def test_unlock_secret_beside_the_keys_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="beside"):
        development_signer(KeyPaths(tmp_path, tmp_path), BOTH)


def test_unknown_algorithm(paths: KeyPaths) -> None:
    with pytest.raises(KeyFormatError, match="rot13"):
        development_signer(paths, ("rot13",))


def test_a_store_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyStoreError):
        development_signer(KeyPaths(tmp_path / "file" / "keys", tmp_path / "state"), BOTH)


def test_default_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert default_key_paths() == KeyPaths(tmp_path / ".qlang/keys", tmp_path / "xdg/qlang")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # to be ignored, says the specification
    assert default_key_paths().state == tmp_path / ".local/state/qlang"


def test_four_processes_make_the_same_keys(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from qlang.trust.keys.development import *\n"
        "sys.stdin.readline()\n"  # all start at once
        "signer = development_signer(KeyPaths(Path(sys.argv[1]), Path(sys.argv[2])), ('ed25519', 'ml-dsa-65'))\n"
        "signer.sign(b'x'); print(*(key.key_id for key in signer.public_keys))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "keys"), str(tmp_path / "state")]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("\n")
        worker.stdin.flush()
    answers = {worker.communicate(timeout=60)[0] for worker in workers}
    assert [worker.returncode for worker in workers] == [0] * 4
    assert len(answers) == 1
    assert len(list((tmp_path / "keys").glob("*.key.json"))) == 2
