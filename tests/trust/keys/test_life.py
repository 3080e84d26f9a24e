"""Which key signs when, and what rotation and revocation change."""

from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.algorithms import available_algorithms, signature_fault
from qlang.trust.custody import (
    DEVELOPMENT,
    ENFORCED,
    LEDGER_CHECKPOINT,
    NOT_CLAIMED,
    NOT_ENFORCED,
    PURPOSES,
    ROOT,
    RUN_MANIFEST,
    Custodian,
    KeyRecord,
    ProbeReport,
)
from qlang.trust.errors import CustodyError, KeyEventError, KeyRefused, KeyStoreError
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.life import Validity, create_key, probe_key, revoke_key, rotate_key
from qlang.trust.keys.paths import KeyPaths, event_files
from qlang.trust.keys.ring import KeyRing, development_ring
from qlang.trust.ledger.store import open_ledger
from qlang.trust.times import days_after, moment, now, written
from tests.trust.keys.conftest import BOTH

ALGORITHMS = ("ed25519", "ecdsa-p256", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87", "slh-dsa-sha2-128f", "rsa-pss-3072")


def after(seconds: float) -> str:
    return written(moment(now()) + timedelta(seconds=seconds))


def select(ring: KeyRing, at: str, purpose: str = RUN_MANIFEST, tenant: str = "default") -> KeyRecord:
    return ring.select(purpose, tenant, ("ed25519",), at)[0]


def refusal(ring: KeyRing, at: str) -> str:
    with pytest.raises(KeyRefused) as caught:
        select(ring, at)
    return caught.value.state


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_keys_of_every_algorithm_sign(paths: KeyPaths, algorithm: str) -> None:
    if algorithm not in available_algorithms():
        pytest.skip(f"{algorithm} needs an extra that is not installed")
    made = create_key(development_ring(paths), algorithm, RUN_MANIFEST, "default")
    ring = development_ring(paths)
    (record,) = ring.select(RUN_MANIFEST, "default", (algorithm,), now())
    assert record == made
    assert signature_fault(record.public, b"message", ring.sign(record, b"message")) is None
    assert signature_fault(record.public, b"massage", ring.sign(record, b"message")) is not None


def test_tenants_and_purposes_have_keys_of_their_own(ring: KeyRing) -> None:
    keys = {
        select(ring, now(), purpose, tenant).public
        for purpose in (RUN_MANIFEST, LEDGER_CHECKPOINT)
        for tenant in ("default", "lab")
    }
    assert len(keys) == 4


@pytest.mark.parametrize("purpose", [name for name in PURPOSES if name not in (RUN_MANIFEST, LEDGER_CHECKPOINT)])
def test_other_keys_are_not_made_without_being_asked_for(ring: KeyRing, purpose: str) -> None:
    with pytest.raises(KeyRefused, match="qlangc keys create") as caught:
        select(ring, now(), purpose)
    assert caught.value.state == "missing"


def test_nothing_is_made_where_that_is_not_wanted(ring: KeyRing, paths: KeyPaths) -> None:
    with pytest.raises(KeyRefused):
        ring.select(RUN_MANIFEST, "default", BOTH, now(), create=False)
    assert not ring.contents().records
    with pytest.raises(KeyRefused):
        KeyRing(ring.store, {}).select(RUN_MANIFEST, "default", BOTH, now())


def test_a_key_made_for_a_run_may_sign_runs_that_began_before(ring: KeyRing) -> None:
    assert select(ring, "2020-01-01T00:00:00Z") == select(ring, "2030-01-01T00:00:00Z")


def test_validity(ring: KeyRing) -> None:
    start, end = after(-86_400), after(86_400)
    create_key(ring, "ed25519", RUN_MANIFEST, "default", validity=Validity(start, end))
    assert select(ring, now()).spec.not_after == end
    assert refusal(ring, after(-90_000)) == "not yet valid", "the clock of the run is before validity"
    assert refusal(ring, after(90_000)) == "expired"


def test_an_expired_key_is_not_replaced_behind_the_users_back(ring: KeyRing) -> None:
    create_key(ring, "ed25519", RUN_MANIFEST, "default", validity=Validity(after(-200), after(-100)))
    assert refusal(ring, now()) == "expired"
    assert len(ring.contents().records) == 1
    replacement = create_key(ring, "ed25519", RUN_MANIFEST, "default")
    assert replacement.spec.generation == 2
    assert select(ring, now()) == replacement


def test_the_newest_valid_generation_signs(ring: KeyRing) -> None:
    first = create_key(ring, "ed25519", RUN_MANIFEST, "default", validity=Validity(after(-100)))
    create_key(ring, "ed25519", RUN_MANIFEST, "default", validity=Validity(after(1000)))
    assert select(ring, now()) == first
    third = create_key(ring, "ed25519", RUN_MANIFEST, "default")
    assert select(ring, now()) == third
    assert third.spec.generation == 3


@pytest.mark.parametrize(
    "validity",
    [
        Validity(None, "2020-01-01T00:00:00Z"),
        Validity("soon"),
        Validity(None, "2030-01-01"),
        Validity("2030-13-01T00:00:00Z"),
    ],
)
def test_impossible_validity(ring: KeyRing, validity: Validity) -> None:
    with pytest.raises(KeyStoreError):
        create_key(ring, "ed25519", RUN_MANIFEST, "default", validity=validity)
    assert not ring.contents().records


def test_days_are_counted_within_the_calendar() -> None:
    assert days_after("2026-02-28T12:00:00Z", 1) == "2026-03-01T12:00:00Z"
    with pytest.raises(ValueError, match="beyond the calendar"):
        days_after("2026-02-28T12:00:00Z", 10**7)


def test_rotation(ring: KeyRing, paths: KeyPaths) -> None:
    old = select(ring, now())
    new, event = rotate_key(ring, old)
    assert (new.spec.generation, new.spec.algorithm) == (2, "ed25519")
    assert {signature.key_id for signature in event.envelope.signatures} == {old.public.key_id, new.public.key_id}
    assert select(ring, now()) == new, "in the second of the rotation, too"
    assert select(ring, after(5)) == new
    assert select(ring, after(-5)) == old, "for a run that began before"
    trust = development_ring(paths).contents().trust
    assert trust.status(old.public, purpose=RUN_MANIFEST, at=after(5)).state == "rotated"
    assert trust.status(new.public, purpose=RUN_MANIFEST, at=after(5)).state == "valid"
    with pytest.raises(KeyRefused, match="has taken its place"):
        rotate_key(ring, old)


def test_a_rotation_ahead_of_time(ring: KeyRing) -> None:
    old = select(ring, now())
    start = after(1000)
    new, _ = rotate_key(ring, old, validity=Validity(start, after(2000)))
    assert select(ring, after(900)) == old
    assert select(ring, start) == new
    assert refusal(ring, after(2001)) in ("expired", "rotated")


@pytest.mark.parametrize("validity", [Validity(after(-200), after(-100)), Validity(after(5000))], ids=["over", "ahead"])
def test_a_key_that_may_not_sign_names_no_successor(ring: KeyRing, validity: Validity) -> None:
    record = create_key(ring, "ed25519", RUN_MANIFEST, "default", validity=validity)
    with pytest.raises(KeyRefused, match=r"no more on|not yet on"):
        rotate_key(ring, record)


@pytest.mark.parametrize("writes", range(9))
def test_creation_that_stops_half_way(paths: KeyPaths, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """The disk gives up after some files: what is there is no obstacle, and nothing signs without its public half."""
    left, replace_file = iter(range(writes)), Path.replace

    def replace_or_fail(path: Path, target: Path) -> Path:
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        return replace_file(path, target)

    completed = False
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace_or_fail)
        with suppress(KeyStoreError, CustodyError):
            completed = bool(development_ring(paths).select(RUN_MANIFEST, "default", BOTH, now()))
    assert completed == (writes == 8), "unlock secret, KEK, and for each of two keys: event, public key, key file"
    ring = development_ring(paths)
    records = ring.select(RUN_MANIFEST, "default", BOTH, now())
    trust = ring.contents().trust
    for record in records:
        assert signature_fault(record.public, b"x", ring.sign(record, b"x")) is None
        assert trust.fault_of(record.public, purpose=RUN_MANIFEST, at=now()) is None


def test_only_the_newest_generation_is_rotated(ring: KeyRing) -> None:
    first = create_key(ring, "ed25519", RUN_MANIFEST, "default")
    create_key(ring, "ed25519", RUN_MANIFEST, "default")
    with pytest.raises(KeyRefused, match="newer generation"):
        rotate_key(ring, first)


@pytest.mark.parametrize("reason", ["superseded", "retired", "compromised"])
def test_a_revoked_key_signs_nothing_more(ring: KeyRing, reason: str) -> None:
    record = select(ring, now())
    revoke_key(ring, record.public, reason)
    assert refusal(ring, now()) in ("revoked", "compromised")
    assert refusal(ring, after(-1000)) in ("revoked", "compromised"), "however early the run began"
    with pytest.raises(KeyRefused):
        rotate_key(ring, record)


def test_a_revoked_successor_does_not_revive_the_old_key(ring: KeyRing) -> None:
    new, _ = rotate_key(ring, select(ring, now()))
    revoke_key(ring, new.public, "compromised")
    assert refusal(ring, now()) == "compromised"


def test_the_root_key_signs_rotations_and_revocations(ring: KeyRing) -> None:
    root = create_key(ring, "ml-dsa-87", ROOT, "default")
    new, event = rotate_key(ring, select(ring, now()))
    assert event.fault_by(root.public) is None
    assert revoke_key(ring, new.public, "superseded").fault_by(root.public) is None
    newer_root, of_root = rotate_key(ring, root)
    assert len(of_root.envelope.signatures) == 2
    assert ring.root(after(5)) == newer_root


def test_a_lost_key_is_revoked_by_the_root_key_alone(ring: KeyRing, paths: KeyPaths) -> None:
    record = select(ring, now())
    with pytest.raises(KeyEventError, match="nobody here can revoke"):
        revoke_key(ring, record.public, "lost")
    root = create_key(ring, "ed25519", ROOT, "default")
    paths.private(record.spec).unlink()
    event = revoke_key(ring, record.public, "lost")
    assert [signature.key_id for signature in event.envelope.signatures] == [root.public.key_id]
    assert ring.contents().trust.status(record.public, purpose=RUN_MANIFEST, at=after(5)).state == "revoked"


@pytest.mark.parametrize(
    ("reason", "fields", "words"),
    [
        ("stolen", {}, "is not a reason"),
        ("retired", {"since_time": "2026-01-01T00:00:00Z"}, "only `compromised` takes"),
        ("compromised", {"since_time": "yesterday"}, "not a time in the past"),
        ("compromised", {"since_time": "2999-01-01T00:00:00Z"}, "not a time in the past"),
    ],
)
def test_revocations_that_say_nothing_sensible(ring: KeyRing, reason: str, fields: dict[str, Any], words: str) -> None:
    record = select(ring, now())
    with pytest.raises(KeyEventError, match=words):
        revoke_key(ring, record.public, reason, **fields)
    assert select(ring, now()) == record


def test_a_key_of_somebody_else_cannot_be_revoked(ring: KeyRing, tmp_path: Path) -> None:
    other = development_ring(KeyPaths(tmp_path / "other", tmp_path / "state"))
    stranger = select(other, now())
    with pytest.raises(KeyEventError, match="not among the keys"):
        revoke_key(ring, stranger.public, "retired")


def test_every_step_is_an_entry_of_the_ledger(ring: KeyRing, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        with ledger.transaction() as step:
            (first,) = ring.select(RUN_MANIFEST, "default", ("ed25519",), now(), log=step)
        with ledger.transaction() as step:
            second, rotated = rotate_key(ring, first, log=step)
        with ledger.transaction() as step:
            revoked = revoke_key(ring, second.public, "retired", log=step)
        entries = [(entry.kind, entry.body["keyid"]) for entry in ledger.entries(0, ledger.size())]
        digests = [entry.body["event_digest"] for entry in ledger.entries(0, ledger.size())]
    assert entries == [
        ("key-created", first.public.key_id),
        ("key-created", second.public.key_id),
        ("key-rotated", first.public.key_id),
        ("key-revoked", second.public.key_id),
    ]
    assert digests[2:] == [rotated.digest, revoked.digest]
    assert revoked.event.ledger is not None and revoked.event.ledger.index == 3
    assert {path.name.split(".")[2] for path in event_files(ring.store.paths.store)} == {
        "created",
        "rotated",
        "revoked",
    }


def test_custody_that_is_not_configured(ring: KeyRing) -> None:
    with pytest.raises(CustodyError, match=r"`\[tokens.NAME\]` in qlang-policy.toml .* docs/trust/custody.md"):
        create_key(ring, "ed25519", RUN_MANIFEST, "default", custody="token-native")
    with pytest.raises(CustodyError, match="no such custody"):
        create_key(ring, "ed25519", RUN_MANIFEST, "default", custody="token-naive")


def test_a_ring_sees_what_other_processes_change(paths: KeyPaths, ring: KeyRing) -> None:
    old = select(ring, now())
    new, _ = rotate_key(development_ring(paths), old)
    assert select(ring, after(2)) == new


class Leaking(DevelopmentCustodian):
    """A custodian whose keys turn out to be extractable after they were made."""

    def probe(self, record: KeyRecord) -> ProbeReport:
        return ProbeReport(NOT_ENFORCED)


def test_probing(paths: KeyPaths) -> None:
    ring = development_ring(paths)
    record = select(ring, now())
    report = probe_key(ring, record)
    assert report.verdict == NOT_CLAIMED
    assert [attempt.yielded for attempt in report.attempts] == [True]
    assert ring.contents().records[0].probe == report
    assert select(ring, now()).public == record.public
    leaking = KeyRing(ring.store, {DEVELOPMENT: Leaking(paths)})
    assert probe_key(leaking, record).verdict == NOT_ENFORCED
    assert ring.contents().records[0].probe.verdict == NOT_CLAIMED, "the key's signed statement stands"


def test_protocols() -> None:
    custodian: Custodian = DevelopmentCustodian(KeyPaths(Path("a"), Path("b")))
    assert custodian.custody == DEVELOPMENT
    assert set(BOTH) <= set(custodian.algorithms())


def test_a_record_that_claims_more_than_the_key_signed_is_refused(ring: KeyRing, paths: KeyPaths) -> None:
    """A key file with a lengthened validity does not fool the signer."""
    record = create_key(ring, "ed25519", RUN_MANIFEST, "default", validity=Validity(None, after(1000)))
    with ring.store.changing():
        ring.store.replace(replace(record, spec=replace(record.spec, not_after=None)))
    assert refusal(ring, now()) == "unknown"
    with ring.store.changing():
        ring.store.replace(replace(record, probe=ProbeReport(ENFORCED)))
    assert refusal(ring, now()) == "unknown"


def test_the_locks_are_let_go(ring: KeyRing) -> None:
    holder: AbstractContextManager[None]
    for _ in range(3):
        holder = ring.store.changing()
        with pytest.raises(RuntimeError), holder:
            raise RuntimeError
    assert select(ring, now())


def test_times() -> None:
    assert moment("2026-11-21T12:00:00.123456Z") == datetime.fromisoformat("2026-11-21T12:00:00.123456+00:00")
    for text in ("2026-11-21", "2026-11-21T12:00:00", "2026-11-21T12:00:00+01:00", "2026-11-31T12:00:00Z", "٢"):
        with pytest.raises(ValueError, match=r"."):
            moment(text)
