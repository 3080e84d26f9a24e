"""Keys of recipients: what lies on disk, and what is refused."""

import base64
import json
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from qlang.trust.errors import CustodyError, KeyStoreError, RecipientKeyError, SealedFileRefused
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.wrapping import LEAST
from qlang.trust.sealing.key_backup import back_up_recipient_key, restore_recipient_key
from qlang.trust.sealing.recipients import (
    RecipientKey,
    create_recipient_key,
    find_recipient,
    own_recipient_keys,
    public_path,
    recipient_secret,
)
from qlang.trust.secret_files import SecretStore

HYBRID = "mlkem768-x25519"


def private_path(key: RecipientKey, paths: KeyPaths) -> Path:
    return paths.store / "recipients" / f"{key.key_id.replace(':', '.')}.recipient-key.json"


def fresh(tmp_path: Path) -> tuple[KeyPaths, RecipientKey]:
    paths = KeyPaths(tmp_path / "keys", tmp_path / "state")
    return paths, create_recipient_key(HYBRID, SecretStore(paths))


def test_the_private_half_is_encrypted_and_for_its_owner_alone(
    recipients: dict[str, RecipientKey], recipient_paths: KeyPaths
) -> None:
    files = [path for root in (recipient_paths.store, recipient_paths.state) for path in root.rglob("*")]
    content = b"".join(path.read_bytes() for path in files if path.is_file())
    for key in recipients.values():
        secret = recipient_secret(key.key_id, SecretStore(recipient_paths))
        assert secret is not None
        assert not {secret, base64.b64encode(secret), secret.hex().encode()} & {content}
        assert all(form not in content for form in (secret, base64.b64encode(secret), secret.hex().encode()))
        assert stat.S_IMODE(private_path(key, recipient_paths).stat().st_mode) == 0o600
    assert set(own_recipient_keys(recipient_paths)) == set(recipients.values())


def test_a_key_is_found_by_id_by_the_beginning_of_its_id_and_by_file(
    recipients: dict[str, RecipientKey], recipient_paths: KeyPaths
) -> None:
    key = recipients[HYBRID]
    for text in (key.key_id, key.key_id[:22], str(public_path(key, recipient_paths))):
        assert find_recipient(text, recipient_paths) == key


@pytest.mark.parametrize("text", ["", "mlkem", "nobody"])
def test_no_key_or_more_than_one_is_refused(
    text: str, recipients: dict[str, RecipientKey], recipient_paths: KeyPaths
) -> None:
    with pytest.raises(RecipientKeyError):
        find_recipient(text, recipient_paths)


def test_a_private_key_is_no_public_one(recipients: dict[str, RecipientKey], recipient_paths: KeyPaths) -> None:
    with pytest.raises(KeyStoreError, match="qlang-recipient-1"):
        find_recipient(str(private_path(recipients[HYBRID], recipient_paths)), recipient_paths)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("ciphertext", base64.b64encode(bytes(48)).decode()),
        ("nonce", "AAAA"),
        ("public_key", base64.b64encode(bytes(1216)).decode()),
        ("key_id", "mlkem768-x25519:0123456789abcdef"),
        ("suite", "x25519"),
        ("kek_id", "other"),
        ("format", "qlang-recipient-1"),
    ],
)
def test_a_changed_key_file_is_refused(tmp_path: Path, member: str, value: str) -> None:
    paths, key = fresh(tmp_path)
    path = private_path(key, paths)
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {member: value}))
    with pytest.raises(KeyStoreError):
        recipient_secret(key.key_id, SecretStore(paths))


def test_a_key_file_under_the_name_of_another_key_is_refused(tmp_path: Path) -> None:
    paths, key = fresh(tmp_path)
    other = create_recipient_key(HYBRID, SecretStore(paths))
    private_path(key, paths).write_bytes(private_path(other, paths).read_bytes())
    with pytest.raises(KeyStoreError, match="the key that it names"):
        recipient_secret(key.key_id, SecretStore(paths))


def test_a_private_key_open_to_others_is_refused(tmp_path: Path) -> None:
    paths, key = fresh(tmp_path)
    private_path(key, paths).chmod(0o640)
    with pytest.raises(KeyStoreError, match="open to group or others"):
        recipient_secret(key.key_id, SecretStore(paths))


def test_the_store_without_what_unlocks_it_opens_nothing(tmp_path: Path) -> None:
    paths, key = fresh(tmp_path)
    paths.unlock.unlink()
    with pytest.raises(KeyStoreError, match="unlock"):
        recipient_secret(key.key_id, SecretStore(paths))


@dataclass(frozen=True)
class Phrase:
    """A passphrase that is at hand."""

    text: bytes = b"correct horse battery"

    def read(self, question: str, *, new: bool = False) -> bytes:
        return self.text


def test_a_backup_under_a_passphrase_brings_a_key_to_another_store(tmp_path: Path) -> None:
    paths, key = fresh(tmp_path)
    copy = tmp_path / "key.backup"
    back_up_recipient_key(key, copy, SecretStore(paths), Phrase(), LEAST)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    secret = recipient_secret(key.key_id, SecretStore(paths))
    assert secret is not None and base64.b64encode(secret) not in copy.read_bytes()
    other = SecretStore(KeyPaths(tmp_path / "other", tmp_path / "other-state"))
    with pytest.raises(CustodyError, match="wrong passphrase"):
        restore_recipient_key(copy, other, Phrase(b"something else"))
    assert restore_recipient_key(copy, other, Phrase()) == key
    assert recipient_secret(key.key_id, other) == secret
    with pytest.raises(SealedFileRefused, match="exists already"):
        back_up_recipient_key(key, copy, SecretStore(paths), Phrase(), LEAST)


def test_a_changed_backup_is_refused(tmp_path: Path) -> None:
    paths, key = fresh(tmp_path)
    copy, store = tmp_path / "key.backup", SecretStore(paths)
    back_up_recipient_key(key, copy, store, Phrase(), LEAST)
    genuine = json.loads(copy.read_bytes())
    for member, value in {
        "format": "other",
        "suite": "unknown",
        "kek_id": "mlkem768-x25519:0123456789abcdef",
        "ciphertext": base64.b64encode(bytes(48)).decode(),
        "iterations": 10**9,
        "method": "unlock-secret",
    }.items():
        copy.write_text(json.dumps(genuine | {member: value}))
        with pytest.raises((KeyStoreError, CustodyError)):
            restore_recipient_key(copy, store, Phrase())
        store.paths.counter("backup").unlink(missing_ok=True)  # the back-off is not what is tested
    copy.write_text(json.dumps(genuine | {"suite": "x25519"}))
    with pytest.raises(KeyStoreError, match="the key that it names"):
        restore_recipient_key(copy, store, Phrase())
