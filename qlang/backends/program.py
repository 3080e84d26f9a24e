"""A kernel, decoded once into steps that change a list of branches.

Every operation has one decoder in a table; what it returns runs without looking at the IR again. A step takes the
machine and the live branches and gives the live branches. Neighbouring classical operations make one step.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from xdsl.dialects.arith import ConstantOp
from xdsl.ir import Block, Operation, SSAValue

from qlang.backends.branches import Branch, Machine
from qlang.backends.errors import BackendError, BadRequest, UnsupportedOperation
from qlang.backends.scalars import constant_of, failed, function_of

Env: TypeAlias = list[Any]
Step: TypeAlias = Callable[[Machine, list[Branch]], list[Branch]]
Classical: TypeAlias = Callable[[Env], None]

TERMINATORS = frozenset({"scf.yield", "scf.condition", "kernel.return"})


@dataclass(frozen=True, slots=True)
class DecodedBlock:
    """Steps of a block, and the slots of its arguments and of its terminator's operands."""

    steps: tuple[Step, ...]
    arguments: tuple[int, ...]
    results: tuple[int, ...]
    operations: tuple[Operation | None, ...] = ()
    """Of each step; None for several classical ones, which name themselves."""

    def run(self, machine: Machine, branches: list[Branch]) -> list[Branch]:
        """Execute the block; the terminator's operands are left in `results`."""
        if not self.steps:
            return branches
        try:
            for step in self.steps:
                branches = step(machine, branches)
        except BackendError as error:
            if error.where is None:
                error.where = self.operations[self.steps.index(step)]
            raise
        return branches


@dataclass(frozen=True, slots=True)
class Program:
    """A decoded kernel."""

    qubits: int
    parameters: tuple[str, ...]
    integers: tuple[bool, ...]
    """For each parameter, whether it is a whole number, such as the end of a loop."""
    registers: tuple[tuple[str, int], ...]
    """Names and sizes of the bit registers, in the order of the block's results."""
    slots: int
    body: DecodedBlock

    def start(self, state: Any, parameters: Sequence[float], shots: int) -> Branch:
        """The one branch that a run begins with. Raises `BadRequest` for a wrong number of parameters."""
        if len(parameters) != len(self.parameters):
            raise BadRequest(f"{len(parameters)} parameters for {len(self.parameters)}: {', '.join(self.parameters)}")
        env: Env = [None] * self.slots
        for slot, value, whole in zip(self.body.arguments, parameters, self.integers, strict=True):
            env[slot] = int(value) if whole else float(value)
        return Branch(state, env, shots=shots)

    def register(self, branch: Branch, name: str) -> tuple[int, ...]:
        """The entries of a bit register at the end of a branch. Raises `BadRequest` for an unknown name."""
        for slot, (known, _) in zip(self.body.results, self.registers, strict=True):
            if known == name:
                entries: tuple[int, ...] = branch.env[slot]
                return entries
        raise BadRequest(f"no bit register `{name}`")


@dataclass(slots=True)
class Decoder:
    """Gives every SSA value a slot and every operation its step."""

    qubits: int
    handlers: "Mapping[str, Callable[[Decoder, Operation], Step]]"
    """By name: decoders of operations on branches."""
    movers: "Mapping[str, Callable[[Decoder, Operation], Classical]]"
    """By name: decoders of operations on registers that read nothing."""
    slots: dict[SSAValue, int] = field(default_factory=dict)

    def slot(self, value: SSAValue) -> int:
        """Where the value stands in an environment."""
        return self.slots.setdefault(value, len(self.slots))

    def slots_of(self, values: Sequence[SSAValue]) -> tuple[int, ...]:
        """`slot` of each."""
        return tuple(map(self.slot, values))

    def block(self, block: Block) -> DecodedBlock:
        """Decode a block and the regions within. Raises `UnsupportedOperation`."""
        arguments = self.slots_of(block.args)
        steps: list[Step] = []
        operations: list[Operation | None] = []
        classical: list[tuple[Operation, Classical]] = []
        results: tuple[int, ...] = ()
        for op in block.ops:
            if op.name in TERMINATORS:
                results = self.slots_of(op.operands)
            elif (function := self.classical(op)) is not None:
                classical.append((op, function))
            else:
                if classical:
                    steps.append(_together(classical))
                    operations.append(None)
                    classical = []
                steps.append(self.step(op))
                operations.append(op)
        if classical:
            steps.append(_together(classical))
            operations.append(None)
        return DecodedBlock(tuple(steps), arguments, results, tuple(operations))

    def step(self, op: Operation) -> Step:
        """What a quantum operation, a reading of bits or a control structure does."""
        decode = self.handlers.get(op.name)
        if decode is None:
            raise UnsupportedOperation(op.name)
        try:
            return decode(self, op)
        except BackendError as error:
            error.where = error.where or op
            raise

    def classical(self, op: Operation) -> Classical | None:
        """What an operation on classical values alone does; None for any other."""
        if isinstance(op, ConstantOp):
            return _assign(self.slot(op.results[0]), constant_of(op))
        if op.name in self.movers:
            return self.movers[op.name](self, op)
        function = function_of(op)
        return (
            None if function is None else _bind(op.name, function, self.slot(op.results[0]), self.slots_of(op.operands))
        )


def _together(classical: list[tuple[Operation, Classical]]) -> Step:
    functions = tuple(function for _, function in classical)

    def step(machine: Machine, branches: list[Branch]) -> list[Branch]:
        try:
            for branch in branches:
                env = branch.env
                for function in functions:
                    function(env)
        except BackendError as error:
            error.where = classical[functions.index(function)][0]
            raise
        return branches

    return step


def _assign(result: int, value: Any) -> Classical:
    def run(env: Env) -> None:
        env[result] = value

    return run


def _bind(name: str, function: Callable[..., Any], result: int, operands: tuple[int, ...]) -> Classical:
    first, second = (*operands, 0, 0)[:2]

    def unary(env: Env) -> None:
        try:
            env[result] = function(env[first])
        except (ValueError, ArithmeticError) as error:
            raise failed(name, (env[first],)) from error

    def binary(env: Env) -> None:
        try:
            env[result] = function(env[first], env[second])
        except (ValueError, ArithmeticError) as error:
            raise failed(name, (env[first], env[second])) from error

    def general(env: Env) -> None:
        values = tuple(env[slot] for slot in operands)
        try:
            env[result] = function(*values)
        except (ValueError, ArithmeticError) as error:
            raise failed(name, values) from error

    return {1: unary, 2: binary}.get(len(operands), general)
