"""`backend`: candidates and the conditions on them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, cast

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.infer import infer
from qlang.sema.jobs import CheckedBackend, Condition
from qlang.sema.library import library_hint
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import BrokenSymbol, NoiseSymbol
from qlang.sema.types import Duration, Money, Unknown, is_real
from qlang.sema.values import as_float
from qlang.syntax import tree
from qlang.syntax.source import Span

Kind = Literal["device", "sim", "sim like", "sim with"]

DEFAULT = (CheckedBackend("sim", "", (), None),)


@dataclass(frozen=True)
class Field:
    """A property of a backend: `number`, `word`, `truth`, `age` or `price`."""

    kind: str


FIELDS: dict[str, Field] = {
    "qubits": Field("number"),
    "calibrated": Field("age"),
    "vendor": Field("word"),
    "region": Field("word"),
    "cost_per_shot": Field("price"),
    "crypto": Field("word"),
    "simulator": Field("truth"),
}

_RELATIONS: dict[str, tuple[str, ...]] = {
    "number": ("==", "!=", "<", "<=", ">", ">="),
    "price": ("<", "<="),
    "word": ("==", "!="),
    "truth": ("==", "!="),
    "age": ("within",),
}


def check_backends(
    context: Context, nodes: Iterable[tree.BackendPattern], state: tree.State | None
) -> tuple[CheckedBackend, ...] | None:
    """The candidates in order; `None` after a report."""
    backends = [_backend(context, node, state) for node in nodes]
    return None if None in backends else tuple(backend for backend in backends if backend is not None)


def _backend(context: Context, node: tree.BackendPattern, state: tree.State | None) -> CheckedBackend | None:
    span = context.span(node)
    good = True
    noise = None
    if node.kind == "sim with":
        symbol = context.lookup(node.name)
        if isinstance(symbol, NoiseSymbol):
            noise = symbol
            _note_use(context, node)
        elif not isinstance(symbol, BrokenSymbol):
            _report_noise(context, node)
            good = False
        else:
            good = False
    if state is not None and node.kind != "sim":
        shown = f"`{node.kind} {node.name}`" if node.kind != "device" else f"`{node.name}`"
        context.report(errors.backend.StateOnDevice(span, backend=shown, state=context.span(state)))
        good = False
    parts = [] if node.condition is None else list(_conjuncts(node.condition))
    conditions = [_condition(context, part) for part in parts]
    if None in conditions or not good:
        return None
    known = tuple(condition for condition in conditions if condition is not None)
    return CheckedBackend(cast(Kind, node.kind), node.name, known, span, noise)


def _name_node(context: Context, node: tree.BackendPattern) -> tree.Name:
    """The name after `sim with`, as a node to blame."""
    start = node.start + context.span(node).text.index(node.name, len("sim"))
    return tree.Name(start, start + len(node.name), node.name)


def _note_use(context: Context, node: tree.BackendPattern) -> None:
    context.use(_name_node(context, node))


def _report_noise(context: Context, node: tree.BackendPattern) -> None:
    known = context.visible((NoiseSymbol,))
    names = tuple(known)
    span = context.span(_name_node(context, node))
    near = suggest(node.name, names)
    hint = library_hint(node.name, NoiseSymbol) if near is None else ""
    context.report(errors.backend.UnknownNoise(span, name=node.name, known=names, suggestion=near, hint=hint))


def _conjuncts(node: tree.Expression) -> Iterator[tree.Expression]:
    """The conditions that `&&` joins."""
    if isinstance(node, tree.BinaryOp) and node.operator == "&&":
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _condition(context: Context, node: tree.Expression) -> Condition | None:
    span = context.span(node)
    if isinstance(node, tree.Missing):
        return None
    if isinstance(node, tree.BinaryOp) and node.operator == "||":
        problem = "conditions are joined by `&&`; for `||` list the backend twice, with a condition each"
        context.report(errors.backend.InvalidCondition(span, problem=problem))
        return None
    if not isinstance(node, tree.BinaryOp) or not isinstance(node.left, tree.Name):
        problem = "a condition compares a property with a value, like `qubits >= 8`"
        context.report(errors.backend.InvalidCondition(span, problem=problem))
        return None
    name = node.left.name
    field = FIELDS.get(name)
    if field is None:
        known = tuple(FIELDS)
        context.report(
            errors.backend.UnknownField(
                context.span(node.left), name=name, known=known, suggestion=suggest(name, known)
            )
        )
        return None
    allowed = _RELATIONS[field.kind]
    if node.operator not in allowed:
        listed = ", ".join(f"`{relation}`" for relation in allowed)
        problem = f"`{name}` is compared by {listed}, found `{node.operator}`"
        context.report(errors.backend.InvalidCondition(span, problem=problem))
        return None
    value = _value(context, name, field, node.right)
    return None if value is None else Condition(name, node.operator, value, span)


def _value(context: Context, name: str, field: Field, node: tree.Expression) -> int | float | str | bool | None:
    span = context.span(node)
    if field.kind == "word":
        if isinstance(node, tree.Name):
            return node.name
        if isinstance(node, tree.StringLiteral):
            return node.value
        context.report(errors.types.TypeMismatch(span, expected="a word or a string", found=f"`{span.text}`"))
        return None
    kind, value = infer(context, node)
    if isinstance(kind, Unknown):
        return None
    if value is None:
        context.report(errors.types.NotConstant(span, what=f"the bound on `{name}`"))
        return None
    number = value.value
    if field.kind == "truth" and isinstance(number, bool):
        return number
    if field.kind == "age" and kind == Duration() and isinstance(number, float):
        return number
    if field.kind == "price" and isinstance(kind, Money) and isinstance(number, float):
        return number
    if field.kind == "number" and is_real(kind) and not isinstance(number, bool):
        return number if isinstance(number, int) else as_float(value)
    _report_value(context, span, name, field, str(kind))
    return None


_WANTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "truth": ("`true` or `false`", ()),
    "age": ("a time", ("min", "h", "days")),
    "price": ("an amount of money", ("usd", "eur")),
    "number": ("a number", ()),
}


def _report_value(context: Context, span: Span, name: str, field: Field, found: str) -> None:
    wanted, units = _WANTED[field.kind]
    plain = bool(units) and found in ("int", "float")
    context.report(
        errors.types.WrongUnit(
            span,
            what=f"`{name}`",
            wanted=wanted,
            found="a plain number" if plain else f"`{found}`",
            units=units,
            append={"age": " h", "price": " usd"}.get(field.kind) if plain else None,
        )
    )
