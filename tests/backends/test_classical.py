"""Loops, conditions, arithmetic and bit registers inside kernels."""

import math

import numpy as np
import pytest
from kernels import body, execute, histogram, kernel, statevector
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qlang.backends import errors
from qlang.backends.protocol import Request, SampleSpec
from qlang.backends.reference import ReferenceBackend

LOOP = """
scf.for %i = %c0 to %c5 step %c1 : i64 {
  %x = arith.sitofp %i : i64 to f64
  kernel.gate "ry" (%x) [%i]
  scf.for %j = %c0 to %i step %c2 : i64 { kernel.gate "cx" () [%i, %j] }
}
kernel.each "h" () [0, %c2]
"""


def test_nested_loops_with_computed_wires_and_angles() -> None:
    circuit = QuantumCircuit(5)
    for i in range(5):
        circuit.ry(float(i), i)
        for j in range(0, i, 2):
            circuit.cx(i, j)
    circuit.h(0)
    circuit.h(2)
    np.testing.assert_allclose(statevector(body(LOOP, 5)), Statevector(circuit).data, atol=1e-13)


def test_parameters_and_loop_carried_values() -> None:
    func = kernel("""kernel.func @f(%a: f64, %b: f64) attributes {qubits = 1 : i64, parameters = ["a", "b"]} {
      %c0 = arith.constant 0 : i64  %c1 = arith.constant 1 : i64  %c4 = arith.constant 4 : i64
      %s:2 = scf.for %i = %c0 to %c4 step %c1 iter_args(%x = %a, %y = %b) -> (f64, f64) : i64 {
        %z = arith.addf %x, %y : f64
        scf.yield %y, %z : f64, f64
      }
      kernel.gate "ry" (%s#1) [0]
      kernel.return
    }""")
    a, b = 0.1, 0.2
    for _ in range(4):
        a, b = b, a + b
    amplitudes = statevector(func, (0.1, 0.2))
    np.testing.assert_allclose(amplitudes, [math.cos(b / 2), math.sin(b / 2)], atol=1e-15)
    with pytest.raises(errors.BadRequest):
        statevector(func, (0.1,))


HALF = 1 << 63
ARITHMETIC = [
    ("arith.addi", (HALF - 1, 1), -HALF),
    ("arith.subi", (-HALF, 1), HALF - 1),
    ("arith.muli", (1 << 62, 2), -HALF),
    ("arith.divsi", (-7, 2), -3),
    ("arith.floordivsi", (-7, 2), -4),
    ("arith.remsi", (-7, 2), -1),
    ("arith.divui", (-1, 2), HALF - 1),
    ("arith.remui", (-1, 10), 5),
    ("arith.andi", (-2, 7), 6),
    ("arith.ori", (8, 1), 9),
    ("arith.xori", (5, 1), 4),
    ("arith.shli", (1, 63), -HALF),
    ("arith.shrsi", (-8, 1), -4),
    ("arith.shrui", (-1, 60), 15),
    ("arith.minsi", (-1, 1), -1),
    ("arith.maxui", (-1, 1), -1),
]


def _as_bits(value: int) -> int:
    return value % (1 << 64)


@pytest.mark.parametrize(("name", "operands", "expected"), ARITHMETIC)
def test_integers_wrap_as_two_s_complement(name: str, operands: tuple[int, int], expected: int) -> None:
    func = body(
        f"%a = arith.constant {operands[0]} : i64  %b = arith.constant {operands[1]} : i64\n"
        f"%r = {name} %a, %b : i64  %m = circuit.int_to_bits %r : i64 -> !circuit.bits<64>",
        1,
        {"c": ("%m", 64)},
    )
    assert histogram(func) == {_as_bits(expected): 1.0}


COMPARISONS = [
    (predicate, a, b, expected)
    for a, b in [(-1, 1), (3, 3), (2, -5)]
    for predicate, expected in {
        "eq": a == b,
        "ne": a != b,
        "slt": a < b,
        "sle": a <= b,
        "sgt": a > b,
        "sge": a >= b,
        "ult": _as_bits(a) < _as_bits(b),
        "ule": _as_bits(a) <= _as_bits(b),
        "ugt": _as_bits(a) > _as_bits(b),
        "uge": _as_bits(a) >= _as_bits(b),
    }.items()
]


@pytest.mark.parametrize(("predicate", "a", "b", "expected"), COMPARISONS)
def test_comparisons(predicate: str, a: int, b: int, expected: bool) -> None:
    func = body(
        f"%a = arith.constant {a} : i64  %b = arith.constant {b} : i64\n"
        f"%r = arith.cmpi {predicate}, %a, %b : i64\n"
        "%z = circuit.bits_constant 0 : i64 : !circuit.bits<1>\n"
        "%m = circuit.bits_set %z[%c0] = %r : !circuit.bits<1>",
        1,
        {"c": ("%m", 1)},
    )
    assert histogram(func) == {int(expected): 1.0}


FLOATS = [
    ("arith.addf %a, %b : f64", 3.5),
    ("arith.divf %a, %b : f64", 1 / 2.5),
    ("arith.negf %b : f64", -2.5),
    ("math.sin %b : f64", math.sin(2.5)),
    ("math.powf %b, %b : f64", 2.5**2.5),
    ("math.sqrt %b : f64", math.sqrt(2.5)),
    ("math.floor %b : f64", 2.0),
    ("math.ceil %b : f64", 3.0),
    ("math.absf %b : f64", 2.5),
    ("math.log %b : f64", math.log(2.5)),
    ("arith.select %t, %a, %b : f64", 1.0),
    ("arith.select %f, %a, %b : f64", 2.5),
    ("arith.uitofp %t : i1 to f64", 1.0),
    ("arith.sitofp %t : i1 to f64", -1.0),
]


@pytest.mark.parametrize(("operation", "expected"), FLOATS)
def test_floats(operation: str, expected: float) -> None:
    func = body(
        "%a = arith.constant 1.0 : f64  %b = arith.constant 2.5 : f64\n"
        "%t = arith.constant true  %f = arith.constant false\n"
        f'%r = {operation}\nkernel.gate "p" (%r) [0]  kernel.gate "gphase" (%r) []',
        1,
    )
    amplitude = statevector(func)[0]
    np.testing.assert_allclose(amplitude, np.exp(1j * expected), atol=1e-14)


def test_integers_become_floats_and_back() -> None:
    func = body(
        "%a = arith.constant -2.75 : f64  %i = arith.fptosi %a : f64 to i64  %n = arith.subi %c0, %i : i64\n"
        "%m = circuit.int_to_bits %n : i64 -> !circuit.bits<4>",
        1,
        {"c": ("%m", 4)},
    )
    assert histogram(func) == {2: 1.0}


REGISTERS = """
%z = circuit.bits_constant 10 : i64 : !circuit.bits<4>
%low = circuit.bits_extract %z[%c1] : !circuit.bits<4> -> !circuit.bits<2>
%n = circuit.bits_to_int %low false : !circuit.bits<2> -> i64
%s = circuit.bits_to_int %z true : !circuit.bits<4> -> i64
%sum = arith.addi %n, %s : i64
%sb = circuit.int_to_bits %sum : i64 -> !circuit.bits<4>
%w = circuit.bits_insert %sb[%c2] = %low : !circuit.bits<4>, !circuit.bits<2>
"""


def test_registers_move_bits_and_numbers() -> None:
    # z = 1010 in binary, low = 01 = 1, signed z = −6, sum = −5 = 1011, then bits 2 and 3 replaced by 01
    assert histogram(body(REGISTERS, 1, {"c": ("%w", 4)})) == {0b0111: 1.0}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("%r = arith.divsi %c1, %c0 : i64", errors.BadArithmetic),
        ("%x = arith.constant -1.0 : f64  %r = math.sqrt %x : f64", errors.BadArithmetic),
        ('kernel.gate "cx" () [%c1, 1]', errors.BadWires),
        ('kernel.gate "x" () [%c5]', errors.BadWires),
        ('kernel.gate "cx" () [1, 1]', errors.BadWires),
        ("kernel.sweep <cx 0 0>", errors.BadWires),
        ("kernel.sweep <h 7>", errors.BadWires),
        ('kernel.gate "cnot" () [0, 1]', errors.UnsupportedOperation),
        ("%z = circuit.bits_constant 0 : i64 : !circuit.bits<2>  %b = circuit.bits_get %z[%c5] : !circuit.bits<2>",
         errors.BadBitIndex),
        ("scf.for %i = %c0 to %c1 step %c0 : i64 { }", errors.BadLoop),
    ],
)  # fmt: skip
def test_mistakes_at_run_time_are_typed(text: str, error: type[errors.BackendError]) -> None:
    with pytest.raises(error):
        execute(body(text, 2), settings=("ZZ",))


def test_an_operation_without_handler_is_named() -> None:
    with pytest.raises(errors.UnsupportedOperation, match=r"circuit\.alloc"):
        execute(body("%q = circuit.alloc : !circuit.reg<2>", 2), settings=("ZZ",))


def test_what_is_too_large_is_refused_with_what_fits() -> None:
    backend = ReferenceBackend(memory_limit=48 << 4)
    with pytest.raises(errors.TooLarge) as caught:
        backend.execute(body("kernel.sweep <h 0>", 30), Request(samples=(SampleSpec("q", (0,)),)))
    assert (caught.value.qubits, caught.value.fits) == (30, 4)
    backend.execute(body("kernel.sweep <h 0>", 4), Request(samples=(SampleSpec("q", (0,)),)))
