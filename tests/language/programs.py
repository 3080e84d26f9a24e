"""Small OpenQASM 3 programs as data: their text, and their meaning by Qiskit's gates and state vectors.

A program has three qubits `q`, three bits `c`, an integer `k` of 8 bits, an array `m` of three of them, two gates
and two subroutines of its own. Its meaning is
followed branch by branch: each measurement and reset parts a branch, classical values are Python integers.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Gate as QiskitGate
from qiskit.circuit import library
from qiskit.quantum_info import Statevector

QUBITS = 3
NEGLIGIBLE = 1e-14

STANDARD: dict[str, tuple[type[QiskitGate], int, int]] = {
    "x": (library.XGate, 0, 1),
    "y": (library.YGate, 0, 1),
    "z": (library.ZGate, 0, 1),
    "h": (library.HGate, 0, 1),
    "s": (library.SGate, 0, 1),
    "tdg": (library.TdgGate, 0, 1),
    "sx": (library.SXGate, 0, 1),
    "rx": (library.RXGate, 1, 1),
    "ry": (library.RYGate, 1, 1),
    "rz": (library.RZGate, 1, 1),
    "p": (library.PhaseGate, 1, 1),
    "cx": (library.CXGate, 0, 2),
    "cz": (library.CZGate, 0, 2),
    "crz": (library.CRZGate, 1, 2),
    "swap": (library.SwapGate, 0, 2),
    "ccx": (library.CCXGate, 0, 3),
}
DEFINITIONS = """gate turn(a, b) t { rx(a) t; rz(b / 2) t; ry(a - b) t; }
gate link(a) s, t { h s; cx s, t; rz(a) t; ctrl @ ry(2 * a) t, s; turn(a, 0.5) s; }
def tilt(qubit t, int n) -> bit { rx(0.3 * n) t; return measure t; }
def choose(qubit t, bit b) -> int { if (b) { x t; return 3; } h t; return -1; }
"""


def _turn(a: float, b: float) -> QiskitGate:
    circuit = QuantumCircuit(1)
    circuit.rx(a, 0)
    circuit.rz(b / 2, 0)
    circuit.ry(a - b, 0)
    return circuit.to_gate()


def _link(a: float) -> QiskitGate:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.rz(a, 1)
    circuit.cry(2 * a, 1, 0)
    circuit.append(_turn(a, 0.5), [0])
    return circuit.to_gate()


OWN: dict[str, tuple[Callable[..., QiskitGate], int, int]] = {"turn": (_turn, 2, 1), "link": (_link, 1, 2)}
GATES: dict[str, tuple[Callable[..., QiskitGate], int, int]] = {**STANDARD, **OWN}
"""Name → constructor, parameters, qubits."""

Jump = Literal["", "break", "continue", "end"]


@dataclass(frozen=True)
class Branch:
    """One history of outcomes."""

    weight: float
    state: Statevector
    bits: tuple[int, ...] = (0,) * QUBITS
    k: int = 0
    m: tuple[int, ...] = (0, 0, 0)
    i: int = 0
    counter: int = 0
    jump: Jump = ""


@dataclass(frozen=True)
class Number:
    """An integer expression: text, and value in a branch."""

    text: str
    value: Callable[[Branch], int] = field(compare=False)


@dataclass(frozen=True)
class Gate:
    name: str
    parameters: tuple[tuple[float, Number | None], ...]
    """A factor, and what it multiplies."""
    modifiers: tuple[tuple[str, int], ...]
    wires: tuple[Number, ...]
    """None: the register, gate by gate."""

    def text(self) -> str:
        modifiers = "".join(_modifier(kind, count) for kind, count in self.modifiers)
        numbers = ", ".join(repr(f) if n is None else f"{f!r} * {n.text}" for f, n in self.parameters)
        operands = ", ".join(f"q[{wire.text}]" for wire in self.wires) or "q"
        return f"{modifiers}{self.name}{f'({numbers})' if numbers else ''} {operands};"

    def run(self, branch: Branch) -> list[Branch]:
        constructor, _, _ = GATES[self.name]
        gate = constructor(*(f if n is None else f * n.value(branch) for f, n in self.parameters))
        for kind, count in reversed(self.modifiers):
            match kind:
                case "inv":
                    gate = gate.inverse()
                case "pow":
                    gate = gate.power(count)
                case "ctrl":
                    gate = gate.control(count, annotated=False)
                case _:
                    gate = gate.control(count, ctrl_state=0, annotated=False)
        state = branch.state
        applications = [[w.value(branch) for w in self.wires]] if self.wires else [[w] for w in range(QUBITS)]
        for wires in applications:
            state = state.evolve(gate, wires)
        return [replace(branch, state=state)]


def _modifier(kind: str, count: int) -> str:
    if kind == "inv":
        return "inv @ "
    if kind == "pow":
        return f"pow({count}) @ "
    return f"{kind}({count}) @ " if count > 1 else f"{kind} @ "


def projected(branch: Branch, wire: int) -> list[tuple[int, Branch]]:
    """The outcomes of a measurement."""
    amplitudes = np.asarray(branch.state.data).reshape(-1, 2, 2**wire)
    found = []
    for outcome in (0, 1):
        kept = np.zeros_like(amplitudes)
        kept[:, outcome] = amplitudes[:, outcome]
        chance = float(np.vdot(kept, kept).real)
        if branch.weight * chance > NEGLIGIBLE:
            state = Statevector(kept.reshape(-1) / np.sqrt(chance))
            found.append((outcome, replace(branch, weight=branch.weight * chance, state=state)))
    return found


@dataclass(frozen=True)
class Measure:
    wire: Number
    bit: int

    def text(self) -> str:
        return f"c[{self.bit}] = measure q[{self.wire.text}];"

    def run(self, branch: Branch) -> list[Branch]:
        parts = projected(branch, self.wire.value(branch))
        return [
            replace(part, bits=(*part.bits[: self.bit], outcome, *part.bits[self.bit + 1 :])) for outcome, part in parts
        ]


@dataclass(frozen=True)
class Reset:
    wire: Number

    def text(self) -> str:
        return f"reset q[{self.wire.text}];"

    def run(self, branch: Branch) -> list[Branch]:
        wire = self.wire.value(branch)
        parts = projected(branch, wire)
        return [
            replace(part, state=part.state.evolve(library.XGate(), [wire])) if outcome else part
            for outcome, part in parts
        ]


@dataclass(frozen=True)
class Assign:
    number: Number

    def text(self) -> str:
        return f"k = {self.number.text};"

    def run(self, branch: Branch) -> list[Branch]:
        return [replace(branch, k=(self.number.value(branch) + 128) % 256 - 128)]


@dataclass(frozen=True)
class Store:
    """An element of the array `m` of 8-bit integers."""

    index: Number
    number: Number

    def text(self) -> str:
        return f"m[{self.index.text}] = {self.number.text};"

    def run(self, branch: Branch) -> list[Branch]:
        items = list(branch.m)
        items[self.index.value(branch)] = (self.number.value(branch) + 128) % 256 - 128
        return [replace(branch, m=tuple(items))]


@dataclass(frozen=True)
class Tilt:
    """A call of `tilt`, which measures."""

    wire: Number
    bit: int

    def text(self) -> str:
        return f"c[{self.bit}] = tilt(q[{self.wire.text}], k);"

    def run(self, branch: Branch) -> list[Branch]:
        state = branch.state.evolve(library.RXGate(0.3 * branch.k), [self.wire.value(branch)])
        return Measure(self.wire, self.bit).run(replace(branch, state=state))


@dataclass(frozen=True)
class Choose:
    """A call of `choose`, which returns early."""

    wire: Number
    bit: int

    def text(self) -> str:
        return f"k = choose(q[{self.wire.text}], c[{self.bit}]);"

    def run(self, branch: Branch) -> list[Branch]:
        early = bool(branch.bits[self.bit])
        gate = library.XGate() if early else library.HGate()
        return [replace(branch, state=branch.state.evolve(gate, [self.wire.value(branch)]), k=3 if early else -1)]


@dataclass(frozen=True)
class Jumps:
    jump: Jump

    def text(self) -> str:
        return f"{self.jump};"

    def run(self, branch: Branch) -> list[Branch]:
        return [replace(branch, jump=self.jump)]


@dataclass(frozen=True)
class Condition:
    text: str
    holds: Callable[[Branch], bool] = field(compare=False)


@dataclass(frozen=True)
class If:
    condition: Condition
    then: "tuple[Statement, ...]"
    otherwise: "tuple[Statement, ...]"

    def text(self) -> str:
        tail = f" else {{ {body(self.otherwise)} }}" if self.otherwise else ""
        return f"if ({self.condition.text}) {{ {body(self.then)} }}{tail}"

    def run(self, branch: Branch) -> list[Branch]:
        return run_all(self.then if self.condition.holds(branch) else self.otherwise, branch)


@dataclass(frozen=True)
class For:
    values: range
    statements: "tuple[Statement, ...]"

    def text(self) -> str:
        step = f"{self.values.step}:" if self.values.step != 1 else ""
        last = self.values[-1] if self.values else self.values.start - 1
        return f"for int i in [{self.values.start}:{step}{last}] {{ {body(self.statements)} }}"

    def run(self, branch: Branch) -> list[Branch]:
        outer, live, done = branch.i, [branch], []
        for value in self.values:
            after = [part for each in live for part in run_all(self.statements, replace(each, i=value))]
            done += [part for part in after if part.jump in ("break", "end")]
            live = [replace(part, jump="") for part in after if part.jump not in ("break", "end")]
        return [replace(part, i=outer, jump=_left(part.jump)) for part in (*done, *live)]


def _left(jump: Jump) -> Jump:
    return "end" if jump == "end" else ""


@dataclass(frozen=True)
class While:
    """At most twice: a counter joins the condition."""

    condition: Condition
    statements: "tuple[Statement, ...]"

    def text(self) -> str:
        return f"w = 0; while (w < 2 && ({self.condition.text})) {{ w += 1; {body(self.statements)} }}"

    def run(self, branch: Branch) -> list[Branch]:
        live, done = [replace(branch, counter=0)], []
        while live:
            going = [each for each in live if each.counter < 2 and self.condition.holds(each)]
            done += [each for each in live if not (each.counter < 2 and self.condition.holds(each))]
            after = [
                part for each in going for part in run_all(self.statements, replace(each, counter=each.counter + 1))
            ]
            done += [replace(part, jump=_left(part.jump)) for part in after if part.jump in ("break", "end")]
            live = [replace(part, jump="") for part in after if part.jump not in ("break", "end")]
        return done


@dataclass(frozen=True)
class Switch:
    subject: Number
    cases: "tuple[tuple[tuple[int, ...], tuple[Statement, ...]], ...]"
    default: "tuple[Statement, ...]"

    def text(self) -> str:
        cases = " ".join(f"case {', '.join(map(str, values))} {{ {body(s)} }}" for values, s in self.cases)
        return f"switch ({self.subject.text}) {{ {cases} default {{ {body(self.default)} }} }}"

    def run(self, branch: Branch) -> list[Branch]:
        value = self.subject.value(branch)
        chosen = next((statements for values, statements in self.cases if value in values), self.default)
        return run_all(chosen, branch)


Statement = Gate | Measure | Reset | Assign | Store | Tilt | Choose | Jumps | If | For | While | Switch


def body(statements: Iterable[Statement]) -> str:
    return " ".join(statement.text() for statement in statements)


def run_all(statements: Sequence[Statement], branch: Branch) -> list[Branch]:
    live = [branch]
    for statement in statements:
        live = [after for each in live for after in ([each] if each.jump else statement.run(each))]
    return live


def program_text(statements: Sequence[Statement]) -> str:
    lines = "\n".join(statement.text() for statement in statements)
    return (
        f'OPENQASM 3.0;\ninclude "stdgates.inc";\n{DEFINITIONS}'
        "output bit[3] c;\noutput int[8] k;\noutput bit[3] last;\noutput bit[14] whole;\n"
        f"qubit[{QUBITS}] q;\nint w = 0;\narray[int[8], 3] m;\n{lines}\nlast = measure q;\n"
        "whole[0:2] = c; whole[3:10] = bit[8](k); whole[11:13] = last;\n"
    )


Outcome = tuple[str, str, str, str]


def distribution(statements: Sequence[Statement]) -> dict[Outcome, float]:
    """Probability of `c`, `k`, the qubits at the end and all of them together: 0 where `end` came before."""
    found: dict[Outcome, float] = {}
    for branch in run_all(statements, Branch(1.0, Statevector.from_int(0, 2**QUBITS))):
        bits = "".join(map(str, reversed(branch.bits)))
        ended = branch.jump == "end"
        last = {"000": 1.0} if ended else branch.state.probabilities_dict()
        for outcome, chance in last.items():
            whole = "0" * 14 if ended else f"{outcome}{branch.k % 256:08b}{bits}"
            key = (bits, str(branch.k), outcome, whole)
            found[key] = found.get(key, 0.0) + branch.weight * float(chance)
    return found


def marginal(joint: dict[Outcome, float], place: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, probability in joint.items():
        found[key[place]] = found.get(key[place], 0.0) + probability
    return found
