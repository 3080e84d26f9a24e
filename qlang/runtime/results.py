"""The results of a run, and their JSON: schema `qlang.results/1`.

    {"schema": …, "job": …, "backend": …, "simulation": …, "points": [{"parameters": {…},
     "expect": {label: {"value": …, "stderr": …, "method": …}}, "counts": {register: {bits: n}},
     "probabilities": …, "states": …}], "methods_applied": […], "not_applied": […], "sla": […]}

Bit strings are written as Qiskit writes them, bit 0 rightmost; outputs that are no bits by their values
(`outcomes`). `stderr` is shot noise alone, null where it is not
known; `bias_bounds` holds what the plan predicts that noise may still shift each value.
What is too long for JSON is an `.npy` file beside it, named with its digest. The result digest covers everything but
`sla`, which holds the time that the run took.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlang.backends.protocol import SampleOutcome
from qlang.runtime.outcomes import outcome_text
from qlang.runtime.stages import Checked, Estimated, Verdict
from qlang.trust.canonical import canonical_json, sha256_digest

SCHEMA = "qlang.results/1"
MAX_INLINE = 1 << 14
"""Histogram entries or amplitudes that stay in the JSON."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a run found: plain data, and the files that it refers to."""

    core: Mapping[str, Any]
    """What the digest covers."""
    sla: tuple[Verdict, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of `core`."""
        return sha256_digest(canonical_json(self.core))

    @property
    def points(self) -> Sequence[Mapping[str, Any]]:
        """One entry for each point of the sweep; one without a sweep."""
        found: Sequence[Mapping[str, Any]] = self.core["points"]
        return found

    def to_json(self) -> dict[str, Any]:
        """The content of results.json."""
        return {**self.core, "sla": sla_json(self.sla)}


def results_of(job: str, checked: Checked) -> Results:
    """Collect what a run found."""
    raw = checked.estimates.raw
    files: dict[str, bytes] = {}
    points = []
    for index, (outcome, expect) in enumerate(zip(raw.outcomes, checked.estimates.points, strict=True)):
        point: dict[str, Any] = {
            "parameters": raw.points.parameters(index),
            "expect": {label: _expectation(estimated) for label, estimated in expect.items()},
            "counts": {},
        }
        for position, sample in enumerate(outcome.samples):
            kind = "counts" if sample.counts is not None else "probabilities"
            name = f"{kind}-{index}-{position}.npy"
            point.setdefault(kind, {})[sample.label] = _histogram(sample, name, files)
        for position, (label, array) in enumerate(outcome.states.items()):
            point.setdefault("states", {})[label] = _state(array, f"state-{index}-{position}.npy", files)
        points.append(point)
    notes = checked.estimates.notes
    core = {
        "schema": SCHEMA,
        "job": job,
        "backend": raw.place.backend,
        "simulation": raw.outcomes[0].method if raw.outcomes else "",
        "points": points,
        "bias_bounds": _bias_bounds(checked),
        "methods_applied": [note.to_json() for note in notes if note.not_applied is None],
        "not_applied": [note.to_json() for note in notes if note.not_applied is not None],
    }
    return Results(core, checked.sla, files)


def sla_json(sla: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Verdicts as plain data; `met` is null where nothing is known."""
    return [
        {
            "metric": each.metric,
            "argument": each.argument,
            "relation": each.relation,
            "value": each.value,
            "unit": each.unit,
            "source": each.source,
            "found": each.found,
            "low": each.low,
            "high": each.high,
            "met": each.met,
            "verdict": each.verdict,
        }
        for each in sla
    ]


def _bias_bounds(checked: Checked) -> dict[str, float]:
    """Expectation → what the plan predicts that noise may still shift it, where there is noise."""
    bounds = checked.estimates.policy.predicted.get("bias")
    found = bounds if isinstance(bounds, Mapping) else {}
    return {label: bound for label, bound in found.items() if isinstance(bound, float) and bound}


def _expectation(estimated: Estimated) -> dict[str, Any]:
    error = estimated.standard_error
    return {
        "value": estimated.value,
        "stderr": error if isfinite(error) else None,
        "method": estimated.method,
    }


def _histogram(sample: SampleOutcome, name: str, files: dict[str, bytes]) -> dict[str, Any]:
    entries: Mapping[int, float] = sample.probabilities or {} if sample.counts is None else sample.counts
    if len(entries) <= MAX_INLINE or sample.width > 64:
        return {outcome_text(outcome, sample.width, sample.values): value for outcome, value in entries.items()}
    kind = np.float64 if sample.counts is None else np.int64
    table = np.empty(len(entries), dtype=[("outcome", np.uint64), ("value", kind)])
    table["outcome"], table["value"] = list(entries), list(entries.values())
    return _filed(table, name, files)


def _state(array: NDArray[np.complex128], name: str, files: dict[str, bytes]) -> dict[str, Any]:
    """Amplitudes, or the rows of a density matrix, as [real, imaginary]."""
    if array.size > MAX_INLINE:
        return _filed(array, name, files)
    pairs = np.stack([array.real, array.imag], axis=-1)
    return {"density_matrix" if array.ndim == 2 else "amplitudes": pairs.tolist()}


def _filed(array: NDArray[Any], name: str, files: dict[str, bytes]) -> dict[str, Any]:
    stream = BytesIO()
    np.save(stream, array, allow_pickle=False)
    files[name] = stream.getvalue()
    return {"file": name, "digest": sha256_digest(files[name]), "entries": int(array.size)}
