"""Key stores and backups under a passphrase."""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.algorithms import signature_fault
from qlang.trust.backoff import BackOff
from qlang.trust.custody import (
    DEVELOPMENT,
    ENFORCED,
    RUN_MANIFEST,
    TOKEN_NATIVE,
    TOKEN_WRAPPED,
    KeyRecord,
    KeySpec,
    ProbeReport,
)
from qlang.trust.errors import CustodyError, KeyStoreError, TooManyTries, TrustError
from qlang.trust.keys.backup import back_up, restore
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.life import create_key, revoke_key, rotate_key
from qlang.trust.keys.passphrase import source_of
from qlang.trust.keys.paths import KeyPaths, private_files
from qlang.trust.keys.ring import KeyRing, development_ring
from qlang.trust.keys.store import KeyStore
from qlang.trust.keys.unlocking import protect, read_wrapped
from qlang.trust.keys.wrapping import LEAST, read_kek
from qlang.trust.times import now
from tests.trust.keys.conftest import BOTH, NOW
from tests.trust.keys.samples import EARLY, person

RIGHT, WRONG = b"correct horse battery", b"correct horse batterx"


@dataclass
class Said:
    """A passphrase as if somebody typed it."""

    text: bytes
    asked: int = 0

    def read(self, question: str, *, new: bool = False) -> bytes:
        self.asked += 1
        return self.text


def ring_under(paths: KeyPaths, text: bytes = RIGHT) -> KeyRing:
    """Cheap guesses: the strength of Argon2id is not what these tests are about."""
    return KeyRing(KeyStore(paths), {DEVELOPMENT: DevelopmentCustodian(paths, Said(text), LEAST)})


@pytest.fixture
def protected(paths: KeyPaths) -> KeyPaths:
    ring_under(paths).select(RUN_MANIFEST, "default", BOTH, NOW)
    return paths


def sign(ring: KeyRing) -> None:
    for record in ring.select(RUN_MANIFEST, "default", BOTH, NOW):
        assert signature_fault(record.public, b"x", ring.sign(record, b"x")) is None


def test_a_store_under_a_passphrase(protected: KeyPaths) -> None:
    assert not protected.unlock.exists()
    wrapped = read_wrapped(protected)
    assert (wrapped.method, wrapped.cost) == ("argon2id", LEAST)
    ring = ring_under(protected)
    sign(ring)
    sign(ring)
    custodian = ring.custodian(DEVELOPMENT)
    assert isinstance(custodian, DevelopmentCustodian) and isinstance(custodian.passphrase, Said)
    assert custodian.passphrase.asked == 1, "asked for once in the life of a signer"


def test_the_default_cost_is_that_of_the_design(paths: KeyPaths) -> None:
    custodian = DevelopmentCustodian(paths, Said(RIGHT))
    KeyRing(KeyStore(paths), {DEVELOPMENT: custodian}).select(RUN_MANIFEST, "default", ("ed25519",), NOW)
    value = json.loads(paths.kek.read_text())
    assert (value["memory_kib"], value["iterations"], value["lanes"]) == (65_536, 3, 2)


def test_public_keys_need_no_passphrase(protected: KeyPaths) -> None:
    assert len(development_ring(protected).contents().trust.trusted) == 2


def test_wrong_passphrases_are_counted_and_slowed(protected: KeyPaths) -> None:
    for _ in range(3):
        with pytest.raises(CustodyError, match="wrong passphrase"):
            sign(ring_under(protected, WRONG))
    with pytest.raises(TooManyTries, match="3 wrong passphrases; the next try is possible in"):
        sign(ring_under(protected, RIGHT))
    assert BackOff(protected.counter("passphrase"), DEVELOPMENT).failures() == 3


def test_the_right_passphrase_ends_the_count(protected: KeyPaths) -> None:
    with pytest.raises(CustodyError):
        sign(ring_under(protected, WRONG))
    sign(ring_under(protected))
    assert BackOff(protected.counter("passphrase"), DEVELOPMENT).failures() == 0


def test_no_passphrase_is_not_a_wrong_one(protected: KeyPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ABSENT", raising=False)
    for _ in range(5):
        with pytest.raises(CustodyError, match="ABSENT, which should hold the passphrase, is not set"):
            sign(development_ring(protected, source_of("env:ABSENT")))
    assert BackOff(protected.counter("passphrase"), DEVELOPMENT).failures() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"iterations": 3},
        {"memory_kib": 20_000},
        {"method": "unlock-secret"},
        {"iterations": 1},
        {"memory_kib": 8},
        {"memory_kib": 1 << 30},
        {"lanes": 255},
        {"lanes": 0},
        {"iterations": True},
        {"iterations": None},
    ],
    ids=str,
)
def test_changed_parameters_of_the_passphrase(protected: KeyPaths, change: dict[str, Any]) -> None:
    """Neither a cheaper guess nor an expensive trap: refused, or the tag does not match."""
    protected.kek.write_text(json.dumps(json.loads(protected.kek.read_text()) | change))
    with pytest.raises((CustodyError, KeyStoreError)):
        sign(ring_under(protected))


def test_from_unlock_secret_to_passphrase_and_back(paths: KeyPaths) -> None:
    sign(development_ring(paths))
    before = {path: path.read_bytes() for path in private_files(paths.store)}
    protect(paths, None, Said(RIGHT), LEAST)
    with pytest.raises(CustodyError, match="wrong passphrase"):
        sign(ring_under(paths, WRONG))
    sign(ring_under(paths))
    with pytest.raises(CustodyError, match="wrong passphrase"):
        protect(paths, Said(WRONG), None, LEAST)
    protect(paths, Said(RIGHT), None, LEAST)
    sign(development_ring(paths))
    assert {path: path.read_bytes() for path in private_files(paths.store)} == before


def test_a_passphrase_that_would_protect_nothing_is_refused(paths: KeyPaths) -> None:
    sign(development_ring(paths))
    with pytest.raises(CustodyError, match="no passphrase protects this key store"):
        create_key(ring_under(paths), "ed25519", "root", "default")


def test_passphrases_in_one_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAMED_BY_THE_USER", "e\u0301cole de nuit")
    assert source_of("env:NAMED_BY_THE_USER").read("?") == "école de nuit".encode()


def test_a_new_passphrase_is_not_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHORT", "1234567")
    assert source_of("env:SHORT").read("?") == b"1234567"
    with pytest.raises(CustodyError, match="at least 8 characters"):
        source_of("env:SHORT").read("?", new=True)


def test_a_passphrase_in_place_of_its_source_is_not_repeated() -> None:
    with pytest.raises(CustodyError, match="never as the passphrase") as caught:
        source_of("hunter2hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.fixture
def backed_up(paths: KeyPaths, tmp_path: Path) -> tuple[KeyRing, Path]:
    ring = development_ring(paths)
    first, _ = ring.select(RUN_MANIFEST, "default", BOTH, NOW)
    create_key(ring, "ed25519", "root", "default")
    rotate_key(ring, first)
    revoke_key(ring, ring.select(RUN_MANIFEST, "lab", ("ed25519",), NOW)[0].public, "retired")
    back_up(ring, tmp_path / "backup.json", Said(RIGHT), LEAST)
    return ring, tmp_path / "backup.json"


def elsewhere(tmp_path: Path) -> KeyRing:
    return development_ring(KeyPaths(tmp_path / "there" / "keys", tmp_path / "there" / "state"))


def test_backup_round_trip(backed_up: tuple[KeyRing, Path], tmp_path: Path) -> None:
    ring, file = backed_up
    there = elsewhere(tmp_path)
    done = restore(there, file, Said(RIGHT))
    assert len(done.restored) == 5 and not done.present
    before, after = ring.contents(), there.contents()
    for old, new in zip(before.records, after.records, strict=True):
        assert (old.public, old.spec, old.custody, old.created_at) == (
            new.public,
            new.spec,
            new.custody,
            new.created_at,
        )
        assert before.status(old, now()).state == after.status(new, now()).state
        assert signature_fault(old.public, b"x", there.sign(new, b"x")) is None
    assert {event.digest for event in after.trust.events} == {event.digest for event in before.trust.events}
    again = restore(there, file, Said(RIGHT))
    assert not again.restored and len(again.present) == 5


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_the_backup_is_private_and_new(backed_up: tuple[KeyRing, Path]) -> None:
    ring, file = backed_up
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyStoreError, match="exists already"):
        back_up(ring, file, Said(RIGHT), LEAST)


def test_wrong_passphrase_of_a_backup(backed_up: tuple[KeyRing, Path], tmp_path: Path) -> None:
    _, file = backed_up
    there = elsewhere(tmp_path)
    for _ in range(3):
        with pytest.raises(CustodyError, match="wrong passphrase of the backup"):
            restore(there, file, Said(WRONG))
    with pytest.raises(TooManyTries):
        restore(there, file, Said(RIGHT))
    assert not private_files(there.store.paths.store)


def test_flipped_bytes_of_a_backup(backed_up: tuple[KeyRing, Path], tmp_path: Path) -> None:
    _, file = backed_up
    original, there = file.read_bytes(), elsewhere(tmp_path)
    counter = there.store.paths.counter("backup")
    for at in (*range(0, 60), *range(60, len(original), 997), len(original) - 2):
        data = bytearray(original)
        data[at] ^= 1
        file.write_bytes(bytes(data))
        counter.unlink(missing_ok=True)
        with pytest.raises(TrustError):
            restore(there, file, Said(RIGHT))
    assert not there.store.paths.store.exists() or not private_files(there.store.paths.store)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b'{"format":"qlang-key-backup-1"}', b"[" * 100_000, b" " * (17 << 20)]
)
def test_no_backup_at_all(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(KeyStoreError):
        restore(elsewhere(tmp_path), tmp_path / "file", Said(RIGHT))


def test_a_backup_never_overwrites_another_key(backed_up: tuple[KeyRing, Path], tmp_path: Path) -> None:
    _, file = backed_up
    there = elsewhere(tmp_path)
    there.select(RUN_MANIFEST, "default", ("ed25519",), NOW)
    before = {path: path.read_bytes() for path in there.store.paths.store.glob("*.json")}
    with pytest.raises(KeyStoreError, match="holds another key than"):
        restore(there, file, Said(RIGHT))
    assert {path: path.read_bytes() for path in there.store.paths.store.glob("*.json")} == before


def test_nothing_to_back_up(ring: KeyRing, tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="no keys"):
        back_up(ring, tmp_path / "backup", Said(RIGHT), LEAST)


def test_a_backup_of_a_store_under_a_passphrase(protected: KeyPaths, tmp_path: Path) -> None:
    back_up(ring_under(protected), tmp_path / "backup", Said(WRONG), LEAST)
    there = elsewhere(tmp_path)
    restore(there, tmp_path / "backup", Said(WRONG))
    sign(there)


def test_argon2id_by_the_reference_vector() -> None:
    """RFC 9106 has one vector with secret and associated data only; this is from the reference implementation's
    test.c: version 0x13, t=2, m=65536, p=1, `password`, `somesalt`."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(salt=b"somesalt", length=32, iterations=2, lanes=1, memory_cost=65_536)
    assert kdf.derive(b"password").hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"


@pytest.mark.parametrize("change", [{"salt": "AAAA"}, {"nonce": "AAAA"}, {"ciphertext": "AAAA"}, {"kek_id": "x" * 65}])
def test_wrapped_keks_of_odd_shape(change: dict[str, Any]) -> None:
    value = {
        "kek_id": "0",
        "method": "unlock-secret",
        "salt": base64.b64encode(bytes(16)).decode(),
        "nonce": base64.b64encode(bytes(12)).decode(),
        "ciphertext": base64.b64encode(bytes(48)).decode(),
    }
    assert read_kek(value).cost is None
    with pytest.raises(ValueError, match=r"."):
        read_kek(value | change)


def test_what_a_backup_holds_of_keys_in_tokens(paths: KeyPaths, tmp_path: Path) -> None:
    """The wrapped blob travels as it is; of a key inside a token there is nothing to copy."""
    ring = development_ring(paths)
    (kept,) = ring.select(RUN_MANIFEST, "default", ("ed25519",), NOW)
    records = {}
    for custody in (TOKEN_WRAPPED, TOKEN_NATIVE):
        someone = person(tenant=custody)
        spec = KeySpec("ed25519", RUN_MANIFEST, custody, 1, EARLY)
        protection = {"token_label": "lab", "ciphertext": "AAAA"}
        records[custody] = KeyRecord(someone.key, spec, custody, NOW, protection, ProbeReport(ENFORCED))
        with ring.store.changing():
            ring.store.save(records[custody], someone.created(custody=custody, probe=ENFORCED))
    done = back_up(ring, tmp_path / "backup", Said(RIGHT), LEAST)
    assert (done.secrets, done.wrapped, done.left_out) == ((kept,), (records[TOKEN_WRAPPED],), (records[TOKEN_NATIVE],))
    there = elsewhere(tmp_path)
    assert len(restore(there, tmp_path / "backup", Said(RIGHT)).restored) == 2
    assert records[TOKEN_WRAPPED] in there.contents().records
    assert there.contents().status(records[TOKEN_WRAPPED], NOW).state == "valid"
