"""What a verifier believes about keys, signature by signature."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.trust.envelope import Envelope
from qlang.trust.keys.events import SignedEvent, dump_event, parse_event
from qlang.trust.keys.trust import KeyStatus, TrustStore
from tests.trust.keys.samples import EARLY, LATE, MIDDLE, ORIGIN, Person, person, place, signed

ALICE, BOB, CAROL, DAVE = (person() for _ in range(4))
ROOT, OTHER_ROOT, NEW_ROOT = (person("root") for _ in range(3))


def status(trust: TrustStore, who: Person, at: str = LATE, **asked: object) -> KeyStatus:
    return trust.status(who.key, purpose=str(asked.pop("purpose", "run-manifest")), at=at, **asked)  # type: ignore[arg-type]


def state(trust: TrustStore, who: Person, at: str = LATE, **asked: object) -> str:
    return status(trust, who, at, **asked).state


def reasons(trust: TrustStore) -> list[str]:
    return [item.reason for item in trust.ignored]


def test_a_bare_public_key_is_good_for_runs_only() -> None:
    trust = TrustStore((ALICE.key,))
    assert state(trust, ALICE) == "valid"
    assert state(trust, ALICE, tenant="anyone") == "valid"
    for purpose in ("root", "ledger-checkpoint", "witness", "release"):
        assert state(trust, ALICE, purpose=purpose) == "wrong purpose"
    assert state(trust, BOB) == "unknown"
    assert trust.fault_of(BOB.key, purpose="run-manifest", at=LATE) == f"{BOB.key.key_id} is not among the trusted keys"


def test_keys_are_compared_as_a_whole() -> None:
    """Another key under the id of a trusted one is a stranger."""
    forged = replace(BOB.key, key_id=ALICE.key.key_id)
    assert TrustStore((ALICE.key,)).status(forged, purpose="run-manifest", at=LATE).state == "unknown"


def test_what_a_key_says_about_itself_limits_it() -> None:
    event = ALICE.created(not_before=MIDDLE, not_after="2026-06-30T00:00:00Z", tenant="lab")
    trust = TrustStore((ALICE.key,), (event,))
    assert state(trust, ALICE, EARLY) == "not yet valid"
    assert state(trust, ALICE, MIDDLE) == "valid"
    assert state(trust, ALICE, "2026-06-30T00:00:00Z") == "valid"
    assert state(trust, ALICE, "2026-06-30T00:00:00.000001Z") == "expired"
    assert state(trust, ALICE, MIDDLE, purpose="root") == "wrong purpose"
    assert state(trust, ALICE, MIDDLE, tenant="lab") == "valid"
    assert state(trust, ALICE, MIDDLE, tenant="default") == "wrong tenant"
    assert "2026-06-30" in status(trust, ALICE, LATE).detail


def test_two_statements_of_one_key_both_limit_it() -> None:
    """Whoever steals a key cannot lengthen its life."""
    longer = ALICE.created(not_after=None)
    trust = TrustStore((ALICE.key,), (longer, ALICE.created(not_after=MIDDLE)))
    assert state(trust, ALICE, LATE) == "expired"
    both = TrustStore((ALICE.key,), (longer, ALICE.created(purpose="root")))
    assert state(both, ALICE) == state(both, ALICE, purpose="root") == "wrong purpose"


@pytest.mark.parametrize("signers", [(), (BOB,)], ids=["nobody", "another key"])
def test_a_statement_by_somebody_else_is_not_believed(signers: tuple[Person, ...]) -> None:
    trust = TrustStore((ALICE.key,), (ALICE.created(signers, not_after=EARLY),))
    assert state(trust, ALICE) == "valid"
    assert reasons(trust) == [f"not signed by {ALICE.key.key_id}"]


def test_a_rotation_makes_the_new_key_trusted_and_ends_the_old_one() -> None:
    trust = TrustStore((ALICE.key,), (ALICE.rotated_to(BOB),))
    assert trust.trusted == (ALICE.key, BOB.key)
    assert state(trust, ALICE, EARLY) == state(trust, ALICE, MIDDLE) == state(trust, BOB, MIDDLE) == "valid"
    assert state(trust, BOB, EARLY) == "not yet valid"
    assert state(trust, ALICE, LATE) == "rotated"
    assert BOB.key.key_id in status(trust, ALICE, LATE).detail


def test_a_successor_that_begins_later_leaves_the_old_key_its_time() -> None:
    trust = TrustStore((ALICE.key,), (ALICE.rotated_to(BOB, not_before=LATE),))
    assert state(trust, ALICE, "2026-08-01T00:00:00Z") == "valid"
    assert state(trust, BOB, "2026-08-01T00:00:00Z") == "not yet valid"
    assert state(trust, ALICE, "2026-12-01T00:00:01Z") == "rotated"


def test_trust_passes_along_a_chain_in_any_order_of_files() -> None:
    events = (
        ALICE.rotated_to(BOB),
        BOB.rotated_to(CAROL, at="2026-07-01T00:00:00Z"),
        CAROL.rotated_to(DAVE, at="2026-08-01T00:00:00Z"),
    )
    for order in permutations(events):
        trust = TrustStore((ALICE.key,), order)
        assert trust.trusted == (ALICE.key, BOB.key, CAROL.key, DAVE.key)
        assert [state(trust, who) for who in (ALICE, BOB, CAROL, DAVE)] == ["rotated"] * 3 + ["valid"]


@pytest.mark.parametrize(
    ("signers", "reason"),
    [
        ((), f"not signed by {BOB.key.key_id}"),
        ((ALICE,), f"not signed by {BOB.key.key_id}"),
        ((BOB,), f"not signed by {ALICE.key.key_id}"),
        ((BOB, CAROL), f"not signed by {ALICE.key.key_id}"),
    ],
    ids=["nobody", "the old key", "the new key", "the new key and another"],
)
def test_a_rotation_without_both_signatures_is_not_believed(signers: tuple[Person, ...], reason: str) -> None:
    trust = TrustStore((ALICE.key,), (ALICE.rotated_to(BOB, signers),))
    assert trust.trusted == (ALICE.key,)
    assert state(trust, ALICE) == "valid"
    assert reasons(trust) == [reason]


def test_a_rotation_of_a_stranger_is_reported() -> None:
    trust = TrustStore((CAROL.key,), (ALICE.rotated_to(BOB),))
    assert trust.trusted == (CAROL.key,)
    assert reasons(trust) == [f"{ALICE.key.key_id} is not among the trusted keys"]


def test_rotations_in_a_circle_are_reported() -> None:
    events = (ALICE.rotated_to(BOB), BOB.rotated_to(ALICE, at="2026-07-01T00:00:00Z"))
    trust = TrustStore((ALICE.key,), events)
    assert reasons(trust) == ["the rotations run in a circle"]
    assert state(trust, BOB) == "valid"
    assert state(trust, ALICE) == "rotated"
    assert reasons(TrustStore((ALICE.key,), (ALICE.rotated_to(ALICE, (ALICE,)),))) == ["the rotations run in a circle"]


def test_of_two_successors_neither_is_trusted_without_a_root_key() -> None:
    """A thief of the old key can date a rotation before the honest one."""
    honest, thief = ALICE.rotated_to(BOB), ALICE.rotated_to(CAROL, at="2026-05-01T00:00:00Z")
    trust = TrustStore((ALICE.key,), (honest, thief))
    assert trust.trusted == (ALICE.key,)
    assert len(trust.ignored) == 2
    by_root = ALICE.rotated_to(BOB, (ALICE, BOB, ROOT))
    settled = TrustStore((ALICE.key, ROOT.key), (ROOT.created(), by_root, thief))
    assert settled.trusted == (ALICE.key, ROOT.key, BOB.key)


def test_a_rotation_cannot_change_purpose_or_tenant() -> None:
    for changes, word in (({"purpose": "root"}, "purpose"), ({"tenant": "lab"}, "tenant")):
        trust = TrustStore((ALICE.key,), (ALICE.created(), ALICE.rotated_to(BOB, **changes)))
        assert trust.trusted == (ALICE.key,)
        assert word in reasons(trust)[0]


def test_a_replayed_event_changes_nothing() -> None:
    rotation = ALICE.rotated_to(BOB)
    once, twice = (TrustStore((ALICE.key,), (rotation,) * times) for times in (1, 2))
    assert once.trusted == twice.trusted
    assert state(once, ALICE) == state(twice, ALICE) == "rotated"


@pytest.mark.parametrize("reason", ["superseded", "retired", "lost"])
def test_a_revoked_key_counts_until_its_revocation(reason: str) -> None:
    trust = TrustStore((ALICE.key,), (ALICE.revoked(reason),))
    assert state(trust, ALICE, EARLY) == state(trust, ALICE, MIDDLE) == "valid"
    assert status(trust, ALICE, "2026-06-01T00:00:01Z") == KeyStatus(
        "revoked", f"{ALICE.key.key_id} was revoked on {MIDDLE}: {reason}"
    )


def test_behind_the_revocation_in_the_ledger_no_date_helps() -> None:
    """A signature dated back is still behind the revocation's entry."""
    trust = TrustStore((ALICE.key,), (ALICE.revoked("superseded", ledger=place(7)),))
    assert state(trust, ALICE, EARLY, position=place(6)) == "valid"
    assert state(trust, ALICE, EARLY, position=place(7)) == "revoked"
    assert state(trust, ALICE, EARLY, position=place(8)) == "revoked"
    assert state(trust, ALICE, EARLY, position=place(8, "elsewhere")) == "valid"
    assert state(trust, ALICE, LATE, position=place(6)) == "revoked"


def test_a_compromised_key_counts_only_before_the_theft() -> None:
    trust = TrustStore((ALICE.key,), (ALICE.revoked("compromised", since_time="2026-03-01T00:00:00Z"),))
    assert state(trust, ALICE, EARLY) == "valid"
    assert state(trust, ALICE, "2026-02-28T23:59:59.999Z") == "valid"
    assert state(trust, ALICE, "2026-03-01T00:00:00Z") == "compromised"
    never = TrustStore((ALICE.key,), (ALICE.revoked("compromised"),))
    assert status(never, ALICE, EARLY).detail == f"{ALICE.key.key_id} is compromised, nobody says since when"


def test_compromised_since_an_entry() -> None:
    trust = TrustStore((ALICE.key,), (ALICE.revoked("compromised", since_ledger=place(5)),))
    assert state(trust, ALICE, EARLY, position=place(4)) == "valid"
    assert state(trust, ALICE, EARLY, position=place(5)) == "compromised"
    assert state(trust, ALICE, EARLY) == "compromised", "nothing shows that the signature is older"
    assert state(trust, ALICE, EARLY, position=place(4, "elsewhere")) == "compromised"
    assert f"entry 5 of ledger '{ORIGIN}'" in status(trust, ALICE, EARLY).detail


def test_compromised_since_a_time_or_an_entry() -> None:
    event = ALICE.revoked("compromised", since_time=MIDDLE, since_ledger=place(5))
    trust = TrustStore((ALICE.key,), (event,))
    assert state(trust, ALICE, EARLY, position=place(4)) == "valid"
    assert state(trust, ALICE, LATE, position=place(4)) == "compromised"
    assert state(trust, ALICE, EARLY, position=place(5)) == "compromised"
    assert state(trust, ALICE, EARLY, position=place(9, "elsewhere")) == "valid"


def test_a_revocation_by_a_stranger_is_reported() -> None:
    for signers in ((), (BOB,), (ROOT,)):  # this root key is not trusted here
        trust = TrustStore((ALICE.key, BOB.key), (ALICE.revoked("compromised", signers), ROOT.created()))
        assert state(trust, ALICE) == "valid"
        assert "nor by a trusted root key" in reasons(trust)[0]


def test_a_root_key_revokes_what_is_lost_and_its_word_goes_first() -> None:
    keys, root = (ALICE.key, ROOT.key), ROOT.created()
    lost = TrustStore(keys, (root, ALICE.revoked("lost", (ROOT,))))
    assert state(lost, ALICE) == "revoked"
    by_thief = ALICE.revoked("compromised", since_time="1990-01-01T00:00:00Z")
    settled = TrustStore(keys, (root, by_thief, ALICE.revoked("compromised", (ROOT,), since_time=MIDDLE)))
    assert state(settled, ALICE, EARLY) == "valid"
    assert state(settled, ALICE, LATE) == "compromised"


def test_a_compromised_key_cannot_name_its_successor() -> None:
    """Its thief could, with any date."""
    theft = ALICE.revoked("compromised", since_time=LATE)
    alone = TrustStore((ALICE.key,), (theft, ALICE.rotated_to(BOB)))
    assert alone.trusted == (ALICE.key,)
    assert "compromised and cannot name its successor" in reasons(alone)[0]
    with_root = TrustStore((ALICE.key, ROOT.key), (ROOT.created(), theft, ALICE.rotated_to(BOB, (ALICE, BOB, ROOT))))
    assert BOB.key in with_root.trusted
    known = TrustStore((ALICE.key, BOB.key), (theft, ALICE.rotated_to(BOB)))
    assert state(known, ALICE, "2026-08-01T00:00:00Z") == "rotated"


@pytest.mark.parametrize("reason", ["retired", "superseded", "lost"])
def test_a_key_that_has_ended_cannot_name_its_successor(reason: str) -> None:
    expired = TrustStore((ALICE.key,), (ALICE.created(not_after=MIDDLE), ALICE.rotated_to(BOB, at=LATE)))
    revoked = TrustStore((ALICE.key,), (ALICE.revoked(reason), ALICE.rotated_to(BOB, at=LATE)))
    for trust in (expired, revoked):
        assert trust.trusted == (ALICE.key,)
        assert "was expired or revoked by then" in reasons(trust)[0]
    known = TrustStore((ALICE.key, BOB.key), (ALICE.created(not_after=MIDDLE), ALICE.rotated_to(BOB, at=LATE)))
    assert not known.ignored


def test_a_root_key_names_the_successor_of_a_lost_key() -> None:
    trust = TrustStore((ALICE.key, ROOT.key), (ROOT.created(), ALICE.rotated_to(BOB, (ROOT, BOB))))
    assert BOB.key in trust.trusted
    unsigned_by_new = TrustStore((ALICE.key, ROOT.key), (ROOT.created(), ALICE.rotated_to(BOB, (ROOT, ALICE))))
    assert BOB.key not in unsigned_by_new.trusted


def test_a_rotated_root_key_passes_on_its_power() -> None:
    events = (ROOT.created(), ROOT.rotated_to(NEW_ROOT), ALICE.revoked("lost", (NEW_ROOT,), at=LATE))
    trust = TrustStore((ALICE.key, ROOT.key), events)
    assert state(trust, NEW_ROOT, purpose="root") == "valid"
    assert state(trust, ALICE, "2027-01-01T00:00:00Z") == "revoked"


def test_a_root_key_that_has_ended_names_nobody() -> None:
    later = ALICE.rotated_to(BOB, (ROOT, BOB), at=LATE)
    for end in (ROOT.rotated_to(NEW_ROOT), ROOT.revoked("retired"), ROOT.revoked("compromised", since_time=LATE)):
        trust = TrustStore((ALICE.key, ROOT.key), (ROOT.created(), end, later))
        assert BOB.key not in trust.trusted, end.name


def test_one_root_key_cannot_be_ended_by_a_stranger() -> None:
    trust = TrustStore((ROOT.key,), (ROOT.created(), ROOT.revoked("compromised", (OTHER_ROOT,)), OTHER_ROOT.created()))
    assert state(trust, ROOT, purpose="root") == "valid"


@given(st.data())
def test_a_changed_signature_or_payload_is_never_believed(data: st.DataObject) -> None:
    event = ALICE.rotated_to(BOB)
    envelope = event.envelope
    if data.draw(st.booleans()):
        which = data.draw(st.integers(0, 1))
        signature = envelope.signatures[which]
        at, bit = data.draw(st.integers(0, len(signature.value) - 1)), data.draw(st.integers(0, 7))
        value = bytearray(signature.value)
        value[at] ^= 1 << bit
        signatures = list(envelope.signatures)
        signatures[which] = replace(signature, value=bytes(value))
        changed = SignedEvent(event.event, Envelope(envelope.payload, tuple(signatures)))
    else:
        text = data.draw(st.sampled_from([MIDDLE, EARLY]))
        other = signed(replace(event.event, at=LATE if text == MIDDLE else EARLY), ())
        changed = SignedEvent(other.event, Envelope(other.envelope.payload, envelope.signatures))
    trust = TrustStore((ALICE.key,), (changed,))
    assert trust.trusted == (ALICE.key,)
    assert len(trust.ignored) == 1


def test_two_signatures_under_one_key_id_are_not_believed() -> None:
    event = ALICE.created(not_after=EARLY)
    doubled = SignedEvent(event.event, Envelope(event.envelope.payload, event.envelope.signatures * 2))
    assert TrustStore((ALICE.key,), (doubled,)).claims_of(ALICE.key) == ()


def test_events_survive_their_file() -> None:
    for event in (
        ALICE.created(not_after=LATE),
        ALICE.rotated_to(BOB),
        ALICE.revoked("compromised", since_time=EARLY, since_ledger=place(3), ledger=place(9)),
    ):
        assert parse_event(dump_event(event)) == event
