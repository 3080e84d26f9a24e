"""Keys whose making was killed: nothing is left in the token that no key file speaks of, and nothing of others goes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.algorithms import signature_fault
from qlang.trust.crypto_modes import ECDSA_P256, ML_DSA_65
from qlang.trust.custody import RUN_MANIFEST, TOKEN_NATIVE, TOKEN_WRAPPED, KeySpec
from qlang.trust.errors import CustodyError
from qlang.trust.keys.life import create_key
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import KeyRing
from qlang.trust.keys.trust import VALID
from qlang.trust.keys.user import user_ring
from qlang.trust.times import now
from qlang.trust.token.native import TokenNativeCustodian
from qlang.trust.token.session import close_tokens
from tests.trust.token.conftest import LABEL, PIN_VARIABLE

DYING = Path(__file__).with_name("dying.py")
NATIVE = "qlang.trust.token.native:"
KILLS = [
    (NATIVE + "write_note", "before", 0),
    (NATIVE + "write_note", "after", 0),
    ("qlang.trust.token.objects:generate_pair", "after", 2),
    (NATIVE + "_tested", "after", 2),
    (NATIVE + "_probe", "after", 2),
    ("qlang.trust.keys.ring:KeyRing.state_created", "before", 2),
    ("qlang.trust.keys.ring:KeyRing.keep", "before", 2),
    ("qlang.trust.keys.store:KeyStore.save_event", "after", 2),
    ("qlang.trust.keys.store:KeyStore.write_public", "after", 2),
]
"""Where, when, and how many objects are in the token then. After them the key file is there."""
SAVED = [("qlang.trust.keys.store:KeyStore.save", "after"), (NATIVE + "remove_note", "before")]


class Place:
    """A project with a token, and a key store."""

    def __init__(self, soft: Any, root: Path) -> None:
        self.soft, self.root, self.paths = soft, root, KeyPaths(root / "keys", root / "state")
        root.mkdir(exist_ok=True)
        policy = f'schema = 1\n[tokens.lab]\nmodule = "{soft.module}"\nlabel = "{LABEL}"\npin = "env:{PIN_VARIABLE}"\n'
        (root / "qlang-policy.toml").write_text(policy)

    def make(self, place: str = "", when: str = "", custody: str = TOKEN_NATIVE, algorithm: str = ECDSA_P256) -> Any:
        """Make a key in another process: its answer, or the signal that ended it."""
        given = {"store": str(self.paths.store), "state": str(self.paths.state), "workspace": str(self.root)}
        given |= {"place": place, "when": when, "custody": custody, "algorithm": algorithm}
        done = subprocess.run(
            [sys.executable, str(DYING), json.dumps(given)], capture_output=True, text=True, timeout=60, check=False
        )
        assert not done.stderr, done.stderr
        return json.loads(done.stdout) if done.returncode == 0 else done.returncode

    @property
    def ring(self) -> KeyRing:
        return user_ring(self.root, paths=self.paths)

    def objects(self) -> list[str]:
        from pkcs11.constants import Attribute

        close_tokens()
        with self.soft.token.session(TOKEN_NATIVE, "count objects") as session:
            return sorted(str(item[Attribute.LABEL]) for item in session.get_objects({}))

    def all_keys_sign(self) -> None:
        ring, at = self.ring, now()
        for record in ring.contents().records:
            assert ring.contents().status(record, at).state == VALID
            assert signature_fault(record.public, b"message", ring.sign(record, b"message")) is None
        assert not ring.contents().trust.faults
        assert not list((self.paths.store / ".making").glob("*.json"))


@pytest.fixture
def place(soft: Any, tmp_path: Path) -> Place:
    return Place(soft, tmp_path / "project")


@pytest.mark.parametrize(("point", "when", "left"), KILLS, ids=[f"{when} {at}" for at, when, _ in KILLS])
def test_the_next_creation_removes_what_a_killed_one_left(place: Place, point: str, when: str, left: int) -> None:
    assert place.make(point, when) == -signal.SIGKILL
    assert (len(place.objects()), len(place.ring.contents().records)) == (left, 0)
    answer = place.make()
    assert len(answer["notices"]) == (1 if left else 0)
    assert all("its making was interrupted" in notice for notice in answer["notices"])
    (record,) = place.ring.contents().records
    assert record.public.key_id == answer["key_id"] and record.spec.generation == 1
    assert place.objects() == 2 * [record.protection["object_label"]]
    place.all_keys_sign()


@pytest.mark.parametrize(("point", "when"), SAVED, ids=[f"{when} {at}" for at, when in SAVED])
def test_a_key_with_its_key_file_stays(place: Place, point: str, when: str) -> None:
    assert place.make(point, when) == -signal.SIGKILL
    (record,) = place.ring.contents().records
    assert place.make()["notices"] == []
    assert [kept.spec.generation for kept in place.ring.contents().records] == [1, 2]
    assert place.objects().count(str(record.protection["object_label"])) == 2
    place.all_keys_sign()


def test_a_kill_while_cleaning_up_is_cleaned_up(place: Place) -> None:
    assert place.make(KILLS[4][0], "after") == -signal.SIGKILL
    assert place.make("qlang.trust.token.objects:destroy_labelled", "before") == -signal.SIGKILL
    assert place.make("qlang.trust.token.objects:destroy_labelled", "after") == -signal.SIGKILL
    assert place.objects() == []
    assert place.make()["key_id"] == place.ring.contents().records[0].public.key_id
    place.all_keys_sign()


def test_a_wrapped_key_that_was_killed_leaves_the_wrapping_key_only(place: Place) -> None:
    for point in ("qlang.trust.token.objects:generate_kek", "qlang.trust.token.wrapped:_encrypt"):
        assert place.make(point, "after", TOKEN_WRAPPED, ML_DSA_65) == -signal.SIGKILL
        assert place.objects() == ["qlang-kek"]
    assert place.make("", "", TOKEN_WRAPPED, ML_DSA_65)["notices"] == []
    assert place.objects() == ["qlang-kek"]
    place.all_keys_sign()


def test_what_another_key_store_has_made_is_not_touched(place: Place, tmp_path: Path) -> None:
    """Two stores share a token: the orphan of one has the CKA_ID of the other's key, once its own is gone."""
    assert place.make(NATIVE + "write_note", "after") == -signal.SIGKILL, "noted, and never made"
    other = Place(place.soft, tmp_path / "other")
    record = create_key(other.ring, ECDSA_P256, RUN_MANIFEST, "default", custody=TOKEN_NATIVE)
    with pytest.raises(CustodyError, match="the token already holds an object"):
        create_key(place.ring, ECDSA_P256, RUN_MANIFEST, "default", custody=TOKEN_NATIVE)
    assert other.objects() == 2 * [record.protection["object_label"]]
    other.all_keys_sign()


def test_without_the_token_nothing_is_forgotten(place: Place, soft: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note waits until the token is there again."""
    assert place.make(KILLS[2][0], "after") == -signal.SIGKILL
    notes = place.paths.store / ".making"
    (note,) = notes.glob("*.json")
    assert note.stat().st_mode & 0o077 == 0
    close_tokens()
    monkeypatch.setenv(PIN_VARIABLE, "a wrong PIN")
    with pytest.raises(CustodyError, match="the PIN is wrong"):
        create_key(place.ring, ECDSA_P256, RUN_MANIFEST, "default", custody=TOKEN_NATIVE)
    assert list(notes.glob("*.json")) == [note]


def test_a_damaged_note_stops_creation(soft: Any, tmp_path: Path) -> None:
    custodian = TokenNativeCustodian(soft.token, tmp_path / "making")
    record = custodian.create(KeySpec(ECDSA_P256))
    (note,) = (tmp_path / "making").glob("*.json")
    for content in (b"{}", b"[", b"{}" * 4000):
        note.write_bytes(content)
        with pytest.raises(CustodyError, match=note.name):
            custodian.settle([record])
