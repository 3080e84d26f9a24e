"""`mitigate`: methods known, arguments sensible, order and combination possible."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.infer import infer
from qlang.sema.jobs import ArgumentValue, CheckedMitigation, MethodSpec
from qlang.sema.suggestions import suggest
from qlang.sema.types import Ratio, Unknown, is_integer
from qlang.sema.values import as_int
from qlang.syntax import tree
from qlang.syntax.spelling import Uncertain


@dataclass(frozen=True)
class Method:
    """What the language knows of a method; its mathematics live elsewhere."""

    rank: int
    """Place in the order from the detector inwards."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Name and kind of each: `count`, `scales`, or the words that it may be, joined by `|`."""
    estimator: bool = False
    """Estimates the noise-free value of an observable, so that only one may be used."""
    observables_only: bool = False


METHODS: dict[str, Method] = {
    "readout": Method(0),
    "ddd": Method(1, (("sequence", "xx|yy|xy4"),)),
    "twirl": Method(2, (("count", "count"),)),
    "zne": Method(3, (("scales", "scales"), ("fit", "linear|richardson")), estimator=True, observables_only=True),
    "pec": Method(3, (("samples", "count"),), estimator=True, observables_only=True),
    "cdr": Method(3, (("circuits", "count"),), estimator=True, observables_only=True),
    "ml_qem": Method(4, observables_only=True),
}

NO_MITIGATION = CheckedMitigation("none", None, (), None)


def check_mitigation(
    context: Context, node: tree.Mitigate, expects: bool, state: tree.State | None
) -> CheckedMitigation | None:
    """The statement as checked; `None` after a report."""
    span = context.span(node)
    if node.mode != "none" and state is not None:
        context.report(errors.mitigation.StateNotMitigated(span, state=context.span(state)))
        return None
    if node.mode != "list":
        within = None if node.within is None else _within(context, node.within)
        if node.within is not None and within is None:
            return None
        return CheckedMitigation("auto" if node.mode == "auto" else "none", within, (), span)
    methods = [_method(context, method) for method in node.methods]
    good = _check_combination(context, node.methods, expects)
    if None in methods or not good:
        return None
    return CheckedMitigation("list", None, tuple(method for method in methods if method), span)


def _within(context: Context, node: tree.Expression) -> float | None:
    """The factor of `within 10x`."""
    kind, value = infer(context, node)
    if isinstance(kind, Unknown):
        return None
    span = context.span(node)
    if kind != Ratio("x") or value is None or not isinstance(value.value, float):
        if context.is_cut_short(node):
            return None
        append = "x" if isinstance(node, (tree.IntLiteral, tree.FloatLiteral)) else None
        context.report(
            errors.types.WrongUnit(
                span,
                what="the allowed overhead",
                wanted="a multiple of the raw shots, like `10x`",
                found=f"`{kind}`" if append is None else "a plain number",
                units=("x",),
                append=append,
            )
        )
        return None
    if value.value < 1:
        context.report(
            errors.types.OutOfBounds(span, what="the allowed overhead", wanted="at least `1x`", found=span.text)
        )
        return None
    return value.value


def _name(node: tree.Expression) -> tree.Name | None:
    if isinstance(node, tree.Call):
        return node.callee
    return node if isinstance(node, tree.Name) else None


def _method(context: Context, node: tree.Expression) -> MethodSpec | None:
    name = _name(node)
    if name is None:
        return None
    method = METHODS.get(name.name)
    if not name.name:  # nothing is written there, which has its diagnostic
        return None
    if name.name in ("auto", "none"):
        context.report(errors.mitigation.StandsAlone(context.span(name), name=name.name))
        return None
    if method is None:
        known = tuple(METHODS)
        context.report(
            errors.mitigation.UnknownMethod(
                context.span(name), name=name.name, known=known, suggestion=suggest(name.name, known)
            )
        )
        return None
    arguments: dict[str, ArgumentValue] = {}
    good = True
    for place, argument in enumerate(node.arguments if isinstance(node, tree.Call) else ()):
        parameter = _parameter(context, name.name, method, argument, place)
        value = None if parameter is None else _argument(context, name.name, parameter, argument.value)
        if parameter is None or value is None:
            good = False
        elif parameter[0] in arguments:
            _report(context, argument, name.name, f"`{parameter[0]}` is given twice")
            good = False
        else:
            arguments[parameter[0]] = value
    return MethodSpec(name.name, arguments, context.span(node)) if good else None


def _report(context: Context, node: tree.Node, method: str, problem: str, suggestion: str | None = None) -> None:
    context.report(
        errors.mitigation.MethodArgument(context.span(node), method=method, problem=problem, suggestion=suggestion)
    )


def _parameter(
    context: Context, name: str, method: Method, argument: tree.Argument, place: int
) -> tuple[str, str] | None:
    if argument.name is not None:
        written = argument.name.name
        found = next((parameter for parameter in method.parameters if parameter[0] == written), None)
        if found is None:
            known = [parameter[0] for parameter in method.parameters]
            listed = f"its arguments are {', '.join(f'`{each}`' for each in known)}" if known else "it takes none"
            problem = f"there is no argument `{written}`; {listed}"
            _report(context, argument.name, name, problem, suggest(written, known))
        return found
    if place >= len(method.parameters):
        _report(context, argument, name, f"it takes {errors.circuits.counted(len(method.parameters), 'argument')}")
        return None
    return method.parameters[place]


def _argument(context: Context, method: str, parameter: tuple[str, str], node: tree.Expression) -> ArgumentValue | None:
    name, kind = parameter
    reader = _READERS.get(kind)
    return _word(context, method, name, kind, node) if reader is None else reader(context, method, name, node)


def _word(context: Context, method: str, name: str, kind: str, node: tree.Expression) -> str | None:
    words = kind.split("|")
    if isinstance(node, tree.Name) and node.name in words:
        return node.name
    near = suggest(node.name, words) if isinstance(node, tree.Name) else None
    near = None if near is None else Uncertain(near)  # another sequence is another thing
    _report(context, node, method, f"`{name}` is one of {', '.join(f'`{word}`' for word in words)}", near)
    return None


def _count(context: Context, method: str, name: str, node: tree.Expression) -> int | None:
    kind, value = infer(context, node)
    if isinstance(kind, Unknown):
        return None
    if value is None or not is_integer(kind) or as_int(value) < 1:
        _report(context, node, method, f"`{name}` is a whole number from 1")
        return None
    return as_int(value)


def _scales(context: Context, method: str, name: str, node: tree.Expression) -> tuple[int, ...] | None:
    if not isinstance(node, tree.ListLiteral):
        _report(context, node, method, f"`{name}` is a list of odd numbers, like `[1, 3, 5]`")
        return None
    scales: list[int] = []
    for item in node.items:
        kind, value = infer(context, item)
        if isinstance(kind, Unknown):
            return None
        scale = as_int(value) if value is not None and is_integer(kind) else None
        if scale is None or scale < 1 or scale % 2 == 0:
            shown = context.span(item).text
            odd = f"[{', '.join(str(2 * k + 1) for k in range(max(len(node.items), 2)))}]"
            span = context.span(item)
            context.report(errors.mitigation.EvenScale(span, value=shown, whole=context.span(node), replacement=odd))
            return None
        scales.append(scale)
    if len(scales) < 2 or scales[0] != 1 or scales != sorted(set(scales)):
        _report(context, node, method, "the scales grow, begin with 1, and are at least two")
        return None
    return tuple(scales)


_READERS: dict[str, Callable[[Context, str, str, tree.Expression], ArgumentValue | None]] = {
    "count": _count,
    "scales": _scales,
}


def _check_combination(context: Context, nodes: Sequence[tree.Expression], expects: bool) -> bool:
    """Repetition, order, two estimators, estimators without an observable: the first fault of each method."""
    seen: list[tuple[str, tree.Expression]] = []
    good = True
    for node in nodes:
        name = _name(node)
        if name is None or name.name not in METHODS:
            continue
        good = _check_one(context, nodes, seen, node, name.name, expects) and good
        seen.append((name.name, node))
    return good


def _check_one(
    context: Context,
    nodes: Sequence[tree.Expression],
    seen: list[tuple[str, tree.Expression]],
    node: tree.Expression,
    name: str,
    expects: bool,
) -> bool:
    method = METHODS[name]
    span = context.span(node)
    same = next((other for known, other in seen if known == name), None)
    if same is not None:
        context.report(errors.mitigation.RepeatedMethod(span, name=name, first=context.span(same)))
        return False
    rival = next(((known, other) for known, other in seen if METHODS[known].estimator and method.estimator), None)
    if rival is not None:
        context.report(
            errors.mitigation.IncompatibleMethods(span, second=name, first_name=rival[0], first=context.span(rival[1]))
        )
        return False
    ahead = next(((known, other) for known, other in seen if METHODS[known].rank > method.rank), None)
    if ahead is not None:
        disorder = any(METHODS[first].rank > METHODS[second].rank for (first, _), (second, _) in pairwise(seen))
        if not disorder:  # one order mends all
            context.report(_order(context, nodes, node, name, ahead))
        return False
    if method.observables_only and not expects:
        context.report(errors.mitigation.NeedsExpectation(span, method=name))
        return False
    return True


def _order(
    context: Context,
    nodes: Sequence[tree.Expression],
    node: tree.Expression,
    name: str,
    ahead: tuple[str, tree.Expression],
) -> "errors.mitigation.WrongOrder":
    def rank(method: tree.Expression) -> int:
        written = _name(method)
        known = None if written is None else METHODS.get(written.name)
        return len(METHODS) if known is None else known.rank

    ordered = ", ".join(context.span(method).text for method in sorted(nodes, key=rank))
    whole = context.scope.span(tree.Missing(nodes[0].start, nodes[-1].end))
    return errors.mitigation.WrongOrder(
        context.span(node),
        later=name,
        earlier=ahead[0],
        other=context.span(ahead[1]),
        whole=whole,
        reordered=ordered,
    )
