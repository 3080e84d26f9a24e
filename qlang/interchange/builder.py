"""Variables for SSA values: where each value lives, and when a variable may be overwritten.

A bit register that is changed stays in one variable as long as nobody reads its former value; otherwise the change
is made on a copy. So a value never moves, and branches need no repair. Values that are used once are written where
they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xdsl.dialects import scf
from xdsl.dialects.builtin import IntegerType, f64, i64
from xdsl.ir import Block, Operation, SSAValue

from qlang.interchange import operators
from qlang.interchange.errors import CannotWrite
from qlang.interchange.expressions import operators_in, variables_of
from qlang.interchange.liveness import Liveness
from qlang.interchange.names import Names
from qlang.interchange.program import Assign, Call, Const, Declare, Expr, Kind, Statement, Table, Var
from qlang.ir import bits, circuit
from qlang.ir.arrays import ArraySetOp, ArrayType
from qlang.ir.spans import place_of

LARGEST_INLINE = 24
"""Operators of the largest expression that is written in one piece."""

Handler = Callable[["Builder", Operation, list[Statement]], None]
"""Appends the statements of an operation."""


def kind_of(value: SSAValue) -> Kind:
    """The kind of variable that holds a value."""
    match value.type:
        case circuit.BitsType():
            return "bits"
        case IntegerType(width=width) if width.data == 1:
            return "bool"
        case IntegerType():
            return "int"
        case ArrayType():
            return "array"
        case _:
            return "float"


def size_of(value: SSAValue) -> int:
    """Bits of a register, elements of an array, else 0."""
    match value.type:
        case circuit.BitsType(size=size):
            return size.data
        case ArrayType() as array:
            return array.shape[0]
        case _:
            return 0


def variable_for(name: str, value: SSAValue) -> Var:
    """A variable with the type of a value."""
    if isinstance(value.type, ArrayType):
        return Var(name, "array", size_of(value), "float" if value.type.element == f64 else "int")
    return Var(name, kind_of(value), size_of(value))


def speakable(value: SSAValue) -> bool:
    """Whether a value's type has a name here: numbers of one word, arrays of such with one dimension."""
    match value.type:
        case IntegerType(width=width):
            return width.data in (1, 64)
        case ArrayType(element=element) as array:
            return len(array.shape) == 1 and element in (f64, i64)
        case _:
            return True


@dataclass(slots=True)
class Builder:
    """What is known while statements are made from operations."""

    target: str
    names: Names
    liveness: Liveness
    handlers: Mapping[type[Operation], Handler]
    location: dict[SSAValue, Expr] = field(default_factory=dict)
    """Where each value can be read; never changes once set."""
    readers: dict[str, set[SSAValue]] = field(default_factory=dict)
    """Variable → the values that are read from it."""
    preferred: dict[SSAValue, str] = field(default_factory=dict)
    """Value → the output register or loop variable that it becomes in the end."""
    sizes: dict[str, int] = field(default_factory=dict)
    visible: list[set[str]] = field(default_factory=list)
    """Variables of the open blocks, outermost first."""
    borrowed: list[list[tuple[SSAValue, Expr]]] = field(default_factory=list)
    """Values that are read from a variable of an open block, with where they were read from before."""
    written: set[str] = field(default_factory=set)
    loops: int = 0
    now: int = 0
    """Position of the operation that is being written."""

    def refuse(self, op: Operation, construct: str, instead: str = "") -> CannotWrite:
        return CannotWrite(self.target, construct, instead, place=place_of(op))

    def prefer(self, name: str, value: SSAValue) -> None:
        """Follow a value back to where it starts, for it should live in the variable `name` all the way."""
        waiting = [value]
        while waiting:
            value = waiting.pop()
            if value in self.preferred or not isinstance(value.type, circuit.BitsType | ArrayType):
                continue
            self.preferred[value] = name
            owner = value.owner
            if isinstance(owner, Block):
                loop = owner.parent_op()
                if isinstance(loop, scf.ForOp):
                    waiting.append(loop.iter_args[owner.args.index(value) - 1])
                elif isinstance(loop, scf.WhileOp):
                    waiting.append(loop.arguments[owner.args.index(value)])
            elif isinstance(owner, (bits.BitsSetOp, bits.BitsInsertOp)):
                waiting.append(owner.bits)
            elif isinstance(owner, ArraySetOp):
                waiting.append(owner.array)
            elif isinstance(owner, (scf.IfOp, scf.ForOp, scf.WhileOp)):
                index = owner.results.index(value)
                ends = [region.block.last_op for region in owner.regions if region.blocks]
                waiting.extend(
                    end.operands[index + isinstance(end, scf.ConditionOp)]
                    for end in ends
                    if end is not None and len(end.operands) > index
                )

    def block(self, block: Block) -> list[Statement]:
        """The statements of a block, up to its terminator."""
        out: list[Statement] = []
        self.visible.append(set())
        self.borrowed.append([])
        for op in block.ops:
            self.now = self.liveness.position[op]
            if not all(map(speakable, op.results)):
                raise self.refuse(op, "integers of more than 64 bits, or arrays of several dimensions")
            handler = self.handlers.get(type(op))
            if handler is not None:
                handler(self, op, out)
            elif type(op) in operators.OF_OPERATION:
                self.settle(op.results[0], self.operator(op), out)
            else:
                raise self.refuse(op, f"`{op.name}`")
        self.visible.pop()
        for value, expression in reversed(self.borrowed.pop()):
            self.location[value] = expression
        return out

    def borrow(self, value: SSAValue, variable: Var) -> None:
        """Read a value from a variable until the block ends that declares it; the value may be older."""
        self.borrowed[-1].append((value, self.location[value]))
        self.location[value] = variable

    def read(self, value: SSAValue) -> Expr:
        return self.location[value]

    def put(self, value: SSAValue, expression: Expr) -> None:
        """Fix where a value is read from now on."""
        self.location[value] = expression
        for name in variables_of(expression):
            self.readers.setdefault(name, set()).add(value)

    def settle(self, value: SSAValue, expression: Expr, out: list[Statement]) -> None:
        """A computed value: kept as an expression where that is short or used once, else in a variable."""
        often = isinstance(expression, Call) and value.uses.get_length() > 1
        if often or operators_in(expression) > LARGEST_INLINE:
            variable = self.declared(value, "t")
            out.append(Declare(variable, expression, value.owner if isinstance(value.owner, Operation) else None))
            expression = variable
        self.put(value, expression)

    def owns(self, name: str) -> bool:
        """Whether a name is a variable that may be assigned: parameters and loop variables are not."""
        return any(name in names for names in self.visible)

    def declared(self, value: SSAValue, stem: str) -> Var:
        """A new variable of the block that is open."""
        variable = variable_for(self.names.give(value.name_hint or stem, stem), value)
        self.visible[-1].add(variable.name)
        self.sizes[variable.name] = variable.size
        self.written.add(variable.name)
        return variable

    def free(self, name: str, after: int) -> bool:
        """Whether a variable's content may be replaced behind a position."""
        readers = self.readers.get(name, set())
        gone = {value for value in readers if not self.liveness.live(value, after)}
        if not self.liveness.excluded:
            readers -= gone  # dead for good
            return not readers
        return len(gone) == len(readers)

    def home(self, value: SSAValue, out: list[Statement], initial: Expr | None) -> Var:
        """A variable to hold a new value: the output register that it becomes, or a new one."""
        name = self.preferred.get(value)
        if name is not None and self.owns(name) and self.free(name, self.now) and self.sizes[name] == size_of(value):
            variable = variable_for(name, value)
            zero = isinstance(initial, Const) and initial.value == 0 and name not in self.written and not self.loops
            if initial is not None and not zero and initial != variable:
                out.append(Assign(variable, initial))
            self.written.add(name)
            return variable
        variable = self.declared(value, "b")
        out.append(Declare(variable, initial))
        return variable

    def assign_together(
        self, pairs: Sequence[tuple[Var, Expr]], out: list[Statement], origin: Operation | None
    ) -> None:
        """Give several variables their values at once, as a region's terminator does."""
        moving = [
            (variable, value) for variable, value in pairs if variable != value and not self.initial(variable, value)
        ]
        targets = {variable.name for variable, _ in moving}
        ready: list[tuple[Var, Expr]] = []
        for variable, value in moving:
            tangled = len(moving) > 1 and variables_of(value) & (targets - {variable.name})
            if tangled or isinstance(value, Table):  # an array has a literal in its declaration only
                kept = replace(variable, name=self.names.give("t"))
                out.append(Declare(kept, value, origin))
                value = kept
            ready.append((variable, value))
        for variable, value in ready:
            out.append(Assign(variable, value, origin))
            self.written.add(variable.name)

    def initial(self, variable: Var, value: Expr) -> bool:
        """Whether a register has this value from the start: all zeros."""
        zero = isinstance(value, Const) and value.value == 0 and variable.kind == "bits"
        return zero and variable.name not in self.written and not self.loops

    def operator(self, op: Operation) -> Expr:
        symbol, kind = operators.OF_OPERATION[type(op)], kind_of(op.results[0])
        operands = tuple(self.read(operand) for operand in op.operands)
        if kind == "bool":
            symbol = operators.TRUTH.get(symbol, symbol)
            if symbol == "xor" and isinstance(operands[1], Const) and operands[1].value:
                return Call("!", operands[:1], "bool")
        match symbol, operands:
            case ">>", (Call(operator="<<", operands=(wide, Const() as left)), Const() as right) if left == right:
                return Call("wrapped", (wide,), "int", 64 - int(left.value))
        return Call(symbol, operands, kind)
