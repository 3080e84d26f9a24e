"""A calibration snapshot: what a device's vendor measured, at one moment, in SI units.

Unknown values are None and never invented. Times are seconds, errors are average gate infidelities
1 − F_avg, probabilities are numbers in [0, 1]. A snapshot's id is the SHA-256 of its canonical document, so two
snapshots with one id hold the same facts.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from qlang.catalogue.errors import MalformedSnapshot

SCHEMA = "qlang.snapshot/1"


@dataclass(frozen=True, slots=True)
class Qubit:
    """One physical qubit."""

    t1_s: float | None = None
    t2_s: float | None = None
    readout_p01: float | None = None
    """P(read 1 | prepared 0)."""
    readout_p10: float | None = None
    """P(read 0 | prepared 1)."""
    gate_error_1q: float | None = None
    """Average infidelity of one π/2 pulse."""
    gate_time_1q_s: float | None = None
    readout_time_s: float | None = None
    operational: bool = True

    @property
    def readout_error(self) -> float | None:
        """Mean of the two ways to misread the qubit."""
        if self.readout_p01 is None or self.readout_p10 is None:
            return None
        return (self.readout_p01 + self.readout_p10) / 2


@dataclass(frozen=True, slots=True)
class Coupler:
    """One undirected pair of qubits that has a native two-qubit gate; qubits in ascending order."""

    qubits: tuple[int, int]
    error: float | None = None
    """Average infidelity of the native two-qubit gate."""
    time_s: float | None = None
    operational: bool = True


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that the facts were read from, relative to the package's folder."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a snapshot's facts come from."""

    package: str
    version: str
    licence: str
    files: tuple[SourceFile, ...]


@dataclass(frozen=True)
class Snapshot:
    """A device as calibrated at `date`."""

    device: str
    """`vendor.name`, as in `ibm.guadalupe`."""
    vendor: str
    date: str | None
    """ISO 8601 timestamp of the calibration; None where the source has none."""
    qubits: tuple[Qubit, ...]
    couplers: tuple[Coupler, ...]
    basis_gates: tuple[str, ...]
    native_2q: str | None
    max_shots: int | None
    repetition_delay_s: float | None
    processor_family: str | None
    source: Source
    means_only: bool = False
    """True where the source publishes averages over the device instead of values per qubit."""
    notes: tuple[str, ...] = ()
    """What was clipped, masked or looks implausible."""

    @cached_property
    def id(self) -> str:
        """`sha256:` and the hexadecimal digest of the canonical document."""
        return f"sha256:{hashlib.sha256(canonical(self).encode()).hexdigest()}"

    @property
    def unusable(self) -> str | None:
        """Why nothing can run on this device, or None."""
        if not any(qubit.operational for qubit in self.qubits):
            return f"{self.device}: no working qubit in the snapshot of {self.date}"
        if len(self.qubits) > 1 and not any(coupler.operational for coupler in self.couplers):
            return f"{self.device}: no working coupler in the snapshot of {self.date}"
        return None


_QUBIT_COLUMNS = Qubit.__slots__
_COUPLER_COLUMNS = ("error", "time_s", "operational")
_HEAD = (
    "device",
    "vendor",
    "date",
    "native_2q",
    "max_shots",
    "repetition_delay_s",
    "processor_family",
    "means_only",
)


def to_document(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON values, column by column; one value standing for a whole column of equal ones."""
    pairs = [list(coupler.qubits) for coupler in snapshot.couplers]
    everything = [list(pair) for pair in combinations(range(len(snapshot.qubits)), 2)]
    return {
        "schema": SCHEMA,
        **{name: getattr(snapshot, name) for name in _HEAD},
        "basis_gates": list(snapshot.basis_gates),
        "notes": list(snapshot.notes),
        "source": {
            "package": snapshot.source.package,
            "version": snapshot.source.version,
            "licence": snapshot.source.licence,
            "files": {file.path: file.sha256 for file in snapshot.source.files},
        },
        "qubits": {
            "count": len(snapshot.qubits),
            **{name: _column(snapshot.qubits, name) for name in _QUBIT_COLUMNS},
        },
        "couplers": {
            "pairs": "all" if len(pairs) > 1 and pairs == everything else pairs,
            **{name: _column(snapshot.couplers, name) for name in _COUPLER_COLUMNS},
        },
    }


def canonical(snapshot: Snapshot) -> str:
    """The document as text: keys sorted, no spaces, floats in their shortest exact form."""
    return json.dumps(to_document(snapshot), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_document(document: Mapping[str, Any], file: str) -> Snapshot:
    """Inverse of `to_document`; `file` names the document in errors.

    Raises `MalformedSnapshot` when a field is missing, has the wrong type or the wrong length.
    """
    if document.get("schema") != SCHEMA:
        raise MalformedSnapshot(file, f"schema is {document.get('schema')!r}, expected {SCHEMA!r}")
    try:
        return _from_document(document)
    except KeyError as missing:
        raise MalformedSnapshot(file, f"no field {missing}") from missing
    except (TypeError, ValueError, AttributeError) as problem:
        raise MalformedSnapshot(file, str(problem)) from problem


def _from_document(document: Mapping[str, Any]) -> Snapshot:
    source = document["source"]
    qubits, couplers = document["qubits"], document["couplers"]
    count = int(qubits["count"])
    pairs = list(combinations(range(count), 2)) if couplers["pairs"] == "all" else couplers["pairs"]
    return Snapshot(
        **{name: document[name] for name in _HEAD},
        basis_gates=tuple(document["basis_gates"]),
        notes=tuple(document["notes"]),
        source=Source(
            source["package"],
            source["version"],
            source["licence"],
            tuple(SourceFile(path, digest) for path, digest in sorted(source["files"].items())),
        ),
        qubits=tuple(Qubit(*row) for row in _rows(qubits, _QUBIT_COLUMNS, count)),
        couplers=tuple(
            Coupler((int(a), int(b)), *row)
            for (a, b), row in zip(pairs, _rows(couplers, _COUPLER_COLUMNS, len(pairs)), strict=True)
        ),
    )


def _column(rows: Sequence[object], name: str) -> Any:
    values = [getattr(row, name) for row in rows]
    return values[0] if values and all(value == values[0] for value in values) else values


def _rows(table: Mapping[str, Any], names: Sequence[str], count: int) -> list[tuple[Any, ...]]:
    columns = []
    for name in names:
        column = table[name]
        column = column if isinstance(column, list) else [column] * count
        if len(column) != count:
            raise ValueError(f"column {name} has {len(column)} values, expected {count}")
        columns.append([_CELL[name](value) for value in column])
    return list(zip(*columns, strict=True))


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is not true or false")
    return value


_CELL: Mapping[str, Callable[[object], Any]] = {
    **dict.fromkeys((*_QUBIT_COLUMNS, *_COUPLER_COLUMNS), _number),
    "operational": _flag,
}
