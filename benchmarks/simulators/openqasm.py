"""Circuits as OpenQASM 3."""

from collections.abc import Iterator

from benchmarks.simulators.circuits import Circuit
from benchmarks.simulators.gates import Operation, cartan_form

_DEFINED = {
    "rzz": "gate rzz(a) p, q { cx p, q; rz(a) q; cx p, q; }",
    "rxx": "gate rxx(a) p, q { h p; h q; rzz(a) p, q; h p; h q; }",
    "ryy": "gate ryy(a) p, q { rx(pi / 2) p; rx(pi / 2) q; rzz(a) p, q; rx(-pi / 2) p; rx(-pi / 2) q; }",
}
_NAMES = {"u": "U"}


def openqasm(circuit: Circuit) -> str:
    """The circuit as an OpenQASM 3 program without measurements, up to a global phase."""
    head = ["OPENQASM 3.0;", *_definitions(circuit), f"qubit[{circuit.qubits}] q;"]
    body = [line for operation in circuit.operations for line in _statements(operation, parametric=False)]
    return "\n".join([*head, *body]) + "\n"


def parametric_job(circuit: Circuit) -> str:
    """A job whose circuit `main` has the angles of slots as arguments p0, p1, …, in the order of the slots."""
    names = [f"p{slot}" for slot in range(len(circuit.parameters))]
    body = [line for operation in circuit.operations for line in _statements(operation, parametric=True)]
    lines = [
        *_definitions(circuit),
        f"circuit main({', '.join(f'float[64] {name}' for name in names)}) {{",
        f"qubit[{circuit.qubits}] q;",
        *body,
        "}",
        "job values {",
        f"sweep zip({', '.join(names)}) in zip({', '.join(f'[{value!r}]' for value in circuit.parameters)});",
        f"run main({', '.join(f'{name} = {name}' for name in names)});",
        "sample q;",
        "backend sim;",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _definitions(circuit: Circuit) -> list[str]:
    """What the gates need: the standard ones, and those that OpenQASM's standard file lacks."""
    names = {each.name for each in circuit.operations}
    wanted = {"rzz", "rxx", "ryy"} if "su4" in names else names
    return ['include "stdgates.inc";', *(text for name, text in _DEFINED.items() if name in wanted)]


def _statements(operation: Operation, *, parametric: bool) -> Iterator[str]:
    if operation.name == "su4":
        for each in cartan_form(operation):
            yield from _statements(each, parametric=parametric)
        return
    name = _NAMES.get(operation.name, operation.name)
    if operation.name == "mcz":
        name = f"ctrl({len(operation.wires) - 1}) @ z"
    angles = ", ".join(repr(float(angle)) for angle in operation.angles)
    if parametric and operation.slot is not None:
        angles = f"p{operation.slot}"
    wires = ", ".join(f"q[{wire}]" for wire in operation.wires)
    yield f"{name}{f'({angles})' if angles else ''} {wires};"
