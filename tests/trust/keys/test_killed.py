"""Kill -9 while development keys are made: what was kept stays, nothing in the way is left, the next key is made."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from qlang.trust.algorithms import signature_fault
from qlang.trust.keys.findings import key_findings
from qlang.trust.keys.life import create_key, rotate_key
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import KeyRing, development_ring
from qlang.trust.keys.trust import VALID

DYING = Path(__file__).parents[1] / "token" / "dying.py"
MAKING = Path(__file__).with_name("making.py")
FAR = "2999-01-01T00:00:00Z"


def killed(paths: KeyPaths, tenant: str, seconds: float) -> list[str]:
    """Ids of the keys that a process had kept when it was killed, some time after it began."""
    command = [sys.executable, str(MAKING), str(paths.store), str(paths.state), tenant]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            try:
                process.wait(left)
            except subprocess.TimeoutExpired:
                break
        process.kill()
        return [line.strip() for line in process.stdout.read().split("\n")[:-1]]


def assert_sound(ring: KeyRing, acknowledged: set[str]) -> None:
    contents = ring.contents()
    assert acknowledged <= {record.public.key_id for record in contents.records}
    assert not contents.trust.faults
    for record in contents.records:
        assert signature_fault(record.public, b"message", ring.sign(record, b"message")) is None
    newest = {(key.spec.tenant, key.spec.algorithm): key for key in contents.records}
    for record in newest.values():
        assert contents.status(record, FAR).state == VALID


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_thirty_kills_of_a_process_that_makes_keys(paths: KeyPaths) -> None:
    source, acknowledged = random.Random(30), set[str]()
    for number in range(30):
        tenant = f"t{number % 6}"  # each is gone on with, after a kill
        acknowledged |= set(killed(paths, tenant, source.uniform(0.0, 0.3)))
        ring = development_ring(paths)
        assert_sound(ring, acknowledged)
        acknowledged.add(create_key(ring, "ed25519", "run-manifest", tenant).public.key_id)
        assert_sound(ring, acknowledged)
    assert len(acknowledged) > 35, "the kills came while keys were made, not before"
    assert [finding for finding in key_findings(paths) if finding.state == "fault"] == []


STORE = "qlang.trust.keys.store:"
KILLS = [
    ("qlang.trust.keys.unlocking:_ensure_unlock", "after"),
    ("qlang.trust.keys.unlocking:_write", "before"),
    ("qlang.trust.keys.unlocking:_write", "after"),
    ("qlang.trust.keys.ring:KeyRing.keep", "before"),
    (STORE + "stage", "after"),
    (STORE + "KeyStore.save_event", "after"),
    (STORE + "KeyStore.write_public", "after"),
    (STORE + "KeyStore.save", "after"),
]


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
@pytest.mark.parametrize(("place", "when"), KILLS, ids=[f"{when} {place}" for place, when in KILLS])
def test_a_kill_at_any_step_of_the_first_key(paths: KeyPaths, tmp_path: Path, place: str, when: str) -> None:
    """The next one is made, nobody trusts a key without its private half, and a key that was kept is one."""
    given = {"store": str(paths.store), "state": str(paths.state), "workspace": str(tmp_path)}
    given |= {"place": place, "when": when, "custody": "development", "algorithm": "ed25519"}
    done = subprocess.run([sys.executable, str(DYING), json.dumps(given)], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, b"")
    ring = development_ring(paths)
    kept = len(ring.contents().records)
    assert kept == (1 if place.endswith("save") else 0)
    create_key(ring, "ed25519", "run-manifest", "default")
    contents = ring.contents()
    assert [record.spec.generation for record in contents.records] == list(range(1, kept + 2))
    assert set(contents.trust.keys) == {record.public for record in contents.records}
    assert_sound(ring, {record.public.key_id for record in contents.records})
    assert [finding for finding in key_findings(paths) if finding.state == "fault"] == []


ROTATION_KILLS = [
    (STORE + "KeyStore._announce", "after", False),
    (STORE + "KeyStore.save_event", "after", False),
    (STORE + "KeyStore.write_public", "after", False),
    (STORE + "KeyStore.save", "after", True),
    (STORE + "KeyStore._event_path", "second", True),
]
"""Where, when, and whether the rotation has happened."""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
@pytest.mark.parametrize(
    ("place", "when", "done"), ROTATION_KILLS, ids=[f"{when} {place}" for place, when, _ in ROTATION_KILLS]
)
def test_a_killed_rotation_has_happened_or_not(
    paths: KeyPaths, tmp_path: Path, place: str, when: str, done: bool
) -> None:
    """The old key never ends before its successor is there, and whoever trusts it goes on to the successor."""
    old = create_key(development_ring(paths), "ed25519", "run-manifest", "default")
    given = {"store": str(paths.store), "state": str(paths.state), "workspace": str(tmp_path), "rotate": True}
    given |= {"place": place, "when": when, "custody": "development", "algorithm": "ed25519"}
    died = subprocess.run([sys.executable, str(DYING), json.dumps(given)], capture_output=True, timeout=60, check=False)
    assert (died.returncode, died.stderr) == (-signal.SIGKILL, b"")
    ring = development_ring(paths)
    assert_sound(ring, {old.public.key_id})
    with ring.store.changing():
        pass  # whoever changes the store next finishes what was begun
    assert_sound(ring, {old.public.key_id})
    assert [path for path in paths.store.iterdir() if path.name.startswith(".rotation.")] == []
    assert len(ring.contents().records) == (2 if done else 1)
    state = ring.contents().status(old, FAR).state
    assert state == ("rotated" if done else VALID)
    if not done:
        rotate_key(ring, old)
        assert ring.contents().status(old, FAR).state == "rotated"
