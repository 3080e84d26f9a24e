"""Declarations, aliases and assignments."""

from qlang.sema import errors
from qlang.sema.casts import assignable, cast
from qlang.sema.context import Context, broken
from qlang.sema.declared_types import checked_type, depends_on_parameter, size_of_register
from qlang.sema.infer import infer, is_qubit_expression
from qlang.sema.measurements import check_measured
from qlang.sema.operands import AliasSymbol, check_operand
from qlang.sema.operator_types import binary_type
from qlang.sema.outcomes import note_outcome, note_read
from qlang.sema.reuse import note_measurement
from qlang.sema.symbols import ConstantSymbol, Symbol, VariableSymbol
from qlang.sema.targets import check_target
from qlang.sema.type_names import LARGEST_REGISTER
from qlang.sema.types import UNKNOWN, Array, Bit, Float, Int, Qubit, Stretch, Type, UInt, Unknown
from qlang.sema.values import Constant, ConstantError
from qlang.syntax import tree


def check_qubits(context: Context, node: tree.QubitDeclaration) -> None:
    """`qubit[n] q;`, at the top of a circuit only."""
    kind = size_of_register(context, node.size)
    symbol = VariableSymbol(node.name.name, context.span(node.name), kind, "qubit")
    if context.place != "circuit" or len(context.frames) > 1:
        place = "a subroutine" if context.place == "subroutine" else "a block"
        context.report(errors.qubits.QubitsInBlock(context.span(node), place=place))
        context.used.add(symbol)
    if context.declare(node.name, symbol):
        context.registers.append((symbol, node))


def check_declaration(context: Context, node: tree.ClassicalDeclaration) -> None:
    """`int n = 3;`, `const`, `input` and `output`: declares the name, with the type Unknown after a mistake."""
    kind = checked_type(context, node.type)
    value = _initial_value(context, node, kind)
    symbol: Symbol
    span = context.span(node.name)
    if node.kind == "const":
        symbol = _constant(context, node, kind, value)
    else:
        if isinstance(kind, Stretch) and node.value is not None:
            _stretch_value(context, node.value)
        symbol = VariableSymbol(node.name.name, span, kind, node.kind or "variable")
        if node.value is not None:
            context.written.add(symbol)
    _declare(context, node.name, symbol, count=node.kind in (None, "const"))
    _note_outcome(context, node)


def _declare(context: Context, name: tree.Name, symbol: Symbol, count: bool = True) -> None:
    """Declare a name; unless it is an input or output, its use is awaited."""
    at_top = len(context.frames) == 1
    if (
        context.declare(name, symbol)
        and count
        and not (at_top and isinstance(symbol, ConstantSymbol) and context.program)
    ):
        context.declared.append((symbol, at_top))


def _note_outcome(context: Context, node: tree.ClassicalDeclaration) -> None:
    if isinstance(node.value, tree.Measurement):
        note_outcome(context, node.name, node)


def _stretch_value(context: Context, node: tree.Expression) -> None:
    context.report(
        errors.circuits.NotExecutable(
            context.span(node),
            construct="the value of a `stretch`",
            instead="use a `duration` with a time, or leave the `delay` out: without pulses it only waits",
        )
    )


def _constant(context: Context, node: tree.ClassicalDeclaration, kind: Type, value: Constant | None) -> Symbol:
    span = context.span(node.name)
    if node.value is None or isinstance(kind, Unknown):
        return broken(node.name.name, span)
    if value is None:
        inferred, _ = infer(context, node.value)
        if depends_on_parameter(context, node.value):
            return VariableSymbol(node.name.name, span, kind, "parameter")
        if not isinstance(inferred, Unknown):
            what = f"the value of `{node.name.name}`"
            context.report(errors.types.NotConstant(context.span(node.value), what=what))
        return broken(node.name.name, span)
    try:
        return ConstantSymbol(node.name.name, span, cast(kind, value))
    except ConstantError as error:
        context.report_error(error, node.value)
        return broken(node.name.name, span)


def _initial_value(context: Context, node: tree.ClassicalDeclaration, kind: Type) -> Constant | None:
    """Check the value against the type; the value if it is constant and fits."""
    if node.value is None:
        return None
    if isinstance(node.value, tree.Measurement):
        operand = check_operand(context, node.value.qubits)
        note_measurement(context, node, operand)
        if operand is not None:
            check_measured(context, operand, kind, node.value.qubits, node.name)
        return None
    found, value = infer(context, node.value)
    return value if check_value(context, kind, found, node.value, node.type) else None


def check_value(context: Context, wanted: Type, found: Type, node: tree.Expression, reason: tree.Node | None) -> bool:
    """Whether a value may be stored as a type; reports it otherwise."""
    if isinstance(found, Unknown) or isinstance(wanted, Unknown):
        return isinstance(wanted, Unknown) and not isinstance(found, Unknown)
    if assignable(wanted, found):
        return True
    written_cast = isinstance(wanted, (Int, UInt)) and isinstance(found, Float)
    context.report(
        errors.types.TypeMismatch(
            context.span(node),
            expected=f"`{wanted}`",
            found="nothing" if str(found) == "nothing" else f"`{found}`",
            reason=None if reason is None else context.span(reason),
            reason_text="because of this type",
            cast=str(wanted) if written_cast else None,
        )
    )
    return False


def check_alias(context: Context, node: tree.Alias) -> None:
    """`let name = …` over qubits, or over classical registers and arrays."""
    span = context.span(node.name)
    symbol: Symbol
    if _is_quantum(context, node.value):
        operand = check_operand(context, node.value)
        if operand is None:
            symbol = broken(node.name.name, span)
        else:
            kind: Type = UNKNOWN if operand.size == -1 else Qubit(operand.size)
            symbol = AliasSymbol(node.name.name, span, kind, "alias", operand)
    else:
        kind, _ = infer(context, node.value)
        if isinstance(kind, Unknown):
            symbol = broken(node.name.name, span)
        else:
            if not isinstance(kind, (Bit, Array)):
                context.report(
                    errors.types.TypeMismatch(
                        context.span(node.value), expected="a register or an array", found=f"`{kind}`"
                    )
                )
            size = _elements(kind)
            if size > LARGEST_REGISTER:  # aliases of aliases grow without a register of that size
                limit = LARGEST_REGISTER
                context.report(errors.types.InvalidSize(context.span(node.value), value=str(size), limit=limit))
                symbol = broken(node.name.name, span)
            else:
                symbol = VariableSymbol(node.name.name, span, kind, "alias")
    _declare(context, node.name, symbol)


def _elements(kind: Type) -> int:
    """The bits of a register, the first length of an array; 1 of anything else."""
    if isinstance(kind, Array):
        return kind.shape[0]
    return (kind.size or 1) if isinstance(kind, Bit) else 1


def _is_quantum(context: Context, node: tree.Expression) -> bool:
    while isinstance(node, tree.BinaryOp) and node.operator == "++":
        node = node.left
    return is_qubit_expression(context, node) or isinstance(node, tree.HardwareQubit)


def check_assignment(context: Context, node: tree.Assignment) -> None:
    """`target op value;`: the target is a variable and the value fits its type."""
    target = check_target(context, node.target)
    found, value = infer(context, node.value)
    if isinstance(node.target, tree.Name):
        symbol = context.lookup(node.target.name)
        if symbol is not None:
            note_read(context, symbol)
    name = context.span(node.target).text
    if node.operator == "=" and name == context.span(node.value).text and target not in (None, UNKNOWN):
        context.report(errors.dead_code.SelfAssignment(context.span(node), name=name))
    if target is None or isinstance(target, Unknown) or isinstance(found, Unknown):
        return
    if node.operator != "=":
        operator = node.operator[:-1]
        result = binary_type(operator, target, found, context.version)
        if result is None:
            context.report(
                errors.types.NoSuchOperation(
                    context.span(node), operator=node.operator, operands=(str(target), str(found))
                )
            )
            return
        if operator in ("/", "%") and value is not None and not value.value:
            context.report(errors.types.DivisionByZero(context.span(node.value)))
            return
        found = result
    check_value(context, target, found, node.value, node.target)
