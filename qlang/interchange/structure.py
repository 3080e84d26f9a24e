"""From SSA values to variables: the operations of a circuit as statements."""

from __future__ import annotations

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, f16, f64
from xdsl.ir import Operation, SSAValue
from xdsl.traits import is_side_effect_free

from qlang.interchange import operators
from qlang.interchange.builder import Builder, Handler, kind_of, size_of
from qlang.interchange.liveness import Liveness
from qlang.interchange.names import Names
from qlang.interchange.program import (
    Assign,
    Call,
    Const,
    Declare,
    Element,
    Expr,
    Gate,
    Idle,
    If,
    Kind,
    Measure,
    Program,
    Run,
    Slice,
    Statement,
    Table,
    Var,
    Wire,
    WireAt,
)
from qlang.interchange.structure_control import build_for, build_if, build_while
from qlang.ir import arrays, bits, circuit, numbers
from qlang.ir.values import floats, integers
from qlang.ir.wires import WireAtOp


def structured(func: circuit.FuncOp, target: str, names: Names) -> Program:
    """A circuit as statements on variables; `names` gives the variables' names, after those of the registers.

    Raises CannotWrite, naming `target`, for an operation that has no spelling.
    """
    registers = {names.give(name): entry for name, entry in func.registers.items()}
    renamed = {name: names.give(name, "c") for name in func.bit_registers}
    block = func.body.block
    builder = Builder(target, names, Liveness.of(block), _HANDLERS)
    named = func.parameter_names
    given = named if len(named) == len(block.args) else [argument.name_hint or "a" for argument in block.args]
    parameters = []
    for argument, hint in zip(block.args, given, strict=True):
        variable = Var(names.give(hint, "a"), kind_of(argument), 0)
        parameters.append(variable)
        builder.location[argument] = variable
    sizes = {renamed[name]: size for name, size in func.bit_registers.items()}
    builder.visible.append(set(sizes))
    builder.sizes = dict(sizes)
    last = block.last_op
    assert isinstance(last, circuit.ReturnOp)
    results = [(Var(name, "bits", sizes[name]), value) for name, value in zip(sizes, last.values[1:], strict=True)]
    for variable, value in results:
        builder.prefer(variable.name, value)
    body = builder.block(block)
    builder.assign_together([(variable, builder.location[value]) for variable, value in results], body, last)
    return Program(func.sym_name.data, registers, sizes, tuple(parameters), tuple(body))


def _constant(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, arith.ConstantOp) and isinstance(op.value, (IntegerAttr, FloatAttr))
    number = op.value.value.data
    kind = kind_of(op.result)
    builder.put(op.result, Const(bool(number) if kind == "bool" else number, kind))


def _compare_integers(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, arith.CmpiOp)
    symbol = operators.SIGNED_COMPARISONS[op.predicate.value.data]
    builder.settle(op.result, Call(symbol, (builder.read(op.lhs), builder.read(op.rhs)), "bool"), out)


def _compare_floats(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, arith.CmpfOp)
    symbol = operators.FLOAT_COMPARISONS.get(op.predicate.value.data)
    if symbol is None:
        raise builder.refuse(op, "this comparison of floats")
    builder.settle(op.result, Call(symbol, (builder.read(op.lhs), builder.read(op.rhs)), "bool"), out)


def _floor_division(builder: Builder, op: Operation, out: list[Statement]) -> None:
    """`a // b` for a constant b > 0, with division that truncates: (a − ((a % b + b) % b)) / b."""
    assert isinstance(op, arith.FloorDivSIOp)
    a, b = builder.read(op.lhs), builder.read(op.rhs)
    rest = Call("%", (Call("+", (Call("%", (a, b), "int"), b), "int"), b), "int")
    builder.settle(op.result, Call("/", (Call("-", (a, rest), "int"), b), "int"), out)


def _select(builder: Builder, op: Operation, out: list[Statement]) -> None:
    """A choice between two values: a variable, and a branch."""
    assert isinstance(op, arith.SelectOp)
    condition, chosen, other = (builder.read(each) for each in (op.cond, op.lhs, op.rhs))
    variable = builder.declared(op.result, "t")
    out.append(Declare(variable, other, op))
    out.append(If(condition, (Assign(variable, chosen, op),), (), op))
    builder.put(op.result, variable)


def _narrowed(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, arith.TruncFOp)
    symbol = "f16" if op.result.type == f16 else "f32"
    builder.settle(op.result, Call(symbol, (builder.read(op.input),), "float"), out)


def _same(builder: Builder, op: Operation, out: list[Statement]) -> None:
    """A float widened: floats have one type here."""
    builder.put(op.results[0], builder.read(op.operands[0]))


def _angle_steps(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, numbers.AngleStepsOp)
    width = op.width.value.data
    builder.settle(op.result, Call("angle_steps", (builder.read(op.radians),), "int", width), out)


def _wire_at(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, WireAtOp)
    builder.settle(op.result, WireAt(builder.read(op.index), tuple(integers(op.wires))), out)


def _array_constant(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, arrays.ArrayConstantOp)
    kind: Kind = "float" if op.values.elt_type == f64 else "int"
    values = floats(op.values) if kind == "float" else integers(op.values)
    builder.put(op.result, Table(tuple(values), kind))


def _array_get(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, arrays.ArrayGetOp)
    array = _named(builder, op.array, builder.read(op.array), out)
    builder.settle(op.result, Element(array, builder.read(op.indices[0]), kind_of(op.result)), out)


def _array_set(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, arrays.ArraySetOp)
    value, index = builder.read(op.value), builder.read(op.indices[0])
    old = builder.read(op.array)
    free = isinstance(old, Var) and builder.owns(old.name) and builder.free(old.name, builder.now)
    variable = old if isinstance(old, Var) and free else builder.home(op.result, out, old)
    builder.written.add(variable.name)
    out.append(Assign(Element(variable, index, kind_of(op.value)), value, op))
    builder.put(op.result, variable)


def _bits_constant(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, bits.BitsConstantOp)
    size = size_of(op.result)
    builder.put(op.result, Const(op.value.value.data % (1 << max(size, 1)), "bits", size))


def _bits_get(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, bits.BitsGetOp)
    register = builder.read(op.bits)
    index = builder.read(op.index)
    if isinstance(register, Element):
        builder.put(op.result, Element(register.register, register.index))
        return
    if isinstance(register, Slice) and isinstance(register.first, Const) and isinstance(index, Const):
        found = Element(register.register, Const(int(register.first.value + index.value), "int"))
        builder.settle(op.result, found, out)
        return
    builder.settle(op.result, Element(_named(builder, op.bits, register, out), index), out)


def _bits_extract(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, bits.BitsExtractOp)
    register, first, size = builder.read(op.bits), builder.read(op.index), size_of(op.result)
    register = _named(builder, op.bits, register, out)
    part: Expr = Element(register, first, "bits") if size == 1 else Slice(register, first, size)
    builder.settle(op.result, part, out)


def _named(builder: Builder, value: SSAValue, register: Expr, out: list[Statement]) -> Expr:
    """A register that can be indexed: a variable."""
    if isinstance(register, Var):
        return register
    variable = builder.declared(value, "b" if kind_of(value) == "bits" else "t")
    out.append(Declare(variable, register))
    builder.borrow(value, variable)
    return variable


def _bits_to_int(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, bits.BitsToIntOp)
    symbol = "signed" if op.signed.value.data else "unsigned"
    builder.settle(op.result, Call(symbol, (builder.read(op.bits),), "int"), out)


def _int_to_bits(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, bits.IntToBitsOp)
    builder.settle(op.result, Call("bits", (builder.read(op.value),), "bits", size_of(op.result)), out)


def _change(builder: Builder, op: Operation, out: list[Statement]) -> None:
    """One bit or several consecutive ones replaced."""
    assert isinstance(op, (bits.BitsSetOp, bits.BitsInsertOp))
    part = op.value if isinstance(op, bits.BitsSetOp) else op.part
    index = builder.read(op.index)
    if isinstance(op, bits.BitsInsertOp) and _measured_now(op):
        measured = part.owner
        assert isinstance(measured, circuit.MeasureOp)
        variable = _variable_for_change(builder, op, out)
        wires = _wires(builder, measured)
        out.append(Measure(wires, variable, index, measured))
        builder.put(op.result, variable)
        return
    value = builder.read(part)
    variable = _variable_for_change(builder, op, out)
    size = size_of(part) if isinstance(op, bits.BitsInsertOp) else 1
    target: Element | Slice = Element(variable, index) if size == 1 else Slice(variable, index, size)
    out.append(Assign(target, value, op))
    builder.put(op.result, variable)


def _variable_for_change(builder: Builder, op: bits.BitsSetOp | bits.BitsInsertOp, out: list[Statement]) -> Var:
    old = builder.read(op.bits)
    if isinstance(old, Var) and builder.owns(old.name) and builder.free(old.name, builder.now):
        builder.written.add(old.name)
        return old
    return builder.home(op.result, out, old)


def _measured_now(op: bits.BitsInsertOp) -> bool:
    """Whether the inserted bits are a measurement's that can be written in this place."""
    measured = op.part.owner
    if not isinstance(measured, circuit.MeasureOp) or op.part.uses.get_length() > 1 or measured.parent is not op.parent:
        return False
    following = measured.next_op
    while following is not None and following is not op:
        if not is_side_effect_free(following):
            return False
        following = following.next_op
    return following is op


def _measure(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, circuit.MeasureOp)
    only = next(iter(op.bits.uses)).operation if op.bits.uses.get_length() == 1 else None
    if isinstance(only, bits.BitsInsertOp) and only.part is op.bits and _measured_now(only):
        return
    wires = _wires(builder, op)
    if not op.bits.uses:
        out.append(Measure(wires, None, Const(0, "int"), op))
        return
    variable = builder.home(op.bits, out, None)
    out.append(Measure(wires, variable, Const(0, "int"), op))
    builder.put(op.bits, variable)


def _wires(builder: Builder, op: circuit.WiredOp) -> tuple[Wire, ...]:
    found: list[Wire] = []
    for wire in op.wire_list:
        known = wire if isinstance(wire, int) else builder.read(wire)
        found.append(int(known.value) if isinstance(known, Const) else known)
    return tuple(found)


def _run(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, circuit.RunOp)
    out.append(Run(op.gates, op))


def _gate(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, circuit.GateOp)
    angles = tuple(builder.read(angle) for angle in op.angles)
    out.append(Gate(op.gate.data, angles, _wires(builder, op), op.controls.data if op.controls else "", op))


def _each(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, circuit.EachOp)
    angles = tuple(builder.read(angle) for angle in op.angles)
    out.extend(Gate(op.gate.data, angles, (wire,), "", op) for wire in _wires(builder, op))


def _reset(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, circuit.ResetOp)
    out.append(Idle("reset", _wires(builder, op), None, op))


def _barrier(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, circuit.BarrierOp)
    out.append(Idle("barrier", _wires(builder, op), None, op))


def _delay(builder: Builder, op: Operation, out: list[Statement]) -> None:
    assert isinstance(op, circuit.DelayOp)
    out.append(Idle("delay", _wires(builder, op), builder.read(op.seconds), op))


def _nothing(builder: Builder, op: Operation, out: list[Statement]) -> None:
    """Terminators and the allocation are part of what is around them."""


_HANDLERS: dict[type[Operation], Handler] = {
    circuit.AllocOp: _nothing,
    circuit.ReturnOp: _nothing,
    scf.YieldOp: _nothing,
    scf.ConditionOp: _nothing,
    circuit.RunOp: _run,
    circuit.GateOp: _gate,
    circuit.EachOp: _each,
    circuit.MeasureOp: _measure,
    circuit.ResetOp: _reset,
    circuit.BarrierOp: _barrier,
    circuit.DelayOp: _delay,
    arith.ConstantOp: _constant,
    arith.CmpiOp: _compare_integers,
    arith.CmpfOp: _compare_floats,
    arith.FloorDivSIOp: _floor_division,
    arith.SelectOp: _select,
    arith.TruncFOp: _narrowed,
    arith.ExtFOp: _same,
    numbers.AngleStepsOp: _angle_steps,
    WireAtOp: _wire_at,
    arrays.ArrayConstantOp: _array_constant,
    arrays.ArrayGetOp: _array_get,
    arrays.ArraySetOp: _array_set,
    bits.BitsConstantOp: _bits_constant,
    bits.BitsGetOp: _bits_get,
    bits.BitsSetOp: _change,
    bits.BitsInsertOp: _change,
    bits.BitsExtractOp: _bits_extract,
    bits.BitsToIntOp: _bits_to_int,
    bits.IntToBitsOp: _int_to_bits,
    scf.IfOp: build_if,
    scf.ForOp: build_for,
    scf.WhileOp: build_while,
}
