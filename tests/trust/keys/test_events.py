"""Key events as files that anybody may have written."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.trust.canonical import canonical_json
from qlang.trust.envelope import PAYLOAD_TYPE as STATEMENT_TYPE
from qlang.trust.envelope import Envelope, SigningKey, dump_envelope, parse_envelope
from qlang.trust.errors import EnvelopeError, KeyEventError, SigningError
from qlang.trust.keys.events import MAX_EVENT_BYTES, PAYLOAD_TYPE, dump_event, ledger_entry, parse_event, sign_event
from qlang.trust.ledger.kinds import kind_fault
from tests.trust.keys.samples import EARLY, LATE, person, place

ALICE, BOB = person(), person()
CREATED = ALICE.created(not_after=LATE)
ROTATED = ALICE.rotated_to(BOB)
REVOKED = ALICE.revoked("compromised", since_time=EARLY, since_ledger=place(3), ledger=place(9))


def in_envelope(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    return dump_envelope(Envelope(payload, CREATED.envelope.signatures), payload_type)


def changed(change: Callable[[dict[str, Any]], None], event: Any = CREATED) -> bytes:
    value = json.loads(event.envelope.payload)
    change(value)
    return in_envelope(canonical_json(value))


def test_no_run_manifest_can_be_taken_for_an_event() -> None:
    with pytest.raises(KeyEventError, match="payloadType"):
        parse_event(in_envelope(CREATED.envelope.payload, STATEMENT_TYPE))
    with pytest.raises(EnvelopeError, match="payloadType"):
        parse_envelope(dump_event(CREATED))


@pytest.mark.parametrize(
    ("event", "change", "reason"),
    [
        (CREATED, lambda value: value.update(_type="https://example.org/"), "_type"),
        (CREATED, lambda value: value.update(event="deleted"), "event is none of"),
        (CREATED, lambda value: value.update(at="2026-06-01"), "at is not an RFC 3339 time"),
        (CREATED, lambda value: value.update(at="2026-13-01T00:00:00Z"), "at is not an RFC 3339 time"),
        (CREATED, lambda value: value.update(generation=0), "generation"),
        (CREATED, lambda value: value.update(generation=True), "generation"),
        (CREATED, lambda value: value.update(purpose="everything"), "purpose is none of"),
        (CREATED, lambda value: value.update(custody="vault"), "custody is none of"),
        (CREATED, lambda value: value.update(tenant=None), "tenant"),
        (CREATED, lambda value: value.update(not_before=None), "not_before"),
        (CREATED, lambda value: value.update(not_after="never"), "not_after"),
        (CREATED, lambda value: value.update(ledger={"origin": "x", "index": -1}), "ledger"),
        (CREATED, lambda value: value.update(ledger={"origin": "x", "index": True}), "ledger"),
        (CREATED, lambda value: value["key"].update(keyid=BOB.key.key_id), "named otherwise"),
        (CREATED, lambda value: value["key"].update(spki="AAAA"), "not a public key"),
        (CREATED, lambda value: value["key"].update(spki="*"), "key"),
        (CREATED, lambda value: value.pop("key"), "key is not an object"),
        (ROTATED, lambda value: value.pop("successor"), "successor"),
        (REVOKED, lambda value: value.update(reason="because"), "reason"),
        (REVOKED, lambda value: value.update(since_time="yesterday"), "since_time"),
        (REVOKED, lambda value: value.update(since_ledger=7), "since_ledger"),
    ],
)
def test_malformed_events_are_refused(event: Any, change: Callable[[dict[str, Any]], None], reason: str) -> None:
    with pytest.raises(KeyEventError, match=reason):
        parse_event(changed(change, event))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        in_envelope(b"{}"),
        in_envelope(b"[]"),
        in_envelope(b'{ "event": "created" }'),
        in_envelope(b'{"event":"created","event":"revoked"}'),
        in_envelope(b"1" * 20_000),
        b" " * (MAX_EVENT_BYTES + 1),
    ],
    ids=lambda data: f"{data[:20]!r}",
)
def test_no_event_at_all(data: bytes) -> None:
    with pytest.raises(KeyEventError):
        parse_event(data)


@given(st.binary(max_size=300), st.integers(0, 10_000))
def test_garbage_in_a_file_never_crashes(noise: bytes, at: int) -> None:
    data = bytearray(dump_event(ROTATED))
    at %= len(data)
    data[at : at + len(noise)] = noise
    try:
        event = parse_event(bytes(data))
    except KeyEventError:
        return
    assert event.digest == ROTATED.digest or event.fault_by(ALICE.key) is not None


def test_a_faulty_signer_signs_nothing() -> None:
    with pytest.raises(SigningError, match="does not match"):
        sign_event(CREATED.event, [SigningKey(ALICE.key, BOB.private.sign)])


@pytest.mark.parametrize("event", [CREATED, ROTATED, REVOKED], ids=lambda event: event.name)
def test_the_ledger_takes_every_event(event: Any) -> None:
    body = ledger_entry(event)
    assert kind_fault(f"key-{event.name}", body) is None
    assert body["event_digest"] == event.digest
    spki = base64.b64encode(ALICE.key.spki)
    assert spki not in canonical_json(body), "short: the event itself lies beside the keys"
