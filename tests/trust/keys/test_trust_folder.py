"""The folder of the keys and events that are trusted: what in it counts, and what is reported instead."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.envelope import Envelope
from qlang.trust.errors import KeyStoreError
from qlang.trust.keys.events import SignedEvent, dump_event
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import KeyRing
from qlang.trust.keys.store import KeyStore
from qlang.trust.keys.trust import MAX_FILES, load_trust_store
from tests.trust.keys.conftest import NOW
from tests.trust.keys.samples import person


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_text("hello"),
        lambda path: path.write_bytes(b"\xff"),
        lambda path: path.write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
        lambda path: path.write_text("x" * 100_000),
        lambda path: path.mkdir(),
        lambda path: path.symlink_to("/etc/passwd"),
    ],
)
@pytest.mark.parametrize("name", ["bad.pub.pem", "bad.event.dsse.json"])
def test_bad_files_of_a_trust_folder_are_reported(tmp_path: Path, write: Callable[[Path], Any], name: str) -> None:
    good = person()
    KeyStore(KeyPaths(tmp_path, tmp_path / "state")).save_public(good.key)
    write(tmp_path / name)
    trust = load_trust_store(tmp_path)
    assert trust.trusted == (good.key,)
    assert [fault.split(":")[0] for fault in trust.faults] == [f"'{name}'"]


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_public_keys_that_others_may_write_are_not_trusted(ring: KeyRing, paths: KeyPaths) -> None:
    (record,) = ring.select("run-manifest", "default", ("ed25519",), NOW)
    paths.public(record.spec).chmod(0o666)
    trust = load_trust_store(paths.store)
    assert trust.trusted == ()
    assert "open to group or others" in trust.faults[0]


def test_a_trust_folder_that_is_none_or_too_full(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="not a folder"):
        load_trust_store(tmp_path / "absent")
    for index in range(MAX_FILES + 1):
        (tmp_path / f"{index}.pub.pem").touch()
    with pytest.raises(KeyStoreError, match="more than"):
        load_trust_store(tmp_path)


def test_the_events_of_a_folder_count_from_files(tmp_path: Path) -> None:
    alice, bob = person(), person()
    store = KeyStore(KeyPaths(tmp_path, tmp_path / "state"))
    store.save_public(alice.key)
    rotation = alice.rotated_to(bob)
    store.save_event(rotation)
    (tmp_path / "copy.event.dsse.json").write_bytes(dump_event(rotation))
    trust = load_trust_store(tmp_path)
    assert trust.trusted == (alice.key, bob.key)
    assert len(trust.events) == 1


def test_a_forged_copy_does_not_hide_the_genuine_event(tmp_path: Path) -> None:
    """Same content, other signatures, later in the order of names."""
    alice, bob = person(), person()
    store = KeyStore(KeyPaths(tmp_path, tmp_path / "state"))
    store.save_public(alice.key)
    genuine = alice.revoked("compromised")
    forged = SignedEvent(genuine.event, Envelope(genuine.envelope.payload, bob.revoked("lost").envelope.signatures))
    for name, event in (("a", forged), ("b", genuine), ("c", forged)):
        (tmp_path / f"{name}.event.dsse.json").write_bytes(dump_event(event))
    trust = load_trust_store(tmp_path)
    assert trust.status(alice.key, purpose="run-manifest", at=NOW).state == "compromised"
    assert len(trust.ignored) == 1
