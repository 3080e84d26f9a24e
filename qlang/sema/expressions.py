"""Names, operators, casts and arrays: what `infer` does for them."""

from qlang.sema import errors
from qlang.sema.casts import assignable, cast, castable
from qlang.sema.context import Context
from qlang.sema.declared_types import checked_type
from qlang.sema.describe import definition_of, kind_of
from qlang.sema.infer import NOTHING, Inferred, infer, infer_all, literal
from qlang.sema.operands import check_operand, report_unknown
from qlang.sema.operator_types import COMPARISONS, binary_type, unary_type
from qlang.sema.operators import apply_binary, apply_unary
from qlang.sema.outcomes import note_read
from qlang.sema.reuse import note_measurement
from qlang.sema.spine import left_spine
from qlang.sema.symbols import BrokenSymbol, ConstantSymbol, ParameterSymbol, VariableSymbol
from qlang.sema.types import DURATION, Array, Bit, Int, Type, UInt, Unknown
from qlang.sema.values import CONSTANTS, Constant, ConstantError
from qlang.syntax import tree


def missing(context: Context, node: tree.Expression) -> Inferred:
    return NOTHING


def name(context: Context, node: tree.Name) -> Inferred:
    symbol = context.use(node)
    if isinstance(symbol, ConstantSymbol):
        return symbol.constant.type, symbol.constant
    if isinstance(symbol, (VariableSymbol, ParameterSymbol)):
        if symbol is not context.target:
            note_read(context, symbol)
        return symbol.type, None
    if symbol is None:
        constant = CONSTANTS.get(node.name)
        if constant is not None:
            return constant.type, constant
        report_unknown(context, node, value_names(context))
    elif not isinstance(symbol, BrokenSymbol):
        span = context.span(node)
        context.report(
            errors.names.WrongKind(
                span, name=node.name, found=kind_of(symbol), wanted="a value", definition=definition_of(symbol)
            )
        )
    return NOTHING


def value_names(context: Context) -> list[str]:
    """Names that could stand in an expression, for suggestions."""
    kinds = (ConstantSymbol, VariableSymbol)
    return [*context.visible(kinds), *CONSTANTS, "true", "false"]


def unary(context: Context, node: tree.UnaryOp) -> Inferred:
    kind, value = infer(context, node.operand)
    if isinstance(kind, Unknown):
        return NOTHING
    result = unary_type(node.operator, kind)
    if result is None:
        context.report(errors.types.NoSuchOperation(context.span(node), operator=node.operator, operands=(str(kind),)))
        return NOTHING
    if value is None:
        return result, None
    try:
        constant = apply_unary(node.operator, value)
    except ConstantError as error:
        context.report_error(error, node)
        return NOTHING
    return constant.type, constant


def binary(context: Context, node: tree.BinaryOp) -> Inferred:
    spine = left_spine(node)
    result = infer(context, spine[0].left)
    for operation in spine:
        result = _operation(context, operation, result, infer(context, operation.right))
    return result


def _operation(context: Context, node: tree.BinaryOp, first: Inferred, second: Inferred) -> Inferred:
    (left, left_value), (right, right_value) = first, second
    result = binary_type(node.operator, left, right, context.version)
    if result is None:
        context.report(
            errors.types.NoSuchOperation(context.span(node), operator=node.operator, operands=(str(left), str(right)))
        )
        return NOTHING
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return result, None
    if node.operator in COMPARISONS:
        _warn_never_true(context, node, (left, left_value), (right, right_value))
    if left_value is None or right_value is None:
        if node.operator in ("/", "%") and right_value is not None and not right_value.value:
            context.report(errors.types.DivisionByZero(context.span(node)))
            return NOTHING
        return result, None
    try:
        constant = apply_binary(node.operator, left_value, right_value, context.version)
    except ConstantError as error:
        context.report_error(error, node)
        return NOTHING
    if node.operator == "/":
        _warn_truncation(context, node, left_value, right_value, constant)
    return constant.type, constant


def _warn_truncation(context: Context, node: tree.BinaryOp, left: Constant, right: Constant, result: Constant) -> None:
    """`1/2` is 0 in OpenQASM 3, which nobody means; `(n-1)/2` is left alone unless it gives 0."""
    if not isinstance(result.type, (Int, UInt)) or not isinstance(left.value, int) or not isinstance(right.value, int):
        return
    literal = isinstance(node.left, tree.IntLiteral)
    if left.value % right.value == 0 or not literal:
        return
    context.report(
        errors.warnings.IntegerDivision(
            context.span(node),
            shown=f"{left} / {right}",
            result=int(str(result.value)),
            left=context.span(node.left),
        )
    )


def _warn_never_true(context: Context, node: tree.BinaryOp, left: Inferred, right: Inferred) -> None:
    """`int[2](c) == 3` compares with a number that the type does not hold."""
    if node.operator not in ("==", "!="):
        _warn_always_same(context, node, left, right)
        return
    for (kind, value), (_, other) in ((left, right), (right, left)):
        if value is not None or other is None or isinstance(other.type, Bit):
            continue
        limits = value_range(kind)
        if limits is None or not isinstance(other.value, int) or limits[0] <= other.value <= limits[1]:
            continue
        context.report(
            errors.warnings.NeverTrue(
                context.span(node), type=str(kind), value=int(other.value), lowest=limits[0], highest=limits[1]
            )
        )


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _warn_always_same(context: Context, node: tree.BinaryOp, left: Inferred, right: Inferred) -> None:
    """`uint[2](c) < 4` and `u >= 0` have one answer."""
    for (kind, value), (_, other), operator in (
        (left, right, node.operator),
        (right, left, _MIRRORED.get(node.operator, "")),
    ):
        if value is not None or other is None or isinstance(other.type, Bit) or not isinstance(other.value, int):
            continue
        limits = value_range(kind)
        if limits is None or operator not in _MIRRORED or isinstance(other.value, bool):
            continue
        answers = {COMPARISONS[operator](limit, other.value) for limit in limits}
        if len(answers) == 1:
            context.report(
                errors.doubtful.AlwaysSame(
                    context.span(node),
                    comparison=context.span(node).text,
                    truth="true" if answers.pop() else "false",
                    type=str(kind),
                    lowest=limits[0],
                    highest=limits[1],
                )
            )


def value_range(kind: Type) -> tuple[int, int] | None:
    """The least and greatest integer of a type of written width."""
    match kind:
        case Int(width=int(width)):
            return -(1 << (width - 1)), (1 << (width - 1)) - 1
        case UInt(width=int(width)):
            return 0, (1 << width) - 1
        case Bit(size=size):
            return 0, (1 << (size or 1)) - 1
        case _:
            return None


def cast_expression(context: Context, node: tree.Cast) -> Inferred:
    target = checked_type(context, node.type)
    kind, value = infer(context, node.operand)
    if isinstance(target, Unknown) or isinstance(kind, Unknown):
        return target, None
    if not castable(target, kind):
        context.report(errors.types.NoSuchCast(context.span(node), source=str(kind), target=str(target)))
        return NOTHING
    if value is None:
        return target, None
    try:
        return target, cast(target, value)
    except ConstantError as error:
        context.report_error(error, node)
        return NOTHING


def measurement(context: Context, node: tree.Measurement) -> Inferred:
    operand = check_operand(context, node.qubits)
    note_measurement(context, node, operand)
    if operand is None or operand.size == -1:
        return NOTHING
    return Bit(operand.size), None


def array(context: Context, node: tree.ArrayLiteral) -> Inferred:
    if not node.items:
        wanted = "an array with at least one element"
        context.report(errors.types.TypeMismatch(context.span(node), expected=wanted, found="an empty one"))
        return NOTHING
    inferred = infer_all(context, node.items)
    if all(value is not None for _, value in inferred):
        return literal(context, node)
    kinds = [kind for kind, _ in inferred]
    if any(isinstance(kind, Unknown) for kind in kinds):
        return NOTHING
    first = kinds[0]
    for item, kind in zip(node.items, kinds, strict=True):
        if not assignable(first, kind) and not assignable(kind, first):
            context.report(
                errors.types.TypeMismatch(
                    context.span(item), expected=f"`{first}` as the first element", found=f"`{kind}`"
                )
            )
            return NOTHING
    if isinstance(first, Array):
        return Array(first.element, (len(kinds), *first.shape)), None
    return Array(first, (len(kinds),)), None


def duration_of(context: Context, node: tree.DurationOf) -> Inferred:
    from qlang.sema.statements import check_block

    check_block(context, node.body)
    return DURATION, None


def misplaced(context: Context, node: tree.Expression) -> Inferred:
    context.report(errors.types.TypeMismatch(context.span(node), expected="a single value", found="a list or range"))
    return NOTHING


def reduction(context: Context, node: tree.Reduction) -> Inferred:
    context.report(errors.circuits.Misplaced(context.span(node), what=f"`{node.kind}(…)`", wanted="an observable"))
    return NOTHING


def hardware_qubit(context: Context, node: tree.HardwareQubit) -> Inferred:
    check_operand(context, node)
    return NOTHING
