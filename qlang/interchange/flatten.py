"""Circuits without loops: one gate after the other, for targets that have no control flow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from xdsl.ir import Operation

from qlang.interchange.errors import CannotWrite
from qlang.interchange.expressions import NotKnown, Value, value_of, variables_of
from qlang.interchange.program import (
    Assign,
    Const,
    Declare,
    Element,
    Expr,
    For,
    Gate,
    Idle,
    If,
    Measure,
    Program,
    Run,
    Statement,
    Var,
    While,
    Wire,
)
from qlang.interchange.spelling import angle_text, modifiers
from qlang.ir.circuit import RunOp
from qlang.ir.gates import BY_CODE
from qlang.ir.spans import place_of

MOST_STEPS = 1 << 22
"""Most steps that loops are written out to."""


Conditions = tuple[tuple[Expr, bool], ...]
"""Expressions on measured bits, and whether each must hold; outermost first."""


@dataclass(frozen=True, slots=True)
class Step:
    """A gate, measurement, reset, barrier or delay on known wires; or a copy of bits."""

    what: str
    """Name of a primitive, `measure`, `reset`, `barrier`, `delay`, or `assign`."""
    wires: tuple[int, ...]
    angles: tuple[float, ...] = ()
    """Parameters of a gate; the seconds of a delay."""
    controls: str = ""
    bits: tuple[tuple[str, int], ...] = ()
    """Where the outcomes of a measurement go: register and index."""
    conditions: Conditions = ()
    assigned: Assign | None = None
    origin: Operation | None = field(default=None, compare=False)
    number: int = field(default=0, compare=False)
    """Which gate of its origin it is, where that is a packed run."""


def flat(program: Program, target: str) -> Iterator[Step]:
    """The steps of a circuit in order, loops written out, variables computed.

    Raises CannotWrite for a parameter without a value, a `while` on measured bits, and loops that are too long.
    """
    yield from Flattening(target, program).block(program.body, ())


@dataclass(slots=True)
class Flattening:
    """Follows a program, with the numbers that are known on the way."""

    target: str
    program: Program
    known: dict[str, Any] = field(default_factory=dict)
    """Numbers, and arrays as tuples of such, by variable."""
    steps: int = 0

    def refuse(self, statement: Statement, construct: str, instead: str = "") -> CannotWrite:
        place = place_of(statement.origin) if statement.origin is not None else None
        return CannotWrite(self.target, construct, instead, place=place)

    def number(self, expression: Expr, statement: Statement, what: str) -> Value:
        try:
            return value_of(expression, self.known)
        except NotKnown:
            names = sorted(variables_of(expression))
            parameters = {parameter.name for parameter in self.program.parameters}
            open_ones = [name for name in names if name in parameters]
            if open_ones:
                raise self.refuse(
                    statement, f"the parameter `{open_ones[0]}` without a value", "convert a job that gives it a value"
                ) from None
            raise self.refuse(statement, f"{what} that depends on a measurement") from None
        except (ArithmeticError, ValueError):
            raise self.refuse(statement, f"{what} without a value: the arithmetic has no result") from None

    def wires(self, wires: tuple[Wire, ...], statement: Statement) -> tuple[int, ...]:
        found = tuple(w if isinstance(w, int) else int(self.number(w, statement, "a wire")) for w in wires)
        if any(not 0 <= wire < self.program.size for wire in found):
            raise self.refuse(statement, "an index outside of its register")
        return found

    def count(self, statement: Statement, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise self.refuse(statement, f"a loop that is longer than {MOST_STEPS} steps when written out")

    def block(self, statements: tuple[Statement, ...], conditions: Conditions) -> Iterator[Step]:
        for statement in statements:
            match statement:
                case Run():
                    yield from self._run(statement, conditions)
                case For():
                    yield from self._for(statement, conditions)
                case If():
                    yield from self._if(statement, conditions)
                case While():
                    yield from self._while(statement, conditions)
                case Declare(variable=variable, value=value):
                    yield from self._store(variable, value, statement, conditions)
                case Assign(target=Var() as variable, value=value) if variable.name not in self.program.bits:
                    yield from self._store(variable, value, statement, conditions)
                case Assign(target=Element(register=Var(kind="array") as array, index=index), value=value):
                    self._store_item(array, index, value)
                case Assign(target=target):
                    register = target if isinstance(target, Var) else target.register
                    if isinstance(target, Var):
                        self.known.pop(target.name, None)
                    elif isinstance(register, Var):
                        yield from self._written(register, conditions)
                    yield Step("assign", (), conditions=conditions, assigned=statement, origin=statement.origin)
                case _:
                    if isinstance(statement, Measure) and statement.register is not None:
                        yield from self._written(statement.register, conditions)
                    yield self._step(statement, conditions)

    def _step(self, statement: Gate | Measure | Idle, conditions: Conditions) -> Step:
        self.count(statement)
        wires = self.wires(statement.wires, statement)
        match statement:
            case Gate(name=name, angles=angles, controls=controls):
                if len(set(wires)) < len(wires):
                    raise self.refuse(statement, f"`{name}` with the same qubit twice")
                numbers = tuple(float(self.number(angle, statement, "an angle")) for angle in angles)
                return Step(name, wires, numbers, controls, conditions=conditions, origin=statement.origin)
            case Measure(register=register, first=first):
                bits: tuple[tuple[str, int], ...] = ()
                if register is not None:
                    start = int(self.number(first, statement, "the index of a bit"))
                    bits = tuple((register.name, start + k) for k in range(len(wires)))
                return Step("measure", wires, bits=bits, conditions=conditions, origin=statement.origin)
            case Idle(what=what, seconds=seconds):
                lasts = () if seconds is None else (float(self.number(seconds, statement, "a duration")),)
                return Step(what, wires, lasts, conditions=conditions, origin=statement.origin)

    def _run(self, run: Run, conditions: Conditions) -> Iterator[Step]:
        self.count(run, len(run.gates))
        origin = run.origin
        for number, (code, wires, angles) in enumerate(run.gates.gates()):
            yield Step(BY_CODE[code].name, wires, angles, "", (), conditions, None, origin, number)

    def _for(self, loop: For, conditions: Conditions) -> Iterator[Step]:
        for body in self.iterations(loop):
            yield from self.block(body, conditions)

    def iterations(self, loop: For) -> Iterator[tuple[Statement, ...]]:
        """The body once for each turn, with the loop's variable known."""
        first, stop, step = (
            int(self.number(each, loop, "the range of a loop")) for each in (loop.first, loop.stop, loop.step)
        )
        turns = range(first, stop, step)
        if turns and (turns[-1] - turns[0]) // step >= MOST_STEPS:
            raise self.refuse(loop, f"a loop that is longer than {MOST_STEPS} steps when written out")
        for value in turns:
            self.count(loop)
            self.known[loop.variable.name] = value
            yield loop.body

    def _if(self, branch: If, conditions: Conditions) -> Iterator[Step]:
        for body, further in self.branches(branch):
            yield from self.block(body, (*conditions, *further))

    def branches(self, branch: If) -> Iterator[tuple[tuple[Statement, ...], Conditions]]:
        """The branch that is taken, or both with their condition; what they set differently is unknown then."""
        try:
            yield (branch.then if value_of(branch.condition, self.known) else branch.otherwise), ()
        except NotKnown:
            before = dict(self.known)
            yield branch.then, ((branch.condition, True),)
            after, self.known = self.known, before
            yield branch.otherwise, ((branch.condition, False),)
            self.known = {name: value for name, value in self.known.items() if after.get(name) == value}

    def _while(self, loop: While, conditions: Conditions) -> Iterator[Step]:
        for body in self.turns(loop):
            yield from self.block(body, conditions)

    def turns(self, loop: While) -> Iterator[tuple[Statement, ...]]:
        """The body as often as its condition holds, which must be known."""
        while True:
            try:
                goes_on = value_of(loop.condition, self.known)
            except NotKnown:
                raise self.refuse(loop, "a `while` on measured bits") from None
            if not goes_on:
                return
            self.count(loop)
            yield loop.body

    def _store(
        self, variable: Var, value: Expr | None, statement: Declare | Assign, conditions: Conditions
    ) -> Iterator[Step]:
        """Keep a number; what depends on bits is passed on, for some targets can say it."""
        if value is None:
            self.known.pop(variable.name, None)
            return
        try:
            self.known[variable.name] = value_of(value, self.known)
        except NotKnown:
            self.known.pop(variable.name, None)
            made = Assign(variable, value, statement.origin)
            yield Step("assign", (), conditions=conditions, assigned=made, origin=statement.origin)

    def _store_item(self, array: Var, index: Expr, value: Expr) -> None:
        """Keep an array whose elements are known; any other is unknown from here on."""
        try:
            place, item = int(value_of(index, self.known)), value_of(value, self.known)
        except NotKnown:
            self.known.pop(array.name, None)
            return
        values = self.known.pop(array.name, None)
        if isinstance(values, tuple) and -len(values) <= place < len(values):
            place %= len(values)
            self.known[array.name] = (*values[:place], item, *values[place + 1 :])

    def _written(self, register: Var, conditions: Conditions) -> Iterator[Step]:
        """Before bits of a register get values that are not known: the rest of a known one must be said."""
        known = self.known.pop(register.name, 0)
        if known and not isinstance(known, tuple):
            made = Assign(register, Const(known, "bits", register.size))
            yield Step("assign", (), conditions=conditions, assigned=made)


def gate_words(step: Step) -> str:
    """A gate with its angles, as a message names it."""
    angles = f"({', '.join(map(angle_text, step.angles))})" if step.angles else ""
    return f"`{modifiers(step.controls)}{step.what}{angles}`"


def refuse(step: Step, target: str, construct: str, instead: str = "") -> CannotWrite:
    """The refusal of a step, at its place."""
    origin = step.origin
    place = place_of(origin) if origin is not None else None
    offsets = origin.gate_spans()[step.number] if isinstance(origin, RunOp) and origin.spans is not None else None
    return CannotWrite(target, construct, instead, place=place, offsets=offsets)
