"""Random programs of control flow over qubits that hold 0 or 1, and what they do, by an interpreter of its own.

A program is a tree of tuples. `text` writes it in OpenQASM 3; `run` executes it on a list of bits. The two share
nothing with the compiler. Gates are X alone, so that every measurement has one outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

QUBITS = 3
VARIABLES = ("u", "v", "w")
"""Integers. `w` follows from measurements only by assignments of the program."""
MODULUS = 4

Node = tuple[Any, ...]


@dataclass
class Writer:
    """Draws programs."""

    random: Random
    left: int = 14
    """Statements that may still be written in a body."""

    def program(self) -> dict[str, list[Node]]:
        """The bodies of two subroutines and of the circuit."""
        found = {}
        for name, names, depth in (("f", ("u", "v", "p"), 2), ("g", ("u", "v", "p"), 1), ("main", VARIABLES, 3)):
            self.left = 4 + 6 * depth
            found[name] = self.body(names, depth, loop=False, subroutine=name != "main")
        return found

    def value(self, names: Sequence[str], leaf: bool = False) -> Node:
        """A number, a variable, a bit, or a sum of two of these."""
        match self.random.randrange(3 if leaf else 4):
            case 0:
                return "number", self.random.randrange(4)
            case 1:
                return "name", self.random.choice(names)
            case 2:
                return "bit", self.random.randrange(QUBITS)
            case _:
                return "sum", self.value(names, True), self.value(names, True)

    def condition(self, names: Sequence[str]) -> Node:
        """A comparison, or a bit."""
        if self.random.randrange(2):
            return "bit", self.random.randrange(QUBITS)
        return self.random.choice(["==", "!=", "<"]), self.value(names), self.random.randrange(4)

    def body(self, names: Sequence[str], depth: int, loop: bool, subroutine: bool) -> list[Node]:
        """Statements; `loop` where a `break` may stand."""
        count = self.random.randint(1, 5)
        return [self.statement(names, depth, loop, subroutine) for _ in range(count) if self.left > 0] or [
            ("flip", ("number", 0))
        ]

    def statement(self, names: Sequence[str], depth: int, loop: bool, subroutine: bool) -> Node:
        """One statement with all that is in it."""
        self.left -= 1
        kind = self.random.choice(_SIMPLE + _JUMPS * 2 + (_NESTED * 3 if depth and self.left > 0 else ()))
        wire, target = self.random.randrange(QUBITS), self.random.choice([n for n in names if n in VARIABLES])
        if (kind in ("break", "continue") and not loop) or (kind == "return" and not subroutine):
            kind = "measure"
        if subroutine and kind in ("call", "callsum"):
            kind = "measure"
        if kind == "end" and self.random.randrange(3):
            kind = "flip"
        match kind:
            case "flip":
                return "flip", self.value(names)
            case "measure":
                return "measure", self.random.randrange(QUBITS), wire
            case "reset":
                return "reset", wire
            case "set":
                return "set", target, self.value(names)
            case "call":
                return "call", target, self.random.choice("fg"), self.value(names)
            case "callsum":
                return "callsum", target, self.value(names), self.value(names)
            case "return":
                return "return", self.value(names)
            case "break" | "continue" | "end":
                return (kind,)
        return self.nested(kind, names, depth, loop, subroutine)

    def nested(self, kind: str, names: Sequence[str], depth: int, loop: bool, subroutine: bool) -> Node:
        """A statement with statements in it."""
        counter = f"i{depth}"

        def inner(in_loop: bool = loop, *more: str) -> list[Node]:
            return self.body([*names, *more], depth - 1, in_loop, subroutine)

        match kind:
            case "if":
                return "if", self.condition(names), inner(), inner() if self.random.randrange(2) else None
            case "range":
                step = self.random.choice([1, 1, 2, -1])
                return "range", counter, self.value(names), step, self.value(names), inner(True, counter)
            case "listed":
                values = [self.random.randrange(4) for _ in range(self.random.randint(1, 3))]
                return "listed", counter, values, inner(True, counter)
            case "while":
                return "while", f"n{self.random.randrange(10**6)}", self.condition(names), inner(True)
            case _:
                values = self.random.sample(range(4), self.random.randrange(3))
                return "switch", self.value(names), [(value, inner()) for value in values], inner()


_SIMPLE = ("flip", "flip", "measure", "measure", "set", "reset", "call", "callsum")
_JUMPS = ("break", "continue", "return", "end")
_NESTED = ("if", "if", "range", "listed", "while", "switch")


def program(seed: int) -> dict[str, list[Node]]:
    """The program of a seed."""
    return Writer(Random(seed)).program()


def _write_expression(node: Node) -> str:
    match node:
        case ("number", value):
            return str(value)
        case ("name", name):
            return str(name)
        case ("bit", index):
            return f"int(m[{index}])"
        case ("sum", left, right):
            return f"(({_write_expression(left)} + {_write_expression(right)}) % {MODULUS})"
    raise ValueError(node)


def _write_condition(node: Node) -> str:
    if node[0] == "bit":
        return f"m[{node[1]}]"
    return f"{_write_expression(node[1])} {node[0]} {node[2]}"


def _write(node: Node) -> str:
    match node:
        case ("flip", ("number", index)):
            return f"x q[{index % QUBITS}];"
        case ("flip", index):
            return f"x q[{_write_expression(index)} % {QUBITS}];"
        case ("measure", bit, wire):
            return f"m[{bit}] = measure q[{wire}];"
        case ("set", name, value):
            return f"{name} = {_write_expression(value)};"
        case ("reset", wire):
            return f"reset q[{wire}];"
        case ("end" | "break" | "continue" as jump,):
            return f"{jump};"
        case ("return", value):
            return f"return {_write_expression(value)};"
        case ("call", name, callee, value):
            return f"{name} = {callee}(q, {_write_expression(value)});"
        case ("callsum", name, left, right):
            return f"{name} = (f(q, {_write_expression(left)}) + g(q, {_write_expression(right)})) % {MODULUS};"
        case ("if", condition, then, otherwise):
            rest = "" if otherwise is None else f" else {_block(otherwise)}"
            return f"if ({_write_condition(condition)}) {_block(then)}{rest}"
        case ("range", counter, first, step, last, body):
            whole = f"[{_write_expression(first)}:{step}:{_write_expression(last)}]"
            return f"for int {counter} in {whole} {_block(body)}"
        case ("listed", counter, values, body):
            return f"for int {counter} in {{{', '.join(map(str, values))}}} {_block(body)}"
        case ("while", counter, condition, body):
            test = f"{counter} < 3 && ({_write_condition(condition)})"
            return f"int {counter} = 0; while ({test}) {{ {counter} += 1; {_block(body)} }}"
        case ("switch", subject, cases, default):
            written = " ".join(f"case {value} {_block(body)}" for value, body in cases)
            return f"switch ({_write_expression(subject)}) {{ {written} default {_block(default)} }}"
    raise ValueError(node)


def _block(statements: Sequence[Node]) -> str:
    scoped = " ".join(_write(node) for node in statements)
    return f"{{ {scoped} }}"


def text(program: dict[str, list[Node]]) -> str:
    """The program in OpenQASM 3; its bits are `m`, its integers `r`."""
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";']
    for name in ("f", "g"):
        body = " ".join(_write(node) for node in program[name])
        locals_ = f"int u = 0; int v = 1; bit[{QUBITS}] m;"
        lines.append(f"def {name}(qubit[{QUBITS}] q, int p) -> int {{ {locals_} {body} return u; }}")
    lines.append(f"qubit[{QUBITS}] q; bit[{QUBITS}] m; bit[6] r; int u = 0; int v = 1; int w = 2;")
    lines += [_write(node) for node in program["main"]]
    lines.append("r[0:1] = bit[2](uint[2](u)); r[2:3] = bit[2](uint[2](v)); r[4:5] = bit[2](uint[2](w));")
    return "\n".join(lines) + "\n"


class _Jump(Exception):
    def __init__(self, kind: str, value: int = 0) -> None:
        super().__init__(kind)
        self.kind, self.value = kind, value


@dataclass
class Interpreter:
    """What a program does to qubits that hold bits."""

    program: dict[str, list[Node]]
    qubits: list[int] = field(default_factory=lambda: [0] * QUBITS)
    bits: list[int] = field(default_factory=lambda: [0] * QUBITS)
    registers: int = 0
    flips: int = 0
    """How many gates ran."""

    def run(self) -> tuple[int, int, int]:
        """The qubits, the bits `m` and the register `r` at the end, bit 0 first."""
        names = {"u": 0, "v": 1, "w": 2}
        try:
            self._body(self.program["main"], names, self.bits)
            self.registers = sum((names[name] % 4) << 2 * place for place, name in enumerate(VARIABLES))
        except _Jump as jump:
            assert jump.kind == "end"
        return _number(self.qubits), _number(self.bits), self.registers

    def _value(self, node: Node, names: dict[str, int], bits: list[int]) -> int:
        match node:
            case ("number", value):
                return int(value)
            case ("name", name):
                return names[name]
            case ("bit", index):
                return bits[index]
            case ("sum", left, right):
                return (self._value(left, names, bits) + self._value(right, names, bits)) % MODULUS
        raise ValueError(node)

    def _holds(self, node: Node, names: dict[str, int], bits: list[int]) -> bool:
        if node[0] == "bit":
            return bool(bits[node[1]])
        left, right = self._value(node[1], names, bits), node[2]
        return {"==": left == right, "!=": left != right, "<": left < right}[node[0]]

    def _call(self, name: str, argument: int) -> int:
        names = {"u": 0, "v": 1, "p": argument}
        try:
            self._body(self.program[name], names, [0] * QUBITS)
        except _Jump as jump:
            if jump.kind == "return":
                return jump.value
            raise
        return names["u"]

    def _body(self, statements: Sequence[Node], names: dict[str, int], bits: list[int]) -> None:
        for node in statements:
            self._statement(node, names, bits)

    def _statement(self, node: Node, names: dict[str, int], bits: list[int]) -> None:
        match node:
            case ("flip", index):
                self.flips += 1
                self.qubits[self._value(index, names, bits) % QUBITS] ^= 1
            case ("measure", bit, wire):
                bits[bit] = self.qubits[wire]
            case ("set", name, value):
                names[name] = self._value(value, names, bits)
            case ("reset", wire):
                self.qubits[wire] = 0
            case ("end" | "break" | "continue" as jump,):
                raise _Jump(jump)
            case ("return", value):
                raise _Jump("return", self._value(value, names, bits))
            case ("call", name, callee, value):
                names[name] = self._call(callee, self._value(value, names, bits))
            case ("callsum", name, left, right):
                first = self._call("f", self._value(left, names, bits))
                names[name] = (first + self._call("g", self._value(right, names, bits))) % MODULUS
            case ("if", condition, then, otherwise):
                self._body(then if self._holds(condition, names, bits) else otherwise or [], names, bits)
            case ("range", counter, first, step, last, body):
                start, stop = self._value(first, names, bits), self._value(last, names, bits)
                self._loop(range(start, stop + (1 if step > 0 else -1), step), counter, body, names, bits)
            case ("listed", counter, values, body):
                self._loop(values, counter, body, names, bits)
            case ("while", _, condition, body):
                for _ in range(3):
                    if not self._holds(condition, names, bits) or not self._iteration(body, names, bits):
                        break
            case ("switch", subject, cases, default):
                chosen = dict(cases).get(self._value(subject, names, bits), default)
                self._body(chosen, names, bits)

    def _loop(
        self, values: Sequence[int], counter: str, body: Sequence[Node], names: dict[str, int], bits: list[int]
    ) -> None:
        for value in values:
            if not self._iteration(body, names, bits, **{counter: value}):
                return

    def _iteration(self, body: Sequence[Node], names: dict[str, int], bits: list[int], **more: int) -> bool:
        """Whether the loop goes on."""
        names.update(more)
        try:
            self._body(body, names, bits)
        except _Jump as jump:
            if jump.kind not in ("break", "continue"):
                raise
            return jump.kind == "continue"
        return True


def _number(bits: Sequence[int]) -> int:
    return sum(bit << place for place, bit in enumerate(bits))
