"""Builds the IR of one circuit: where the next operation goes, and the run of gates that waits to be packed.

Values that are known stay Python constants (`qlang.sema.values.Constant`); only what depends on a parameter, a
loop variable or a measurement becomes an operation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    LocationAttr,
    StringAttr,
    f64,
    i32,
)
from xdsl.ir import Block, Operation, SSAValue

from qlang.compiler.lowering.intervals import Intervals
from qlang.ir import bits as bits_ops
from qlang.ir import circuit
from qlang.ir.gates import BY_CODE
from qlang.ir.packed import GateListBuilder, offsets
from qlang.ir.spans import CallPlace, Place, location
from qlang.sema.types import Type
from qlang.syntax.source import Source


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A value that is known when the circuit runs.

    `ssa` is i64 for integers (kept within their width) and for angles (in steps of 2π/2^width), or an integer of their
    width where that is larger; f64 for floats and durations, i1 for `bool`, `!circuit.bits<n>` for bits (n = 1 for a
    single one), `!circuit.array<…>` of these for arrays.
    """

    type: Type
    ssa: SSAValue


Inner = tuple[tuple[Source, int, int], tuple[CallPlace, ...]]
"""A stretch of a subroutine's file, and the calls that led there, innermost first."""
Statement = tuple[int, int, Inner | None]


def place_in(source: Source, start: int, end: int) -> Place:
    """The lines and columns of a stretch of a source."""
    return Place(source.name, *source.line_column(start), *source.line_column(end))


@dataclass(slots=True)
class Emitter:
    """Appends operations to a block; holds the circuit's register value between them."""

    source: Source
    block: Block
    register: SSAValue
    start: int = 0
    """Begin and end of the statement being lowered, as offsets in `source`."""
    end: int = 0
    inner: "Inner | None" = None
    """Where in a subroutine's body the statement being lowered stands; `start` and `end` are then those of the call."""
    pending: GateListBuilder = field(default_factory=GateListBuilder)
    pending_spans: list[int] = field(default_factory=list)
    intervals: Intervals = field(default_factory=Intervals)
    _constants: dict[tuple[int, str, str], SSAValue] = field(default_factory=dict)
    _locations: dict[tuple[int, int], LocationAttr] = field(default_factory=dict)
    _inner_locations: "dict[Inner, LocationAttr]" = field(default_factory=dict)

    def here(self) -> LocationAttr:
        """The location of the current statement."""
        if self.inner is None:
            return self.location(self.start, self.end)
        found = self._inner_locations.get(self.inner)
        if found is None:
            place, calls = self.inner
            found = self._inner_locations[self.inner] = location(place_in(*place), calls)
        return found

    @property
    def statement(self) -> "Statement":
        """The statement being lowered, for `go_on_at`."""
        return self.start, self.end, self.inner

    def go_on_at(self, statement: "Statement") -> None:
        """What is emitted from now on belongs to a statement."""
        self.start, self.end, self.inner = statement

    def location(self, start: int, end: int) -> LocationAttr:
        """The location of a stretch of the source."""
        key = (start, end)
        found = self._locations.get(key)
        if found is None:
            found = self._locations[key] = location(place_in(self.source, start, end))
        return found

    def add(self, op: Operation) -> Operation:
        """Append an operation, after the gates that came before it."""
        if self.pending.codes:
            self.flush()
        op.location = self.here()
        self.block.add_op(op)
        return op

    def value(self, op: Operation) -> SSAValue:
        """Append an operation that touches no qubits; its only result."""
        op.location = self.here()
        self.block.add_op(op)
        return op.results[0]

    def quantum(self, op: Operation) -> Operation:
        """Append an operation whose first result is the new register value."""
        self.add(op)
        self.register = op.results[0]
        return op

    def flush(self) -> None:
        """Write the gates that wait as one packed run."""
        if not self.pending.codes:
            return
        spans = self.pending_spans
        run = circuit.RunOp.create(
            operands=[self.register],
            result_types=[self.register.type],
            properties={
                "gates": self.pending.build(),
                "spans": offsets(spans),
            },
            location=self.location(spans[0], spans[-1]),
        )
        self.block.add_op(run)
        self.register = run.results[0]
        self.pending = GateListBuilder()
        self.pending_spans = []

    def gate(self, code: int, wires: Sequence[int], parameters: Sequence[float]) -> None:
        """A primitive on constant wires with constant parameters: packed with its neighbours."""
        self.pending.add(code, wires, parameters)
        self.pending_spans.append(self.start)
        self.pending_spans.append(self.end)

    def gate_operation(
        self, code: int, wires: Sequence[int | SSAValue], parameters: Sequence[SSAValue], controls: str
    ) -> None:
        """A gate with computed wires or parameters, or with more controls than a primitive has."""
        self._wired(circuit.GateOp, code, wires, parameters, controls)

    def each(self, code: int, wires: Sequence[int | SSAValue], parameters: Sequence[SSAValue]) -> None:
        """The same one-qubit gate on several wires."""
        self._wired(circuit.EachOp, code, wires, parameters, "")

    def _wired(
        self,
        kind: type[circuit.GateOp] | type[circuit.EachOp],
        code: int,
        wires: Sequence[int | SSAValue],
        parameters: Sequence[SSAValue],
        controls: str,
    ) -> None:
        self.flush()
        static, dynamic = circuit.static_and_dynamic(wires)
        properties = {
            "gate": StringAttr(BY_CODE[code].name),
            "static_wires": static,
            "operandSegmentSizes": DenseArrayBase.from_list(i32, [len(parameters), 1, len(dynamic)]),
        }
        if controls:
            properties["controls"] = StringAttr(controls)
        self.quantum(
            kind.create(
                operands=[*parameters, self.register, *dynamic],
                result_types=[self.register.type],
                properties=properties,
            )
        )

    def wired(
        self, kind: type[circuit.WiredOp], wires: Sequence[int | SSAValue], before: Sequence[SSAValue] = ()
    ) -> None:
        """A reset, barrier or delay on wires; `before` are operands that stand before the register."""
        self.flush()
        static, dynamic = circuit.static_and_dynamic(wires)
        self.quantum(
            kind.create(
                operands=[*before, self.register, *dynamic],
                result_types=[self.register.type],
                properties={"static_wires": static},
            )
        )

    def measure(self, wires: Sequence[int | SSAValue]) -> SSAValue:
        """Measure wires; the bits, bit k from wire k."""
        self.flush()
        static, dynamic = circuit.static_and_dynamic(wires)
        op = self.quantum(
            circuit.MeasureOp.create(
                operands=[self.register, *dynamic],
                result_types=[self.register.type, circuit.BitsType.of(len(wires))],
                properties={"static_wires": static},
            )
        )
        return op.results[1]

    def integer(self, value: int, width: int = 64) -> SSAValue:
        """An integer constant; equal ones in a block are one."""
        return self._constant(f"i{width}", value)

    def real(self, value: float) -> SSAValue:
        """An f64 constant."""
        return self._constant("f64", value)

    def boolean(self, value: bool) -> SSAValue:
        """An i1 constant."""
        return self._constant("i1", int(value))

    def bits(self, value: int, size: int) -> SSAValue:
        """A constant bit register."""
        return self.value(
            bits_ops.BitsConstantOp.create(
                result_types=[circuit.BitsType.of(size)],
                properties={"value": IntegerAttr(_signed(value, max(size, 64)), IntegerType(max(size, 64)))},
            )
        )

    def _constant(self, kind: str, value: int | float) -> SSAValue:
        key = (id(self.block), kind, repr(value))
        found = self._constants.get(key)
        if found is None:
            attribute = FloatAttr(value, f64) if kind == "f64" else IntegerAttr(int(value), IntegerType(int(kind[1:])))
            found = self._constants[key] = self.value(
                arith.ConstantOp.create(result_types=[attribute.type], properties={"value": attribute})
            )
        return found


def _signed(value: int, width: int) -> int:
    """The same bits as a signed number, as MLIR prints integers."""
    return value - (1 << width) if value >> (width - 1) else value
