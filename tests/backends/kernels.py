"""Kernels for tests, written as text or packed from gates."""

from collections.abc import Iterable, Sequence
from typing import Any

from qlang.backends.protocol import Outcome, Request, SampleSpec, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.ir.gates import BY_NAME
from qlang.ir.kernel import FuncOp
from qlang.ir.packed import pack
from qlang.ir.text import parse_ir

Gate = tuple[str, tuple[int, ...], tuple[float, ...]]


def kernel(text: str) -> FuncOp:
    """The one function of a module."""
    module = parse_ir(f"builtin.module {{ {text} }}")
    module.verify()
    (func,) = module.body.block.ops
    assert isinstance(func, FuncOp)
    return func


def body(text: str, qubits: int, bits: dict[str, tuple[str, int]] | None = None) -> FuncOp:
    """A function around operations; `bits` gives the returned registers: name → (value, size)."""
    registers = bits or {}
    types = ", ".join(f"!circuit.bits<{size}>" for _, size in registers.values())
    values = ", ".join(value for value, _ in registers.values())
    names = ", ".join(f'"{name}"' for name in registers)
    end = f"kernel.return {values} : {types}" if registers else "kernel.return"
    arrow = f"-> ({types})" if registers else ""
    return kernel(
        f"kernel.func @f() {arrow} attributes {{qubits = {qubits} : i64, bits = [{names}]}} {{\n"
        "%c0 = arith.constant 0 : i64  %c1 = arith.constant 1 : i64  %c2 = arith.constant 2 : i64\n"
        f"%c5 = arith.constant 5 : i64\n{text}\n{end} }}"
    )


def packed(gates: Iterable[Gate], qubits: int, measured: Sequence[int] = ()) -> FuncOp:
    """A straight circuit, with the wires in `measured` read into register `c` at the end."""
    run = pack((BY_NAME[name].code, wires, parameters) for name, wires, parameters in gates)
    wires = ", ".join(map(str, measured))
    text = f"kernel.sweep {run}".replace("#circuit.gates", "")
    if not measured:
        return body(text, qubits)
    size = len(measured)
    return body(f"{text}\n%m = kernel.measure [{wires}] : !circuit.bits<{size}>", qubits, {"c": ("%m", size)})


def execute(func: FuncOp, **options: Any) -> Outcome:
    """Run on a fresh reference backend."""
    return ReferenceBackend().execute(func, Request(**options))


def statevector(func: FuncOp, parameters: tuple[float, ...] = ()) -> Any:
    """Final amplitudes."""
    wires = tuple(range(func.qubits))
    return execute(func, parameters=parameters, states=(StateSpec("s", wires),)).states["s"]


def histogram(func: FuncOp, register: str = "c", **options: Any) -> Any:
    """Probabilities or counts of a bit register."""
    (sample,) = execute(func, samples=(SampleSpec(register, bits=register),), **options).samples
    return sample.counts if sample.probabilities is None else sample.probabilities
