"""Key files, format 2, and the folder they lie in: every way in which they may be wrong."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.custody import ENFORCED, KeyRecord, KeySpec, ProbeAttempt, ProbeReport
from qlang.trust.errors import CustodyError, KeyFormatError, KeyRefused, KeyStoreError, TrustError
from qlang.trust.keys.paths import KeyPaths, default_key_paths, private_files
from qlang.trust.keys.records import dump_record, parse_record
from qlang.trust.keys.ring import KeyRing, development_ring
from qlang.trust.keys.store import KeyStore
from qlang.trust.keys.trust import load_trust_store
from tests.trust.keys.conftest import BOTH, NOW
from tests.trust.keys.samples import person

posix = pytest.mark.skipif(os.name != "posix", reason="permission bits")


def select(ring: KeyRing, *algorithms: str) -> tuple[KeyRecord, ...]:
    return ring.select("run-manifest", "default", algorithms or BOTH, NOW)


def sign(paths: KeyPaths) -> bytes:
    """As a fresh process would."""
    ring = development_ring(paths)
    (record,) = select(ring, "ed25519")
    return ring.sign(record, b"message")


@pytest.fixture
def record(ring: KeyRing) -> KeyRecord:
    return select(ring, "ed25519")[0]


@pytest.fixture
def key_file(record: KeyRecord, paths: KeyPaths) -> Path:
    return paths.private(record.spec)


def test_keys_are_made_once(ring: KeyRing, paths: KeyPaths) -> None:
    first = select(ring)
    before = {path: path.read_bytes() for path in paths.store.iterdir()}
    assert select(development_ring(paths)) == first
    assert {path: path.read_bytes() for path in paths.store.iterdir()} == before
    assert load_trust_store(paths.store).keys == tuple(record.public for record in first)


def test_names_say_what_a_key_is(ring: KeyRing, paths: KeyPaths) -> None:
    ring.select("run-manifest", "lab_1", ("ed25519",), NOW)
    assert [path.name for path in private_files(paths.store)] == ["lab_1.run-manifest.ed25519.1.key.json"]
    assert (paths.store / "lab_1.run-manifest.ed25519.1.pub.pem").read_text().startswith("-----BEGIN PUBLIC KEY")


@posix
def test_modes_of_folders_and_files(ring: KeyRing, paths: KeyPaths) -> None:
    select(ring)
    for folder in (paths.store, paths.state):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
@pytest.mark.parametrize("which", ["key", "unlock", "kek"])
def test_files_open_to_others_are_refused(key_file: Path, paths: KeyPaths, mode: int, which: str) -> None:
    path = {"key": key_file, "unlock": paths.unlock, "kek": paths.kek}[which]
    path.chmod(mode)
    with pytest.raises(KeyStoreError, match="open to group or others") as caught:
        sign(paths)
    assert caught.value.path == path


@posix
@pytest.mark.parametrize("which", ["store", "state"])
def test_folders_open_to_others_are_refused(record: KeyRecord, paths: KeyPaths, which: str) -> None:
    folder: Path = getattr(paths, which)
    folder.chmod(0o750)
    with pytest.raises(KeyStoreError, match="open to group or others"):
        sign(paths)


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="only root can give files away")
def test_files_of_others_are_refused(key_file: Path, paths: KeyPaths) -> None:
    os.chown(key_file, 12_345, 12_345)
    with pytest.raises(KeyStoreError, match="belongs to another user"):
        sign(paths)


@posix
@pytest.mark.parametrize("which", ["key", "unlock", "kek"])
def test_links_are_refused(key_file: Path, paths: KeyPaths, tmp_path: Path, which: str) -> None:
    path = {"key": key_file, "unlock": paths.unlock, "kek": paths.kek}[which]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyStoreError, match="link"):
        sign(paths)


@posix
def test_a_link_in_place_of_the_folder_is_refused(record: KeyRecord, paths: KeyPaths, tmp_path: Path) -> None:
    linked = KeyPaths(tmp_path / "link", paths.state)
    linked.store.symlink_to(paths.store)
    with pytest.raises(KeyStoreError, match="link"):
        sign(linked)


@posix
def test_a_pipe_does_not_hang(key_file: Path, paths: KeyPaths) -> None:
    key_file.unlink()
    os.mkfifo(key_file, 0o600)
    with pytest.raises(KeyStoreError, match="not a plain file"):
        sign(paths)


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": "ledger-checkpoint"},
        {"purpose": "other"},
        {"tenant": "lab"},
        {"tenant": "../lab"},
        {"generation": 2},
        {"generation": "1"},
        {"generation": True},
        {"custody": "token-native"},
        {"custody": "vault"},
        {"algorithm": "ml-dsa-65"},
        {"not_after": "2030-01-01T00:00:00Z"},
        {"not_after": "2030"},
        {"not_before": "2026-01-01T00:00:00Z"},
        {"probe": {"verdict": ENFORCED, "attempts": [], "flags": {}}},
        {"probe": {"verdict": ENFORCED, "attempts": [{}], "flags": {}}},
        {"probe": {"verdict": ENFORCED, "attempts": [], "flags": {"LOCAL": 1}}},
        {"probe": None},
        {"protection": {}},
        {"protection": None},
        {"public_key": "AAAA"},
        {"public_key": None},
        {"keyid": "ed25519:0000000000000000"},
        {"created_at": "today"},
        {"format": "qlang-key-3"},
        {"format": "qlang-key-1"},
    ],
    ids=str,
)
def test_a_changed_key_file_never_signs(key_file: Path, paths: KeyPaths, change: dict[str, Any]) -> None:
    key_file.write_text(json.dumps(json.loads(key_file.read_text()) | change))
    with pytest.raises((KeyStoreError, KeyRefused, CustodyError)):
        sign(paths)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": ""},
        {"nonce": None},
        {"nonce": "AAAAAAAAAAAAAAAA"},
        {"ciphertext": "AAAA"},
        {"ciphertext": "*"},
        {"kek_id": "0000000000000000"},
        {"scheme": "plain"},
    ],
    ids=str,
)
def test_a_changed_protection_never_signs(key_file: Path, paths: KeyPaths, change: dict[str, Any]) -> None:
    value = json.loads(key_file.read_text())
    value["protection"] |= change
    key_file.write_text(json.dumps(value))
    with pytest.raises(CustodyError):
        sign(paths)


def test_every_byte_of_a_key_file_is_guarded(key_file: Path, paths: KeyPaths) -> None:
    """Each changed byte is refused, or means nothing: then the same key signs."""
    original, public = key_file.read_bytes(), parse_record(key_file.read_bytes()).public
    for at in range(0, len(original), 5):
        data = bytearray(original)
        data[at] ^= 1
        key_file.write_bytes(bytes(data))
        try:
            sign(paths)
        except TrustError:
            continue
        assert parse_record(bytes(data)).public == public
    key_file.write_bytes(original)
    sign(paths)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"format":"qlang-key-2"}'])
def test_no_key_file_at_all(key_file: Path, paths: KeyPaths, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(KeyStoreError) as caught:
        sign(paths)
    assert caught.value.path == key_file
    assert [error.path for error in KeyStore(paths).damaged()] == [key_file]


def test_a_key_file_cut_short_and_one_too_long(key_file: Path, paths: KeyPaths) -> None:
    content = key_file.read_bytes()
    for damaged, reason in ((content[:100], "damaged"), (content + b" " * 300_000, "larger than")):
        key_file.write_bytes(damaged)
        with pytest.raises(KeyStoreError, match=reason):
            sign(paths)


def test_two_keys_swapped(ring: KeyRing, paths: KeyPaths) -> None:
    one, other = (paths.private(record.spec) for record in select(ring))
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    with pytest.raises(KeyStoreError, match="that its name says"):
        sign(paths)


def test_the_secret_of_another_key_under_the_name_of_one(ring: KeyRing, paths: KeyPaths) -> None:
    """The ciphertext is bound to its key: moved to another record it does not decrypt."""
    (alice,), (bob,) = (ring.select("run-manifest", name, ("ed25519",), NOW) for name in ("alice", "bob"))
    path = paths.private(bob.spec)
    value = json.loads(path.read_text())
    value["protection"] = dict(alice.protection)
    path.write_text(json.dumps(value))
    (forged,) = development_ring(paths).select("run-manifest", "bob", ("ed25519",), NOW)
    with pytest.raises(CustodyError, match="cannot be decrypted"):
        development_ring(paths).sign(forged, b"")


@pytest.mark.parametrize("which", ["unlock", "kek"])
def test_what_unlocks_is_never_replaced(key_file: Path, paths: KeyPaths, which: str) -> None:
    path = getattr(paths, which)
    path.unlink()
    with pytest.raises(KeyStoreError, match="cannot be unlocked"):
        sign(paths)
    with pytest.raises(KeyStoreError, match="cannot be unlocked"):
        select(development_ring(paths), "ml-dsa-65")
    assert not path.exists()


@posix
@pytest.mark.parametrize("which", ["unlock", "kek"])
def test_what_was_unlocked_stays_so_only_while_its_files_are_as_they_were(
    ring: KeyRing, paths: KeyPaths, which: str
) -> None:
    """A signer runs for weeks: what an administrator takes away from it counts at its next signature."""
    (record,) = select(ring, "ed25519")
    ring.sign(record, b"")
    path = getattr(paths, which)
    content = path.read_bytes()
    path.chmod(0o640)
    with pytest.raises(KeyStoreError, match="open to group or others"):
        ring.sign(record, b"")
    path.unlink()
    with pytest.raises(KeyStoreError, match="cannot be unlocked"):
        ring.sign(record, b"")
    path.write_bytes(content[:-1])
    path.chmod(0o600)
    with pytest.raises(KeyStoreError):
        ring.sign(record, b"")
    path.write_bytes(content)
    assert ring.sign(record, b"")


@pytest.mark.parametrize("secret", [bytes(32), b"", bytes(31), bytes(33)])
def test_a_wrong_unlock_secret(key_file: Path, paths: KeyPaths, secret: bytes) -> None:
    paths.unlock.write_bytes(secret)
    with pytest.raises(KeyStoreError, match=r"wrong unlock secret|32 bytes"):
        sign(paths)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "argon2id"},
        {"method": "none"},
        {"kek_id": "0"},
        {"salt": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {"salt": ""},
        {"nonce": "AAAA"},
        {"ciphertext": "AAAA"},
        {"format": "x"},
    ],
    ids=str,
)
def test_a_changed_kek_file(key_file: Path, paths: KeyPaths, change: dict[str, Any]) -> None:
    paths.kek.write_text(json.dumps(json.loads(paths.kek.read_text()) | change))
    with pytest.raises(KeyStoreError) as caught:
        sign(paths)
    assert caught.value.path == paths.kek


def test_missing_public_files_are_written_again(record: KeyRecord, paths: KeyPaths) -> None:
    expected = load_trust_store(paths.store)
    for path in (paths.public(record.spec), *paths.store.glob("*.event.dsse.json")):
        path.unlink()
    select(development_ring(paths), "ed25519")
    again = load_trust_store(paths.store)
    assert again.keys == expected.keys
    assert again.claims_of(record.public) == expected.claims_of(record.public)


def test_unlock_secret_beside_the_keys_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="beside"):
        select(development_ring(KeyPaths(tmp_path, tmp_path)))


def test_a_store_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyStoreError):
        select(development_ring(KeyPaths(tmp_path / "file" / "keys", tmp_path / "state")))


def test_an_existing_key_is_never_replaced(record: KeyRecord, ring: KeyRing) -> None:
    with ring.store.changing(), pytest.raises(KeyStoreError, match="exists already"):
        ring.store.save(record)


def test_keys_of_format_1_are_left_alone(ring: KeyRing, paths: KeyPaths) -> None:
    """They sign no more, and their public halves still verify what they signed."""
    stranger = person()
    select(ring, "ed25519")
    (paths.store / "ed25519.1.key.json").write_text('{"format": "qlang-key-1"}')
    (paths.store / "ed25519.1.key.json").chmod(0o600)
    ring.store.save_public(stranger.key)
    assert stranger.key in load_trust_store(paths.store).keys
    assert len(development_ring(paths).contents().records) == 1
    assert "format 1 is not read any more" in str(ring.store.damaged()[0])


@pytest.mark.parametrize("tenant", ["", "../up", "a/b", ".a", "-a", "ü", "x" * 65, "a b", "con\0"])
def test_tenants_that_would_not_stay_in_the_folder(ring: KeyRing, tenant: str) -> None:
    with pytest.raises(KeyStoreError, match="not a tenant's name"):
        ring.select("run-manifest", tenant, ("ed25519",), NOW)


def test_a_tenant_may_have_dots_in_its_name(ring: KeyRing, paths: KeyPaths) -> None:
    """As policies have it."""
    records = {
        tenant: ring.select("run-manifest", tenant, ("ed25519",), NOW) for tenant in ("lab", "lab.one", "lab.one.1")
    }
    for tenant, found in records.items():
        assert development_ring(paths).select("run-manifest", tenant, ("ed25519",), NOW, create=False) == found


def test_unknown_algorithm_and_purpose(ring: KeyRing) -> None:
    with pytest.raises(KeyFormatError, match="rot13"):
        select(ring, "rot13")
    with pytest.raises(KeyRefused, match="no ed25519 key for everything"):
        ring.select("everything", "default", ("ed25519",), NOW)


def test_records_survive_their_file() -> None:
    public = person().key
    report = ProbeReport(ENFORCED, (ProbeAttempt("read value", False, "AttributeSensitive"),), {"LOCAL": True})
    spec = KeySpec("ed25519", "root", "lab", 3, NOW, "2030-01-01T00:00:00Z")
    record = KeyRecord(public, spec, "token-native", NOW, {"token_serial": "1", "object_id": "2"}, report)
    assert parse_record(dump_record(record)) == record


def test_default_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert default_key_paths() == KeyPaths(tmp_path / ".qlang/keys", tmp_path / "xdg/qlang")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # to be ignored, says the specification
    assert default_key_paths().state == tmp_path / ".local/state/qlang"


def test_eight_processes_make_the_same_keys(paths: KeyPaths) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from qlang.trust.keys.paths import KeyPaths; from qlang.trust.keys.ring import development_ring\n"
        "ring = development_ring(KeyPaths(Path(sys.argv[1]), Path(sys.argv[2])))\n"
        "print('ready', flush=True); sys.stdin.readline()\n"  # all start at once
        f"records = ring.select('run-manifest', 'default', {BOTH!r}, {NOW!r})\n"
        "for record in records: ring.sign(record, b'x'); print(record.public.key_id)"
    )
    command = [sys.executable, "-c", script, str(paths.store), str(paths.state)]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    for worker in workers:
        assert worker.stdout and worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("\n")
        worker.stdin.flush()
    answers = {worker.communicate(timeout=60)[0] for worker in workers}
    assert [worker.returncode for worker in workers] == [0] * 8
    assert len(answers) == 1
    assert len(private_files(paths.store)) == len(list(paths.store.glob("*.created.*"))) == 2
    assert not load_trust_store(paths.store).ignored
