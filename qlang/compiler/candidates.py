"""Pass `resolve-candidates`: put what the catalogue knows about each backend into the IR.

    job.candidate "sim like ibm.guadalupe"   →   job.candidate "sim like ibm.guadalupe" {gamma = 0.41, p01 = …,
                                                     layout = …, snapshot = "sha256:…", noise = …, …}
    job.candidate "ibm.*"                    →   job.candidate "ibm.*" {reason = "no adapter/credentials …"}

After it, planning is a function of the IR alone. A candidate that cannot be used keeps a `reason`. Devices that
cannot be reached are not looked up, so that a plan does not depend on which vendor packages are installed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

from qlang.backends.limits import AUTO_DENSITY_QUBITS, NUMPY, available_memory, gate_seconds, most_qubits
from qlang.backends.noise import is_pauli, named_noise
from qlang.backends.targets import who_could
from qlang.catalogue.errors import DoesNotFit, NotConnected
from qlang.catalogue.layout import choose_layout
from qlang.catalogue.noise import DeviceNoise, device_noise
from qlang.catalogue.prices import PRICES
from qlang.catalogue.reach import NO_ADAPTER
from qlang.catalogue.snapshot import Snapshot
from qlang.catalogue.store import SHIPPED, load, match, sources, suggestions
from qlang.compiler.noise_rates import device_basis_rates, device_rate, named_basis_rates, named_rate
from qlang.ir.circuit import FuncOp
from qlang.ir.edit import remove
from qlang.ir.job import CandidateOp, JobOp, SettingsOp, StateOp
from qlang.ir.values import Plain, attributes, plain
from qlang.trust.algorithms import available_algorithms
from qlang.trust.crypto_modes import MODES, NO_KME, unservable_reason
from qlang.trust.times import any_moment

Facts = Mapping[str, Plain]


class DeviceUnknown(Exception):
    """A job names a device that the catalogue does not have."""

    def __init__(self, candidate: CandidateOp, name: str, near: tuple[str, ...]) -> None:
        super().__init__(f"unknown device {name}")
        self.candidate = candidate
        self.name = name
        self.near = near


@dataclass(frozen=True)
class ResolveCandidates(ModulePass):
    """See the module."""

    name = "resolve-candidates"

    target: str = NUMPY
    """Which executor simulates."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        circuits = {func.sym_name.data: func for func in op.ops if isinstance(func, FuncOp)}
        for job in op.ops:
            if isinstance(job, JobOp):
                circuit = circuits[job.circuit.root_reference.data]
                exact_only = any(isinstance(entry, StateOp) for entry in job.body.block.ops)
                settings = next(entry for entry in job.body.block.ops if isinstance(entry, SettingsOp))
                crypto = str(plain(settings.attributes["crypto"]))
                asked = _Asked(exact_only, "shots" in settings.attributes, crypto, self.target)
                for candidate in _expanded(job):
                    _resolve(candidate, circuit, asked)


def _expanded(job: JobOp) -> list[CandidateOp]:
    """The candidates, a pattern of simulated devices replaced by those that match and are not named elsewhere."""
    declared = [op for op in job.body.block.ops if isinstance(op, CandidateOp)]
    names = {op.backend.data for op in declared}
    found = []
    for candidate in declared:
        kind, pattern = (str(plain(candidate.attributes[name])) for name in ("kind", "name"))
        devices = match(pattern) if kind == "sim like" and "*" in pattern else ()
        copies = []
        for device in devices:
            backend = f"{kind} {device}"
            if backend not in names:
                names.add(backend)
                copy = candidate.clone()
                copy.properties["backend"], copy.attributes["name"] = StringAttr(backend), StringAttr(device)
                copy.location = candidate.location
                copies.append(copy)
        if copies:
            job.body.block.insert_ops_before(copies, candidate)
            remove(candidate)
        found += copies or [candidate]
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a job asks of any backend."""

    amplitudes: bool
    sampled: bool
    """Whether it states shots; without them values are exact."""
    crypto: str
    target: str


def _resolve(candidate: CandidateOp, circuit: FuncOp, asked: _Asked) -> None:
    declared = {name: plain(value) for name, value in candidate.attributes.items()}
    kind, name = str(declared["kind"]), str(declared["name"])
    if kind in ("device", "sim like") and "*" not in name and not match(name):
        raise DeviceUnknown(candidate, name, suggestions(name))
    facts: dict[str, Plain] = {"kind": kind, "name": name, "perishable": _perishable(declared) or None}
    facts |= _facts(kind, name, circuit, declared, asked.amplitudes)
    if kind != "device" and "reason" not in facts:
        noise = facts.get("noise")
        native = not isinstance(noise, Mapping) or is_pauli(noise)
        facts |= _simulation(circuit, bool(facts["noisy"]), asked.sampled, asked.target if native else NUMPY)
    facts.setdefault("reason", _unmet(declared.get("conditions"), facts, asked.crypto))
    candidate.attributes = attributes(**facts)


def _facts(kind: str, name: str, circuit: FuncOp, declared: Facts, exact_only: bool) -> dict[str, Plain]:
    resources = plain(circuit.attributes["resources"])
    assert isinstance(resources, Mapping)
    facts = _SOURCES[kind](name, circuit, resources, declared)
    facts |= {"availability": 1.0, "crypto": True}
    if exact_only and facts.get("noisy"):
        facts["reason"] = "amplitudes need an exact simulator"
    return facts


def _exact(name: str, circuit: FuncOp, resources: Facts, declared: Facts) -> dict[str, Plain]:
    facts: dict[str, Plain] = {"noisy": False, "gamma": 0.0, "vendor": "qlang", "cost_per_shot": PRICES["sim"].shot_usd}
    return facts


def _named(name: str, circuit: FuncOp, resources: Facts, declared: Facts) -> dict[str, Plain]:
    noise = declared["noise"]
    assert isinstance(noise, Mapping)
    rules = noise["rules"]
    assert isinstance(rules, Sequence)
    basis_x, basis_y = named_basis_rates(rules, circuit.size)  # type: ignore[arg-type]  # rules are mappings
    facts: dict[str, Plain] = {
        "noisy": True,
        "noise": noise,
        "gamma": named_rate(rules, resources),  # type: ignore[arg-type]  # rules are mappings
        "basis_x": list(basis_x),
        "basis_y": list(basis_y),
        "vendor": "qlang",
        "cost_per_shot": PRICES["sim with"].shot_usd,
    }
    p01, p10 = named_noise(rules).readout(0)  # type: ignore[arg-type]  # rules are mappings
    if p01 or p10:
        facts |= {"p01": [p01] * circuit.size, "p10": [p10] * circuit.size}
    return facts


def _like(name: str, circuit: FuncOp, resources: Facts, declared: Facts) -> dict[str, Plain]:
    if "*" in name:
        return {"noisy": True, "reason": "no other device of the catalogue matches"}
    snapshot = load(name)
    facts = _snapshot_facts(snapshot) | {"noisy": True, "cost_per_shot": PRICES["sim like"].shot_usd}
    if snapshot.unusable:
        return facts | {"reason": snapshot.unusable}
    try:
        noise = device_noise(snapshot, choose_layout(snapshot, circuit.size, _interactions(resources)))
        gamma, uncertainty = device_rate(noise, resources)
        basis_x, basis_y = device_basis_rates(noise)
        facts["noise"] = _noise_data(noise, resources)
    except (DoesNotFit, NotConnected) as problem:
        return facts | {"reason": str(problem)}
    facts |= {
        "gamma": gamma,
        "gamma_uncertainty": uncertainty,
        "basis_x": list(basis_x),
        "basis_y": list(basis_y),
        "layout": list(noise.physical),
        "p01": [qubit.p01 or 0.0 for qubit in noise.qubits],
        "p10": [qubit.p10 or 0.0 for qubit in noise.qubits],
        "notes": list(noise.notes) or None,
    }
    return facts


def _device(name: str, circuit: FuncOp, resources: Facts, declared: Facts) -> dict[str, Plain]:
    """A real device, or all that a pattern matches: none can be reached in this version, so none is looked up."""
    if not match(name):
        return {"reason": "no device of the catalogue matches"}
    return {"noisy": True, "reason": NO_ADAPTER}


_SOURCES: dict[str, Callable[..., dict[str, Plain]]] = {
    "sim": _exact,
    "sim with": _named,
    "sim like": _like,
    "device": _device,
}


def _snapshot_facts(snapshot: Snapshot) -> dict[str, Plain]:
    return {
        "snapshot": snapshot.id,
        "snapshot_date": snapshot.date,
        "vendor": snapshot.vendor,
        "qubits": len(snapshot.qubits),
    }


def _interactions(resources: Facts) -> dict[tuple[int, int], float]:
    pairs, counts = resources["pairs"], resources["pair_counts"]
    assert isinstance(pairs, Sequence) and isinstance(counts, Sequence)
    joined = zip(pairs[::2], pairs[1::2], counts, strict=True)
    return {(int(a), int(b)): float(count) for a, b, count in joined}  # type: ignore[arg-type]  # numbers


def _noise_data(noise: DeviceNoise, resources: Facts) -> Plain:
    """The noise of the layout as plain data: every qubit, and the pairs that meet (all, where some are unknown)."""
    size = len(noise.qubits)
    pairs = sorted(_interactions(resources))
    if resources["scattered"]:
        pairs = [(a, b) for b in range(size) for a in range(b)]
    joined = [noise.two_qubit(a, b) for a, b in pairs]
    data: dict[str, Plain] = {
        "form": "device",
        "t1": [qubit.t1_s or -1.0 for qubit in noise.qubits],
        "t2": [qubit.t2_s or -1.0 for qubit in noise.qubits],
        "p01": [qubit.p01 or 0.0 for qubit in noise.qubits],
        "p10": [qubit.p10 or 0.0 for qubit in noise.qubits],
        "error_1q": [qubit.error_1q or 0.0 for qubit in noise.qubits],
        "time_1q": [qubit.time_1q_s or 0.0 for qubit in noise.qubits],
        "pairs": [wire for pair in pairs for wire in pair],
        "pair_errors": [pair.error for pair in joined],
        "pair_times": [pair.time_s or 0.0 for pair in joined],
    }
    return data


def _simulation(circuit: FuncOp, noisy: bool, sampled: bool, target: str) -> dict[str, Plain]:
    """How long the executor takes, and whether the circuit fits at all."""
    limit = most_qubits(noisy=noisy, target=target)
    most_exact = limit if sampled or not noisy else most_qubits(noisy=True, exact=True)
    if most_exact < circuit.size <= limit:
        reason = f"exact values with noise need a density matrix, for up to {most_exact} qubits"
        return {"qubits": limit, "reason": f"{reason}; {circuit.size} qubits run by trajectories, which need `shots`"}
    if circuit.size > limit:
        others = who_could(circuit.size, available_memory(), besides=(target, "f64"))
        hint = f"; the target {' or '.join(others)} could hold them" if others else "; no target here holds more"
        reason = f"{circuit.size} qubits do not fit into memory; up to {limit} do{hint}"
        return {"qubits": limit, "reason": reason}
    resources = plain(circuit.attributes["resources"])
    assert isinstance(resources, Mapping)
    counts = resources["gates"]
    assert isinstance(counts, Mapping)
    gates = sum(float(str(count)) for count in counts.values())
    dense = noisy and (circuit.size <= AUTO_DENSITY_QUBITS or not sampled)
    seconds = gates * gate_seconds(circuit.size, "density_matrix" if dense else "state_vector", target)
    per_shot = seconds if noisy and not dense else 1e-7
    return {"qubits": limit, "seconds": 0.01 + seconds, "seconds_per_shot": per_shot, "region": "local"}


def _perishable(declared: Facts) -> bool:
    """Whether the verdict on a candidate may change by tomorrow, or with what else is installed.

    Such a compilation is not kept in the compile cache.
    """
    conditions = declared.get("conditions")
    dated = isinstance(conditions, Sequence) and any(
        isinstance(condition, Mapping) and condition["relation"] == "within" for condition in conditions
    )
    return dated or (declared["kind"] == "sim like" and sources().get(str(declared["name"])) != SHIPPED)


def _unmet(conditions: Plain, facts: Facts, crypto: str) -> Plain:
    """The first condition that a backend does not fulfil, in words; `None` where it fulfils all."""
    if not isinstance(conditions, Sequence):
        return None
    for condition in conditions:
        assert isinstance(condition, Mapping)
        field, relation, wanted = str(condition["field"]), str(condition["relation"]), condition["value"]
        found = _age(facts) if relation == "within" else facts.get(field)
        if field == "simulator":
            found = facts["kind"] != "device"
        if field == "crypto":
            found = wanted if wanted in (served := _served_modes(crypto)) else ", ".join(served)
        if found is None:
            return f"`{field}` is not known"
        if not _RELATIONS[relation](found, wanted):
            return f"`{field}` is {found}, wanted {relation} {wanted}"
    return None


def _served_modes(own: str) -> list[str]:
    """The crypto modes of runs on this machine: those that its keys can sign.

    The job's own mode has come this far only because its KME answered, if it needs one; for others none is asked.
    """
    available = available_algorithms()
    return [mode for mode in MODES if unservable_reason(mode, available, None if mode == own else NO_KME) is None]


def _age(facts: Facts) -> float | None:
    """Seconds since the calibration."""
    date = facts.get("snapshot_date")
    if not isinstance(date, str):
        return None
    return (datetime.now(UTC) - any_moment(date)).total_seconds()


_RELATIONS: dict[str, Callable[..., bool]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "within": lambda a, b: bool(a <= b),
}
