"""QIR base profile as LLVM text: gates, then measurements, then the record of results (QIR specification 2.0).

Pointers are opaque, qubits and results are numbers. Results are labelled with the bits of the program.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qlang.interchange.controls import MOST_WIRES, TooManyControls, pieces
from qlang.interchange.flatten import Step, flat, gate_words, refuse
from qlang.interchange.names import Names
from qlang.interchange.spelling import angle_text, float_text
from qlang.interchange.structure import structured
from qlang.ir.circuit import FuncOp

TARGET = "the QIR base profile"
CALLS = {
    "h": "h__body",
    "x": "x__body",
    "y": "y__body",
    "z": "z__body",
    "s": "s__body",
    "sdg": "s__adj",
    "t": "t__body",
    "tdg": "t__adj",
    "rx": "rx__body",
    "ry": "ry__body",
    "rz": "rz__body",
    "cx": "cnot__body",
    "cz": "cz__body",
    "swap": "swap__body",
    "ccx": "ccx__body",
}
"""Primitive → function of the quantum instruction set, after `__quantum__qis__`."""
_PARAMETERS = {"rx": 1, "ry": 1, "rz": 1}
_QUBITS = {"cx": 2, "cz": 2, "swap": 2, "ccx": 3}
_ALLOWED = frozenset(CALLS)
_FLAGS = """
!llvm.module.flags = !{!0, !1, !2, !3}

!0 = !{i32 1, !"qir_major_version", i32 2}
!1 = !{i32 7, !"qir_minor_version", i32 0}
!2 = !{i32 1, !"dynamic_qubit_management", i1 false}
!3 = !{i32 1, !"dynamic_result_management", i1 false}
"""


def qir_text(func: FuncOp) -> str:
    """The LLVM text of a canonical circuit.

    Raises CannotWrite for what the base profile has not: anything after a measurement of the same qubit, `reset`,
    conditions, parameters.
    """
    program = structured(func, TARGET, Names(forbidden=frozenset()))
    writer = _Writer()
    for step in flat(program, TARGET):
        writer.step(step)
    results = {bit: number for number, bit in enumerate(writer.results)}
    by_register: dict[str, list[int]] = {}
    for name, index in results:
        by_register.setdefault(name, []).append(index)
    strings: list[str] = []
    records: list[str] = []

    def label(text: str) -> str:
        encoded = text.encode()
        plain = "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\' else f"\\{b:02X}" for b in encoded)
        strings.append(f'@{len(strings)} = internal constant [{len(encoded) + 1} x i8] c"{plain}\\00"')
        return f"ptr @{len(strings) - 1}"

    for name in (*program.bits, "unread"):
        indices = sorted(by_register.pop(name, ()))
        if indices:
            records.append(f"call void @__quantum__rt__array_record_output(i64 {len(indices)}, {label(name)})")
        for index in indices:
            target = f"{_pointer(results[name, index])}, {label(f'{name}[{index}]')}"
            records.append(f"call void @__quantum__rt__result_record_output({target})")
    measured = [
        f"call void @__quantum__qis__mz__body({_pointer(wire)}, {_pointer(results[bit])})"
        for bit, wire in writer.results.items()
    ]
    body = [line if line.startswith(";") else f"call void @__quantum__qis__{line}" for line in writer.lines]
    if writer.phase:
        body.append(f"; global phase: {angle_text(writer.phase)}")
    return _module(func.sym_name.data, program.size, len(results), strings, body, measured, records, writer.used)


def _module(
    name: str,
    qubits: int,
    results: int,
    strings: list[str],
    body: list[str],
    measured: list[str],
    records: list[str],
    used: set[str],
) -> str:
    clean = "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
    blocks = [
        f"define i64 @{clean}() #0 {{",
        "entry:",
        "  call void @__quantum__rt__initialize(ptr null)",
        "  br label %body",
        "",
        "body:",
        *(f"  {line}" for line in body),
        "  br label %measurements",
        "",
        "measurements:",
        *(f"  {line}" for line in measured),
        "  br label %output",
        "",
        "output:",
        *(f"  {line}" for line in records),
        "  ret i64 0",
        "}",
    ]
    declared = ["declare void @__quantum__rt__initialize(ptr)"]
    for gate in sorted(used):
        types = ["double"] * _PARAMETERS.get(gate, 0) + ["ptr"] * _QUBITS.get(gate, 1)
        declared.append(f"declare void @__quantum__qis__{CALLS[gate]}({', '.join(types)})")
    if measured:
        declared.append("declare void @__quantum__qis__mz__body(ptr, ptr writeonly) #1")
        declared.append("declare void @__quantum__rt__array_record_output(i64, ptr)")
        declared.append("declare void @__quantum__rt__result_record_output(ptr, ptr)")
    counts = f'"required_num_qubits"="{qubits}" "required_num_results"="{results}"'
    profile = '"entry_point" "output_labeling_schema"="labeled" "qir_profiles"="base_profile"'
    attributes = [
        f"attributes #0 = {{ {profile} {counts} }}",
        'attributes #1 = { "irreversible" }',
    ]
    parts = [f"; ModuleID = '{clean}'", "", *strings, "", *blocks, "", *declared, "", *attributes]
    return "\n".join(parts) + "\n" + _FLAGS


def _pointer(number: int) -> str:
    return "ptr null" if number == 0 else f"ptr inttoptr (i64 {number} to ptr)"


@dataclass(slots=True)
class _Writer:
    lines: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    measured: set[int] = field(default_factory=set)
    results: dict[tuple[str, int], int] = field(default_factory=dict)
    """Bit → the wire that it reads."""
    phase: float = 0.0

    def step(self, step: Step) -> None:
        if step.conditions or step.what == "assign":
            raise refuse(step, TARGET, "a condition" if step.conditions else "an assignment to a bit")
        again = [wire for wire in step.wires if wire in self.measured]
        match step.what:
            case "barrier":
                self.lines.append(f"; barrier {' '.join(map(str, step.wires))}")
            case "reset":
                if any(wire in self.touched for wire in step.wires):
                    raise refuse(step, TARGET, "a `reset` of a qubit in use")
            case "delay":
                raise refuse(step, TARGET, "a `delay`", "leave it out")
            case _ if again:
                what = "a second measurement" if step.what == "measure" else gate_words(step)
                raise refuse(step, TARGET, f"{what} after the measurement of its qubit", "measure at the end")
            case "measure":
                self.measured.update(step.wires)
                bits = step.bits or tuple(("unread", wire) for wire in step.wires)
                for bit, wire in zip(bits, step.wires, strict=True):
                    self.results.pop(bit, None)
                    self.results[bit] = wire
            case _:
                self.gate(step)
        if step.what not in ("barrier", "reset"):
            self.touched.update(step.wires)

    def gate(self, step: Step) -> None:
        try:
            for name, angles, wires in pieces(step.what, step.angles, step.wires, step.controls, _ALLOWED):
                self.piece(name, angles, wires)
        except TooManyControls:
            raise refuse(step, TARGET, f"a gate with controls on more than {MOST_WIRES} qubits") from None

    def piece(self, name: str, angles: tuple[float, ...], wires: tuple[int, ...]) -> None:
        if name == "gphase":
            self.phase += angles[0]
            return
        if name == "p":
            self.phase += angles[0] / 2
            name = "rz"
        self.used.add(name)
        operands = [f"double {float_text(angle)}" for angle in angles] + [_pointer(wire) for wire in wires]
        self.lines.append(f"{CALLS[name]}({', '.join(operands)})")
