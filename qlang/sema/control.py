"""`if`, `for`, `while` and `switch`."""

from qlang.sema import errors
from qlang.sema.casts import assignable, element_type
from qlang.sema.constants import range_of
from qlang.sema.context import Context, Loop
from qlang.sema.declared_types import checked_type, depends_on_parameter
from qlang.sema.infer import infer
from qlang.sema.operator_types import REALS
from qlang.sema.reachability import check_empty_range, check_endless, check_excluded, may_be_left
from qlang.sema.symbols import VariableSymbol
from qlang.sema.types import BIT, INT, UNKNOWN, Angle, Array, Bit, Type, Unknown, is_integer
from qlang.sema.values import ConstantError, as_bool, as_int
from qlang.syntax import tree


def _block(context: Context, block: tree.Block) -> None:
    from qlang.sema.statements import check_block

    check_block(context, block)


def check_condition(context: Context, node: tree.Expression) -> bool | None:
    """Report a condition that is no truth value; its value where it is constant."""
    kind, value = infer(context, node)
    if isinstance(kind, Unknown):
        return None
    if not isinstance(kind, (*REALS, Angle)):
        context.report(
            errors.types.TypeMismatch(context.span(node), expected="a condition (`bool`)", found=f"`{kind}`")
        )
        return None
    return None if value is None else as_bool(value)


def check_if(context: Context, node: tree.If) -> None:
    truth = check_condition(context, node.condition)
    check_excluded(context, node.condition, truth, node.otherwise if truth else node.then)
    if truth is True:
        _block(context, node.then)
    else:
        with context.conditional(dead=truth is False):
            _block(context, node.then)
    if node.otherwise is None:
        return
    if truth is False:
        _block(context, node.otherwise)
    else:
        with context.conditional(dead=truth is True):
            _block(context, node.otherwise)


def check_while(context: Context, node: tree.While) -> None:
    errors_before = context.reporter.errors
    truth = check_condition(context, node.condition)
    if context.reporter.errors == errors_before:
        check_endless(context, node, truth)
    if truth is False:
        check_excluded(context, node.condition, truth, node.body)
    context.loop_depth += 1
    with context.conditional(dead=truth is False):
        _block(context, node.body)
        if context.forbid_reuse:  # once more, as a second round
            _block(context, node.body)
    context.loop_depth -= 1


def check_switch(context: Context, node: tree.Switch) -> None:
    kind, _ = infer(context, node.subject)
    if not isinstance(kind, Unknown) and not is_integer(kind):
        context.report(errors.types.TypeMismatch(context.span(node.subject), expected="an integer", found=f"`{kind}`"))
    seen: dict[int, tree.Expression] = {}
    for case in node.cases:
        for label in case.values:
            value = _check_label(context, label)
            if value is not None and seen.setdefault(value, label) is not label:
                first = context.span(seen[value])
                context.report(errors.dead_code.RepeatedCase(context.span(label), value=value, first=first))
        with context.conditional():
            _block(context, case.body)


def _check_label(context: Context, node: tree.Expression) -> int | None:
    """The value of a `case`; reports what is none."""
    kind, value = infer(context, node)
    if isinstance(kind, Unknown):
        return None
    if not is_integer(kind):
        context.report(errors.types.TypeMismatch(context.span(node), expected="an integer", found=f"`{kind}`"))
    elif value is None and not depends_on_parameter(context, node):
        context.report(errors.types.NotConstant(context.span(node), what="the value of a `case`"))
    return None if value is None or not is_integer(kind) else as_int(value)


def check_for(context: Context, node: tree.For) -> None:
    """The variable takes the values of a range, a set, an array or the bits of a register."""
    declared = checked_type(context, node.type)
    found = _domain_type(context, node.domain)
    if not assignable(declared, found):
        context.report(
            errors.types.TypeMismatch(
                context.span(node.domain),
                expected=f"values for `{declared} {node.variable.name}`",
                found=f"`{found}`",
            )
        )
    symbol = VariableSymbol(node.variable.name, context.span(node.variable), declared, "loop")
    loop = Loop(symbol, node.domain, context.conditions, certain=not may_be_left(context, node.body))
    empty = _is_empty(context, node.domain)
    if empty:
        check_empty_range(context, node.domain)
    context.loops.append(loop)
    context.loop_depth += 1
    context.dead += empty
    with context.block():
        context.declare(node.variable, symbol)
        _block(context, node.body)
    if context.forbid_reuse and not empty:  # once more, as a second round
        with context.block():
            context.declare(node.variable, symbol)
            _block(context, node.body)
    context.dead -= empty
    context.loop_depth -= 1
    context.loops.pop()
    if context.measured is not None:
        context.measured.update(loop.measured)


def _is_empty(context: Context, node: tree.Expression) -> bool:
    if not isinstance(node, tree.Range):
        return False
    try:
        return not range_of(node, None, context.names, context.version)
    except ConstantError:
        return False


def _domain_type(context: Context, node: tree.Expression) -> Type:
    """The type of the values that a loop runs through."""
    if isinstance(node, tree.Range):
        return _range_type(context, node)
    if isinstance(node, (tree.IndexSet, tree.ArrayLiteral)):
        kinds = [infer(context, item)[0] for item in node.items]
        return UNKNOWN if not kinds or UNKNOWN in kinds else next((k for k in kinds if not is_integer(k)), INT)
    kind, _ = infer(context, node)
    if isinstance(kind, Array):
        return element_type(kind)
    if isinstance(kind, Bit) and kind.size is not None:
        return BIT
    if not isinstance(kind, Unknown):
        context.report(
            errors.types.TypeMismatch(
                context.span(node), expected="a range, a set, an array or a register of bits", found=f"`{kind}`"
            )
        )
    return UNKNOWN


def _range_type(context: Context, node: tree.Range) -> Type:
    for what, part in (("first", node.first), ("last", node.last)):
        if part is None:
            context.report(errors.types.NotConstant(context.span(node), what=f"the {what} value of this loop's range"))
            return UNKNOWN
    for part in (node.first, node.step, node.last):
        if part is None:
            continue
        kind, value = infer(context, part)
        if not isinstance(kind, Unknown) and not is_integer(kind):
            context.report(errors.types.TypeMismatch(context.span(part), expected="an integer", found=f"`{kind}`"))
            return UNKNOWN
        if part is node.step and value is not None and value.value == 0:
            context.report(errors.types.OutOfBounds(context.span(part), what="a step", wanted="not 0", found="0"))
            return UNKNOWN
    return INT
