"""Snapshots: document form, ids, damaged documents."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.catalogue.errors import MalformedSnapshot
from qlang.catalogue.normalise import Notes, checked_qubit, seconds
from qlang.catalogue.snapshot import Coupler, Qubit, Snapshot, Source, SourceFile, canonical, from_document, to_document

numbers = st.none() | st.floats(0, 1, allow_nan=False)
qubits = st.builds(Qubit, numbers, numbers, numbers, numbers, numbers, numbers, numbers, st.booleans())
SOURCE = Source("a-package", "1.0", "MIT", (SourceFile("a.json", "00"), SourceFile("b.json", "01")))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    row = tuple(draw(st.lists(qubits, min_size=1, max_size=5)))
    every_pair = [(a, b) for a in range(len(row)) for b in range(a + 1, len(row))]
    pairs = draw(st.lists(st.sampled_from(every_pair), unique=True).map(sorted)) if every_pair else []
    couplers = tuple(Coupler(pair, draw(numbers), draw(numbers), draw(st.booleans())) for pair in pairs)
    return Snapshot(
        "vendor.device",
        "vendor",
        None,
        row,
        couplers,
        ("cx", "rz"),
        "cx",
        1000,
        2e-4,
        None,
        SOURCE,
        notes=("a µ note",),
    )


@given(snapshots())
def test_the_document_round_trips_through_text_and_keeps_the_id(snapshot: Snapshot) -> None:
    read = from_document(json.loads(canonical(snapshot)), "x.json")
    assert read == snapshot
    assert read.id == snapshot.id


@given(snapshots(), st.floats(0.1, 0.2))
def test_another_value_is_another_id(snapshot: Snapshot, t1: float) -> None:
    changed = replace(snapshot, qubits=(replace(snapshot.qubits[0], t1_s=1 + t1), *snapshot.qubits[1:]))
    assert changed.id != snapshot.id
    assert snapshot.id.startswith("sha256:") and len(snapshot.id) == 71


PLAIN = Snapshot("v.d", "v", None, (Qubit(), Qubit(1e-4)), (Coupler((0, 1), 0.01),), (), "cx", None, None, None, SOURCE)


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("schema",), "qlang.snapshot/0", "schema"),
        (("qubits", "t1_s"), [1.0, 2.0, 3.0], "column t1_s has 3 values, expected 2"),
        (("qubits", "t1_s"), "long", "is not a number"),
        (("couplers", "operational"), 1, "not true or false"),
        (("couplers", "pairs"), [[0, 1, 2]], "too many values"),
        (("source",), None, "NoneType"),
    ],
)
def test_a_damaged_document_is_refused_by_name(path: tuple[str, ...], value: object, problem: str) -> None:
    document = to_document(PLAIN)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(MalformedSnapshot, match=problem):
        from_document(document, "bad.json")


def test_a_missing_field_is_named() -> None:
    document = to_document(PLAIN)
    del document["native_2q"]
    with pytest.raises(MalformedSnapshot, match="no field 'native_2q'"):
        from_document(document, "bad.json")


def test_unusable_needs_a_working_qubit_and_a_working_coupler() -> None:
    assert PLAIN.unusable is None
    dead_coupler = replace(PLAIN, couplers=(Coupler((0, 1), None, None, False),))
    assert "no working coupler" in str(dead_coupler.unusable)
    assert "no working qubit" in str(replace(PLAIN, qubits=(Qubit(operational=False),) * 2).unusable)
    assert replace(PLAIN, qubits=(Qubit(),), couplers=()).unusable is None


@pytest.mark.parametrize(
    ("record", "expected", "note"),
    [
        (Qubit(t1_s=1e-4, t2_s=3e-4), Qubit(t1_s=1e-4, t2_s=2e-4), "T2 > 2·T1, clipped to 2·T1, qubits: 7"),
        (Qubit(t1_s=0.0, t2_s=1e-4), Qubit(t2_s=1e-4), "T1 is not positive, taken as unknown, qubits: 7"),
        (Qubit(gate_error_1q=1.0), Qubit(operational=False), "one-qubit gates dead or unmeasured, qubits: 7"),
        (
            Qubit(readout_p01=0.5, readout_p10=0.5),
            Qubit(readout_p01=0.5, readout_p10=0.5, operational=False),
            "readout tells nothing about the state (p01 + p10 ≥ 1), qubits: 7",
        ),
    ],
)
def test_dirty_records_are_masked_with_a_note(record: Qubit, expected: Qubit, note: str) -> None:
    notes = Notes()
    assert checked_qubit(7, record, notes) == expected
    assert notes.lines() == (note,)


def test_both_micro_signs_are_microseconds() -> None:
    assert seconds(3.0, "us") == seconds(3.0, "\u00b5s") == seconds(3.0, "\u03bcs") == 3e-6
    assert seconds(35.55555555555556, "ns") == 3.55555556e-08
