"""Reader of IQM's Garnet error profile as written in iqm-client's source.

The numbers stand as literals in `iqm/qiskit_iqm/fake_backends/fake_garnet.py`; they are read from the syntax tree
and nothing is imported or executed. The source gives no date.

IQM states depolarizing parameters p which, "concatenated with a thermal relaxation channel" of the gate's duration,
give the benchmarked fidelity (docstring of `IQMErrorProfile`). The average gate infidelity of that composition on
d = 2ⁿ levels is (1 − F)·d/(d + 1) with the process fidelity F = (1 − p)·F_thermal + p/d², and per qubit
F_thermal = (1 + e^(−t/T1) + 2·e^(−t/T2))/4.
"""

import ast
import hashlib
from importlib.util import find_spec
from math import exp, prod
from pathlib import Path
from typing import Any

from qlang.catalogue.errors import MalformedSnapshot
from qlang.catalogue.normalise import Notes, checked_qubit, seconds, significant
from qlang.catalogue.snapshot import Coupler, Qubit, Snapshot, Source, SourceFile

PACKAGE = "iqm-client"
LICENCE = "Apache-2.0"
GARNET = "iqm/qiskit_iqm/fake_backends/fake_garnet.py"


def installed_garnet() -> Path | None:
    """The installed package's Garnet file, or None; `iqm` is a namespace package, shared by several others."""
    spec = find_spec("iqm")
    locations = (spec.submodule_search_locations or []) if spec else []
    candidates = (Path(location).parent / GARNET for location in locations)
    return next((file for file in candidates if file.is_file()), None)


def read_garnet(file: Path, version: str) -> Snapshot:
    """`iqm.garnet` from the given source file of iqm-client `version`; raises `MalformedSnapshot`."""
    text = file.read_bytes()
    try:
        profile = _error_profile(text)
        qubits, couplers, notes = _facts(profile)
    except (KeyError, TypeError, ValueError, SyntaxError) as problem:
        raise MalformedSnapshot(GARNET, f"{type(problem).__name__}: {problem}") from problem
    return Snapshot(
        device="iqm.garnet",
        vendor="iqm",
        date=None,
        qubits=qubits,
        couplers=couplers,
        basis_gates=("cz", "prx"),
        native_2q="cz",
        max_shots=None,
        repetition_delay_s=None,
        processor_family=None,
        source=Source(PACKAGE, version, LICENCE, (SourceFile(GARNET, hashlib.sha256(text).hexdigest()),)),
        notes=("no calibration date in the source", *notes.lines()),
    )


def average_infidelity(depolarizing: float, time: float, relaxation: list[tuple[float, float]]) -> float:
    """Of depolarizing(p) after relaxation for `time` on qubits with the given (T1, T2), all in one unit."""
    levels: int = 2 ** len(relaxation)
    thermal = prod((1 + exp(-time / t1) + 2 * exp(-time / t2)) / 4 for t1, t2 in relaxation)
    process = (1 - depolarizing) * thermal + depolarizing / levels**2
    return (1 - process) * levels / (levels + 1)


def _error_profile(text: bytes) -> dict[str, Any]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "IQMErrorProfile":
            return {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
    raise ValueError("no call of IQMErrorProfile")


def _facts(profile: dict[str, Any]) -> tuple[tuple[Qubit, ...], tuple[Coupler, ...], Notes]:
    notes = Notes()
    t1, t2, readout = profile["t1s"], profile["t2s"], profile["readout_errors"]
    parameter_1q = profile["single_qubit_gate_depolarizing_error_parameters"]["prx"]
    parameter_2q = profile["two_qubit_gate_depolarizing_error_parameters"]["cz"]
    time_1q, time_2q = (profile[f"{kind}_qubit_gate_durations"] for kind in ("single", "two"))
    labels = {label: index for index, label in enumerate(t1)}

    def infidelity(parameter: float, time: float, *names: str) -> float:
        return significant(average_infidelity(parameter, time, [(t1[name], t2[name]) for name in names]))

    qubits = tuple(
        checked_qubit(
            index,
            Qubit(
                t1_s=seconds(t1[label], "ns"),
                t2_s=seconds(t2[label], "ns"),
                readout_p01=readout[label]["0"],
                readout_p10=readout[label]["1"],
                gate_error_1q=infidelity(parameter_1q[label], time_1q["prx"], label),
                gate_time_1q_s=seconds(time_1q["prx"], "ns"),
            ),
            notes,
        )
        for label, index in labels.items()
    )
    pairs = {
        (min(a, b, key=labels.__getitem__), max(a, b, key=labels.__getitem__)): p for (a, b), p in parameter_2q.items()
    }
    couplers = tuple(
        Coupler((labels[a], labels[b]), infidelity(p, time_2q["cz"], a, b), seconds(time_2q["cz"], "ns"))
        for (a, b), p in sorted(pairs.items(), key=lambda item: (labels[item[0][0]], labels[item[0][1]]))
    )
    return qubits, couplers, notes
