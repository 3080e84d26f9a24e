"""Small Python functions at random, run by us and by Python itself.

Python runs the same text with another `ql`: registers are lists, a measured qubit is 0 or 1. What the function computes
ends in registers of bits.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

import qlang as ql
from qlang.backends.protocol import Request, SampleSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.authority import DEVELOPMENT
from qlang.compiler.driver import Options, compile_analysis
from qlang.ir.kernel import FuncOp

DATA = [3, -1, 4, 1, -5, 9]
PAIRS = [(0, 2), (1, -3), (5, 4)]
SCALES = [0.5, -1.25, 2.0]
WIDTH = 10
INTEGERS, FLOATS, TRUTHS, BITS = ("k0", "k1", "a"), ("f0", "x"), ("t0", "flag"), ("m0", "m1")
_HEAD = """
def program(a: int, x: float, flag: bool):
    q = ql.qubits(2)
    if flag:
        ql.x(q[0])
    if a % 3 == 1:
        ql.x(q[1])
    m0 = ql.measure(q[0])
    m1 = ql.measure(q[1])
    k0 = 1 + m0
    k1 = 7
    f0 = 0.75
    t0 = m1 == 1
    r0 = ql.bits(10)
    r1 = ql.bits(10)
    r2 = ql.bits(4)
"""
_TAIL = """
    for j in range(10):
        r0[j] = (k0 >> j) & 1 == 1
        r1[j] = (k1 >> j) & 1 == 1
    r2[0] = t0
    r2[1] = f0 > 0.5
    r2[2] = int(f0) % 2 == 1
    r2[3] = flag or a < 0
"""


@st.composite
def integers(draw: st.DrawFn, depth: int = 2) -> str:
    """An expression with a small integer value."""
    if depth == 0:
        names = [*INTEGERS, *BITS, "DATA[2]", "len(DATA)", "len(q)"]
        return draw(st.sampled_from([*names, "0", "1", "2", "3", "5", "-2", "11"]))
    left = draw(integers(depth - 1))
    match draw(st.integers(0, 11)):
        case 0 | 1 | 2 | 3:
            return f"({left} {draw(st.sampled_from('+-*&|^'))} {draw(integers(depth - 1))})"
        case 4:
            return (
                f"({left} {draw(st.sampled_from(['//', '%']))} {draw(st.sampled_from(['3', '-4', '7', '(2 + m0)']))})"
            )
        case 5:
            return f"({left} {draw(st.sampled_from(['** 2', '** 3', '<< 2', '>> 1', '>> 3', '<< m1', '** m0']))})"
        case 6:
            return f"({draw(st.sampled_from('-~+'))}({left} + 0))"
        case 7:
            return f"({left} if {draw(truths(depth - 1))} else {draw(integers(depth - 1))})"
        case 8:
            return f"{draw(st.sampled_from(['min', 'max']))}({left}, {draw(integers(depth - 1))})"
        case 9:
            return f"abs({left})"
        case 10:
            return f"DATA[({left}) % 6]"
        case _:
            return f"int({draw(floats(depth - 1))})"


@st.composite
def floats(draw: st.DrawFn, depth: int = 2) -> str:
    """An expression with a float value."""
    if depth == 0:
        return draw(st.sampled_from([*FLOATS, "0.5", "-1.5", "2.0", "SCALES[1]"]))
    left = draw(floats(depth - 1))
    match draw(st.integers(0, 5)):
        case 0 | 1:
            return f"({left} {draw(st.sampled_from('+-*'))} {draw(st.one_of(floats(depth - 1), integers(depth - 1)))})"
        case 2:
            return f"({draw(integers(depth - 1))} / {draw(st.sampled_from(['4', '-2.5', '(3 + m1)']))})"
        case 3:
            return f"(-{left})"
        case 4:
            return f"float({draw(integers(depth - 1))})"
        case _:
            return f"SCALES[({draw(integers(depth - 1))}) % 3]"


@st.composite
def truths(draw: st.DrawFn, depth: int = 2) -> str:
    """A condition."""
    if depth == 0:
        return draw(st.sampled_from([*TRUTHS, *BITS, "True", "False"]))
    match draw(st.integers(0, 7)):
        case 0 | 1:
            relation = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
            return f"({draw(integers(depth - 1))} {relation} {draw(st.one_of(integers(depth - 1), floats(depth - 1)))})"
        case 2:
            low, middle, high = (draw(integers(depth - 1)) for _ in range(3))
            return f"({low} < {middle} <= {high})"
        case 3 | 4:
            return f"({draw(truths(depth - 1))} {draw(st.sampled_from(['and', 'or']))} {draw(truths(depth - 1))})"
        case 5:
            return f"(not {draw(truths(depth - 1))})"
        case 6:
            return f"(k1 != 0 and {draw(integers(depth - 1))} // k1 > 0)"
        case _:
            return f"({draw(integers(depth - 1))} {draw(st.sampled_from(['in', 'not in']))} (1, 2, -3))"


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """What stands behind `if`: a number is true unless it is zero."""
    return draw(st.one_of(truths(), integers(1), floats(1)))


@st.composite
def statements(draw: st.DrawFn, depth: int, loops: int = 0) -> list[str]:
    """One statement, as lines."""
    simple = 7 if depth == 0 else 14
    match draw(st.integers(0, simple)):
        case 0 | 1:
            return [f"{draw(st.sampled_from(['k0', 'k1']))} = {draw(integers())} % 101 - 30"]
        case 2:
            return [f"f0 = {draw(floats())}", "if f0 > 50 or f0 < -50:", "    f0 = 0.25"]
        case 3:
            return [f"t0 = {draw(truths())}"]
        case 4:
            name = draw(st.sampled_from(["k0", "k1"]))
            operator = draw(st.sampled_from(["+=", "-=", "*=", "^=", "|="]))
            return [f"{name} {operator} {draw(integers(1))}", f"{name} %= 89"]
        case 5:
            return draw(
                st.sampled_from(
                    [
                        ["k0, k1 = k1, k0"],
                        ["k1 = (ones(q, 2) + k1) % 31"],
                        ["ql.x(q[k0 % 2])", "m0 = ql.measure(q[0])"],
                        ["if ql.measure(q[k1 % 2]) != flag:", "    ql.x(q[1])"],
                        ["t0 = k0 > 3 or a < 2", "m1 = t0"],
                    ]
                )
            )
        case 6 if loops:
            return [f"if {draw(truths(1))}:", f"    {draw(st.sampled_from(['break', 'continue']))}"]
        case 6 | 7:
            return [f"a -= {draw(st.integers(0, 3))}"]
        case 8 | 9:
            lines = [f"if {draw(conditions())}:", *draw(blocks(depth - 1, loops))]
            if draw(st.booleans()):
                lines += [f"elif {draw(truths())}:", *draw(blocks(depth - 1, loops))]
            if draw(st.booleans()):
                lines += ["else:", *draw(blocks(depth - 1, loops))]
            return lines
        case 10 | 11:
            name = f"i{draw(st.integers(0, 1))}"
            bounds = draw(st.sampled_from(["4", "1, 5", "3, -3, -2", "0, k1 % 5", "2, 2", "a % 4", "-2, 3, 1 + m0"]))
            head = [f"for {name} in range({bounds}):", f"    k0 = (k0 + {name} * 2) % 77"]
            return [*head, *draw(blocks(depth - 1, 1))]
        case 12:
            loop, use = draw(
                st.sampled_from(
                    [
                        ("for d in DATA:", "k1 = (k1 * d + 1) % 67"),
                        ("for u, v in PAIRS:", "k1 = (k1 + u * v) % 67"),
                        ("for n, s in enumerate(SCALES):", "f0 = s * n"),
                    ]
                )
            )
            return [loop, f"    {use}", *draw(blocks(depth - 1, 1))]
        case 13:
            return ["w = 0", f"while w < {draw(st.integers(0, 4))} and {draw(truths(1))}:", "    w += 1",
                    *draw(blocks(depth - 1, 1))]  # fmt: skip
        case _:
            lines = [f"match {draw(integers(1))} % 4:"]
            for label in draw(st.sampled_from([["0", "1 | 2"], ["3", "_"], ["-1 | 0", "2", "_"]])):
                lines += [f"    case {label}:", *(f"    {line}" for line in draw(blocks(depth - 1, 0)))]
            return lines


@st.composite
def blocks(draw: st.DrawFn, depth: int, loops: int) -> list[str]:
    """An indented block."""
    inner = draw(st.lists(statements(depth, loops), min_size=1, max_size=2))
    return [f"    {line}" for part in inner for line in part]


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a function `program(a, x, flag)`."""
    body = draw(st.lists(statements(2), min_size=1, max_size=4))
    return _HEAD + "".join(f"    {line}\n" for part in body for line in part) + _TAIL


_ONES = """
def ones(q: ql.Qubits, most: int) -> int:
    n = 0
    for qubit in q:
        if n == most:
            return most
        if ql.measure(qubit):
            n += 1
    return n
"""


class Registers:
    """`ql` in plain Python."""

    def __init__(self) -> None:
        self.bit_registers: list[list[int]] = []

    def namespace(self) -> SimpleNamespace:
        return SimpleNamespace(
            qubits=lambda n: [[0] for _ in range(n)], bits=self._bits, x=self._flip, measure=self._read
        )

    def _bits(self, size: int) -> list[int]:
        self.bit_registers.append([0] * size)
        return self.bit_registers[-1]

    def _flip(self, qubit: list[int]) -> None:
        qubit[0] ^= 1

    def _read(self, qubit: list[int]) -> int:
        return qubit[0]


def by_python(text: str, *arguments: object) -> dict[str, int]:
    """The registers after plain Python ran the text; raises what Python raises."""
    registers = Registers()
    names: dict[str, Any] = {"ql": registers.namespace(), "DATA": DATA, "PAIRS": PAIRS, "SCALES": SCALES}
    exec(_ONES + text, names)
    names["program"](*arguments)
    values = [sum(bool(bit) << k for k, bit in enumerate(bits)) for bits in registers.bit_registers]
    return {f"r{k}": value for k, value in enumerate(values)}


_serial = count()


def defined(text: str, filename: str = "", **names: object) -> Callable[..., Any]:
    """The last function of a text, as if it stood in a file."""
    filename = filename or f"<program {next(_serial)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    found: dict[str, Any] = {"ql": ql, "DATA": DATA, "PAIRS": PAIRS, "SCALES": SCALES, **names}
    exec(compile(text, filename, "exec"), found)
    function: Callable[..., Any] = [each for each in found.values() if hasattr(each, "__code__")][-1]
    return function


def registers_of(job: ql.Job) -> dict[str, dict[int, float]]:
    """The exact distribution of every bit register, straight from the reference executor."""
    compilation = compile_analysis(job.analysis, Options(seed=1), authority=DEVELOPMENT)
    assert compilation.ok, [(each.code, each.message()) for each in compilation.diagnostics]
    assert compilation.module is not None
    kernel = next(op for op in compilation.module.ops if isinstance(op, FuncOp))
    samples = tuple(SampleSpec(name, bits=name) for name in kernel.bit_registers)
    outcome = ReferenceBackend().execute(kernel, Request(samples=samples, seed=7))
    return {sample.label: dict(sample.probabilities or {}) for sample in outcome.samples}


@cache
def _ones() -> Any:
    return ql.circuit(defined(_ONES))


def by_us(text: str, *arguments: Any) -> dict[str, int]:
    """The registers after we ran the text."""
    circuit = ql.circuit(defined(text, ones=_ones()))
    found = registers_of(ql.job(circuit(*arguments)))
    values = {name: max(chances, key=lambda value: chances[value]) for name, chances in found.items()}
    assert all(abs(found[name][value] - 1) < 1e-9 for name, value in values.items())
    return {name: value for name, value in values.items() if name.startswith("r")}
