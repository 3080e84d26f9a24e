"""Verification against arbitrary changes: what is changed in a run or its ledger is noticed, and nothing crashes."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qlang.trust.canonical import canonical_json
from qlang.trust.envelope import Envelope, dump_envelope, parse_envelope, sign_envelope
from qlang.trust.errors import EnvelopeError
from qlang.trust.verify import verify_run


@pytest.fixture(scope="module")
def shared_house(build_house: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build_house(tmp_path_factory.mktemp("fuzz"))


@st.composite
def mutations(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """A change of a few bytes somewhere: overwritten, inserted, removed, or cut off."""
    where, count = draw(st.floats(0, 1, exclude_max=True)), draw(st.integers(0, 4))
    kind = draw(st.sampled_from(["overwrite", "insert", "remove", "truncate", "bit"]))
    filler = draw(st.binary(min_size=1, max_size=4) | st.sampled_from([b'"', b"{", b"]", b"\n", b"\0", b",", b"\\"]))
    bit = 1 << draw(st.integers(0, 7))

    def mutate(data: bytes) -> bytes:
        at = int(where * len(data))
        return {
            "overwrite": data[:at] + filler + data[at + len(filler) :],
            "insert": data[:at] + filler + data[at:],
            "remove": data[:at] + data[at + count :],
            "truncate": data[:at],
            "bit": data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :],
        }[kind]

    return mutate


@contextmanager
def restored(path: Path) -> Iterator[bytes]:
    """The content of a file, which it has again afterwards."""
    original = path.read_bytes()
    try:
        yield original
    finally:
        path.write_bytes(original)


def genuine(house: Any) -> bool:
    checks = verify_run(house.run_dir, house.ledger, None, house.signer.public_keys)
    for check in checks:
        check.detail.encode("utf-8")  # can be printed
    return all(check.ok for check in checks)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["plan.mlir", "results.json", "source.qjob"]), mutate=mutations())
def test_any_change_of_a_file_is_noticed(shared_house: Any, name: str, mutate: Callable[[bytes], bytes]) -> None:
    path = shared_house.run_dir / name
    with restored(path) as original:
        changed = mutate(original)
        path.write_bytes(changed)
        assert genuine(shared_house) == (changed == original)


@settings(max_examples=500, deadline=None)
@given(mutate=mutations())
def test_any_change_of_the_manifest_is_void_or_noticed(shared_house: Any, mutate: Callable[[bytes], bytes]) -> None:
    path = shared_house.manifest
    with restored(path) as original:
        changed = mutate(original)
        path.write_bytes(changed)
        ok = genuine(shared_house)
    try:
        void = parse_envelope(changed) == parse_envelope(original)  # white space, unknown members
    except EnvelopeError:
        void = False
    assert ok == void


@settings(max_examples=300, deadline=None)
@given(mutate=mutations())
def test_any_change_of_the_payload_is_noticed(shared_house: Any, mutate: Callable[[bytes], bytes]) -> None:
    """As above, below the base64: the statement's own parser meets the garbage."""
    path = shared_house.manifest
    with restored(path) as original:
        envelope = parse_envelope(original)
        payload = mutate(envelope.payload)
        path.write_bytes(dump_envelope(Envelope(payload, envelope.signatures)))
        assert genuine(shared_house) == (payload == envelope.payload)


@settings(max_examples=400, deadline=None)
@given(mutate=mutations())
def test_any_change_of_the_ledger_is_noticed(shared_house: Any, mutate: Callable[[bytes], bytes]) -> None:
    """What can pass is only the loss of entries behind this run's, or a torn line at the end."""
    path = shared_house.ledger
    with restored(path) as original:
        changed = mutate(original)
        path.write_bytes(changed)
        ok = genuine(shared_house)
    whole_lines = changed[: changed.rfind(b"\n") + 1]
    keeps_this_run = whole_lines.startswith(b"".join(original.splitlines(keepends=True)[:2]))
    assert ok == (keeps_this_run and original.startswith(whole_lines))


members = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_well_formed_nonsense_is_a_verdict(shared_house: Any, data: st.DataObject) -> None:
    """One value somewhere in the statement replaced by any other JSON, and signed by the owner of the keys."""
    path = shared_house.manifest
    value = json.loads(parse_envelope(path.read_bytes()).payload)
    parent: Any = value
    while True:
        key = data.draw(st.sampled_from(sorted(parent) if isinstance(parent, dict) else range(len(parent))))
        child = parent[key]
        if not isinstance(child, (dict, list)) or not child or data.draw(st.booleans()):
            break
        parent = child
    parent[key] = data.draw(members)
    payload = canonical_json(value)
    with restored(path) as original:
        path.write_bytes(dump_envelope(sign_envelope(payload, shared_house.signer)))
        assert genuine(shared_house) == (payload == parse_envelope(original).payload)
