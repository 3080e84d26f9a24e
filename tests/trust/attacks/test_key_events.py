"""Key events by whoever got hold of a key that should have no say any more, or never had one."""

from pathlib import Path

import pytest

from qlang.trust.custody import ROOT
from qlang.trust.keys.exchange import import_public
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.store import KeyStore
from qlang.trust.keys.trust import TrustStore
from tests.trust.keys.samples import EARLY, LATE, MIDDLE, Person, person

BEFORE = "2026-03-01T00:00:00Z"
ALICE, BOB, MALLORY = person(), person(), person()
ROOT_KEY = person(ROOT)


@pytest.mark.parametrize("reason", ["lost", "retired", "compromised"])
def test_a_revoked_key_names_no_successor_by_dating_it_back(reason: str) -> None:
    """Who finds a key that was lost or thrown away writes any date before the revocation."""
    revoked = ALICE.revoked(reason, (ROOT_KEY,), at=MIDDLE)
    events = (ROOT_KEY.created(), ALICE.created(), revoked, ALICE.rotated_to(MALLORY, at=BEFORE))
    trust = TrustStore((ROOT_KEY.key, ALICE.key), events)
    assert MALLORY.key not in trust.trusted
    by_root = ALICE.rotated_to(MALLORY, (ALICE, MALLORY, ROOT_KEY), at=BEFORE)
    assert MALLORY.key in TrustStore((ROOT_KEY.key, ALICE.key), (*events[:3], by_root)).trusted


@pytest.mark.parametrize("reason", ["lost", "retired", "compromised"])
def test_a_root_key_that_was_given_up_names_nobody(reason: str) -> None:
    """Neither its own successor nor that of another key, whatever date is written."""
    thief = person(ROOT)
    known = (ROOT_KEY.created(), ALICE.created(), ROOT_KEY.revoked(reason, at=MIDDLE))
    own = ROOT_KEY.rotated_to(thief, at=BEFORE)
    assert thief.key not in TrustStore((ROOT_KEY.key, ALICE.key), (*known, own)).trusted
    other = ALICE.rotated_to(MALLORY, (MALLORY, ROOT_KEY), at=BEFORE)
    assert MALLORY.key not in TrustStore((ROOT_KEY.key, ALICE.key), (*known, other)).trusted


def test_a_root_key_with_two_successors_has_none() -> None:
    heirs = person(ROOT), person(ROOT)
    trust = TrustStore((ROOT_KEY.key,), (ROOT_KEY.created(), *(ROOT_KEY.rotated_to(heir) for heir in heirs)))
    assert not {heir.key for heir in heirs} & set(trust.trusted)


def test_an_expired_root_key_names_nobody() -> None:
    events = (ROOT_KEY.created(not_after=BEFORE), ALICE.rotated_to(MALLORY, (MALLORY, ROOT_KEY), at=MIDDLE))
    assert MALLORY.key not in TrustStore((ROOT_KEY.key, ALICE.key), events).trusted


def test_a_compromised_root_key_makes_no_revocation_milder() -> None:
    """What a root says goes before what a key says of itself, but not if a thief has the root."""
    own, stolen = ALICE.revoked("compromised"), ROOT_KEY.revoked("compromised")
    milder = ALICE.revoked("retired", (ROOT_KEY,), at=LATE)
    trust = TrustStore((ROOT_KEY.key, ALICE.key), (ROOT_KEY.created(), own, stolen, milder))
    assert trust.fault_of(ALICE.key, purpose="run-manifest", at=MIDDLE) is not None


def test_a_key_is_compromised_though_a_root_had_ended_it_before() -> None:
    """The root key is away when the theft is found: the key's own word must count."""
    ended, theft = ALICE.revoked("superseded", (ROOT_KEY,), at=LATE), ALICE.revoked("compromised", since_time=MIDDLE)
    trust = TrustStore((ROOT_KEY.key, ALICE.key), (ROOT_KEY.created(), ended, theft))
    assert trust.fault_of(ALICE.key, purpose="run-manifest", at=MIDDLE) is not None
    assert trust.fault_of(ALICE.key, purpose="run-manifest", at=BEFORE) is None


def test_a_superseded_key_has_named_its_successor() -> None:
    events = (ALICE.created(), ALICE.rotated_to(BOB, at=BEFORE), ALICE.revoked("superseded", at=MIDDLE))
    assert BOB.key in TrustStore((ALICE.key,), events).trusted


def test_a_key_without_a_statement_passes_on_no_other_tenant() -> None:
    trust = TrustStore((ALICE.key,), (ALICE.rotated_to(MALLORY, tenant="bank"),))
    assert MALLORY.key not in trust.trusted


def store(root: Path, *people: Person) -> KeyStore:
    kept = KeyStore(KeyPaths(root / "keys", root / "state"))
    import_public(kept, TrustStore(tuple(one.key for one in people)))
    return kept


@pytest.mark.parametrize("widened", [{"purpose": ROOT}, {"purpose": "ledger-checkpoint"}, {"tenant": "bank"}])
def test_a_key_trusted_for_runs_cannot_make_itself_more_later(tmp_path: Path, widened: dict[str, str]) -> None:
    """A bare public key is trusted for run manifests of the default tenant, whatever it says afterwards."""
    kept = store(tmp_path, BOB, MALLORY)
    taken = import_public(kept, TrustStore((), (MALLORY.created(**widened),)))
    assert (taken.events, len(taken.ignored)) == (0, 1)
    import_public(kept, TrustStore((), (BOB.rotated_to(ALICE, (ALICE, MALLORY)),)))
    assert ALICE.key not in kept.trust().trusted
    assert kept.trust().fault_of(MALLORY.key, purpose="run-manifest", at=LATE) is None


def test_a_key_may_narrow_itself_later_or_come_with_its_statement(tmp_path: Path) -> None:
    kept = store(tmp_path, MALLORY)
    assert import_public(kept, TrustStore((), (MALLORY.created(not_after=MIDDLE),))).events == 1
    assert import_public(kept, TrustStore((ROOT_KEY.key,), (ROOT_KEY.created(),))).events == 1
    assert kept.trust().fault_of(ROOT_KEY.key, purpose=ROOT, at=EARLY) is None
