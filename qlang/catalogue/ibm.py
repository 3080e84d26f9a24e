"""Reader of IBM's calibration files as shipped in qiskit-ibm-runtime.

The package is located and never imported: its files are plain JSON,
`fake_provider/backends/<name>/{conf,props}_<name>.json`. Properties come in µs and ns with the unit beside each
value; `conf` gives repetition delays in µs.

A symmetric gate is listed in both directions of a pair; the coupler takes the direction with the lower error (then
the shorter time), since one-qubit gates turn one direction into the other. An error of 1 means dead or unmeasured.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from qlang.catalogue.errors import MalformedSnapshot, UnknownDevice
from qlang.catalogue.normalise import SLOWEST_PLAUSIBLE_2Q_S, Notes, checked_qubit, seconds, significant
from qlang.catalogue.snapshot import Coupler, Qubit, Snapshot, Source, SourceFile

PACKAGE = "qiskit-ibm-runtime"
LICENCE = "Apache-2.0"
ENTANGLERS = ("cx", "ecr", "cz")
"""Native entangling gates; the fractional `rzz` of newer devices is not the calibrated default."""
PULSES = ("sx", "u2")
"""The native π/2 pulse: `sx`, or `u2` on the devices of 2020."""
SYNTHETIC = frozenset({"fractional"})
"""Folders that hold no device: `fractional` is lima with an invented rzz."""


def package_folder() -> Path | None:
    """The installed package's folder, or None; does not import the package."""
    spec = find_spec("qiskit_ibm_runtime")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def names(folder: Path | None = None) -> tuple[str, ...]:
    """The devices in the package, sorted, without the `ibm.` prefix; empty where it is not installed."""
    folder = folder or package_folder()
    backends = folder / "fake_provider" / "backends" if folder else None
    if backends is None or not backends.is_dir():
        return ()
    return tuple(
        sorted(
            entry.name
            for entry in backends.iterdir()
            if entry.name not in SYNTHETIC and (entry / f"props_{entry.name}.json").is_file()
        )
    )


def read(name: str, folder: Path | None = None) -> Snapshot:
    """The snapshot of `name` (without prefix) from the package in `folder`, by default the installed one.

    Raises `UnknownDevice` where there is none, `MalformedSnapshot` where a file is not what it should be.
    """
    folder = folder or package_folder()
    if folder is None or name not in names(folder):
        raise UnknownDevice(f"ibm.{name}", ())
    files = {
        kind: f"fake_provider/backends/{name}/{kind}_{name}.json"  # cambridge has a second, `props_cambridge_alt`
        for kind in ("conf", "props")
    }
    raw = {kind: (folder / path).read_bytes() for kind, path in files.items()}
    source = Source(
        PACKAGE,
        (folder / "VERSION.txt").read_text(encoding="utf-8").strip(),
        LICENCE,
        tuple(SourceFile(files[kind], hashlib.sha256(raw[kind]).hexdigest()) for kind in files),
    )
    try:
        return _snapshot(name, json.loads(raw["conf"]), json.loads(raw["props"]), source)
    except (KeyError, TypeError, ValueError) as problem:
        raise MalformedSnapshot(files["props"], f"{type(problem).__name__}: {problem}") from problem


def _snapshot(name: str, conf: Mapping[str, Any], props: Mapping[str, Any], source: Source) -> Snapshot:
    notes = Notes()
    recorded = props["backend_name"]
    if recorded not in (f"ibm_{name}", f"ibmq_{name}"):
        notes.add(f"recorded under the name {recorded}")
    pulses = _pulses(props["gates"])
    qubits = tuple(
        checked_qubit(index, _qubit(entries, pulses.get(index, {})), notes)
        for index, entries in enumerate(props["qubits"])
    )
    couplers, native = _couplers(props["gates"], notes)
    delay = conf.get("default_rep_delay")
    return Snapshot(
        device=f"ibm.{name}",
        vendor="ibm",
        date=props["last_update_date"],
        qubits=qubits,
        couplers=couplers,
        basis_gates=tuple(sorted(conf["basis_gates"])),
        native_2q=native,
        max_shots=conf.get("max_shots"),
        repetition_delay_s=None if delay is None else seconds(delay, "us"),
        processor_family=_family(conf.get("processor_type")),
        source=source,
        notes=notes.lines(),
    )


def _family(processor: Mapping[str, Any] | None) -> str | None:
    return None if processor is None else f"{processor['family']} r{processor['revision']}"


def _qubit(entries: Iterable[Mapping[str, Any]], pulse: Mapping[str, float]) -> Qubit:
    values = {entry["name"]: (entry["value"], entry["unit"]) for entry in entries}

    def time(name: str) -> float | None:
        return seconds(*values[name]) if name in values else None

    def probability(name: str) -> float | None:
        return significant(values[name][0]) if name in values else None

    return Qubit(
        t1_s=time("T1"),
        t2_s=time("T2"),
        readout_p01=probability("prob_meas1_prep0"),
        readout_p10=probability("prob_meas0_prep1"),
        gate_error_1q=pulse.get("gate_error"),
        gate_time_1q_s=pulse.get("gate_length"),
        readout_time_s=time("readout_length"),
    )


def _parameters(gate: Mapping[str, Any]) -> dict[str, float]:
    """`gate_error` and, in seconds, `gate_length`."""
    return {
        entry["name"]: seconds(entry["value"], entry["unit"]) if entry["unit"] else significant(entry["value"])
        for entry in gate["parameters"]
    }


def _pulses(gates: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, float]]:
    found = {(gate["gate"], gate["qubits"][0]): _parameters(gate) for gate in gates if gate["gate"] in PULSES}
    return {qubit: values for pulse in reversed(PULSES) for (g, qubit), values in found.items() if g == pulse}


def _couplers(gates: Iterable[Mapping[str, Any]], notes: Notes) -> tuple[tuple[Coupler, ...], str | None]:
    """Couplers in ascending order of their qubits, and the gate that most of them offer."""
    choices: dict[tuple[int, int], list[tuple[float, float, str]]] = {}
    for gate in gates:
        if gate["gate"] in ENTANGLERS:
            values = _parameters(gate)
            low, high = sorted(gate["qubits"])
            record = (values["gate_error"], values["gate_length"], gate["gate"])
            choices.setdefault((low, high), []).append(record)
    couplers, offered = [], Counter[str]()
    for (low, high), records in sorted(choices.items()):
        error, time, gate_name = min(records)
        alive = error < 1
        offered[gate_name] += 1
        if records[0][0] != records[-1][0]:
            notes.add("directions differ in error, the better one taken, couplers", f"{low}-{high}")
        if not alive:
            notes.add("two-qubit gate dead or unmeasured, couplers", f"{low}-{high}")
        couplers.append(Coupler((low, high), error if alive else None, time, alive))
    _remark_on_couplers(couplers, offered, notes)
    native = max(sorted(offered), key=lambda gate_name: offered[gate_name]) if offered else None
    return tuple(couplers), native


def _remark_on_couplers(couplers: list[Coupler], offered: Counter[str], notes: Notes) -> None:
    if couplers and not any(coupler.operational for coupler in couplers):
        notes.add("every coupler is dead: the device is unusable")
    if len(offered) > 1:
        mix = ", ".join(f"{count} {gate_name}" for gate_name, count in sorted(offered.items()))
        notes.add(f"couplers with different native gates: {mix}")
    slow = [c.time_s for c in couplers if c.time_s is not None and c.time_s > SLOWEST_PLAUSIBLE_2Q_S]
    if slow:
        notes.add(
            f"implausible two-qubit gate times on {len(slow)} of {len(couplers)} couplers, "
            f"{min(slow) * 1e9:.0f} to {max(slow) * 1e9:.0f} ns, kept as recorded"
        )
