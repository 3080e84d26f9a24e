"""Names for parts of variables: `let` over classical registers and arrays, and arrays passed by reference.

Assigning to such a name changes the variables below it.
"""

from collections.abc import Iterable, Iterator

from qlang.compiler.lowering.conversions import convert
from qlang.compiler.lowering.emitter import Emitter
from qlang.compiler.lowering.expressions import assigned, selections, value
from qlang.compiler.lowering.frame import Frame, JoinedView, Known, Reference, Variable, View
from qlang.compiler.lowering.problems import not_executable
from qlang.compiler.lowering.selections import replaced, taken
from qlang.compiler.lowering.viewing import length, read
from qlang.sema.symbols import ParameterSymbol
from qlang.sema.types import Array
from qlang.syntax import tree


def write(emitter: Emitter, reference: Reference, known: Known) -> None:
    """Assign to a variable or view. Raises ConstantError where the value does not fit."""
    match reference:
        case Variable():
            reference.value = convert(emitter, reference.type, known)
        case View(base, places):
            write(emitter, base, replaced(emitter, read(emitter, base), places, known))
        case JoinedView(left, right):
            split = length(read(emitter, left))
            end = split + length(read(emitter, right))
            write(emitter, left, taken(emitter, known, (tuple(range(split)),)))
            write(emitter, right, taken(emitter, known, (tuple(range(split, end)),)))


def store(frame: Frame, target: tree.Expression, known: Known) -> None:
    """Assign to a variable, an element, bits or a slice.

    Raises LoweringError where the target cannot take it, ConstantError where the value does not fit.
    """
    if isinstance(target, tree.Index):
        base = value(frame, target.base)
        places = selections(frame, target.items, base.type)
        store(frame, target.base, replaced(frame.emitter, base, places, known))
        return
    found = frame.lookup(target.name) if isinstance(target, tree.Name) else None
    if not isinstance(found, (Variable, View, JoinedView)):
        text = frame.span(target).text
        raise not_executable(frame, target, f"an assignment to `{text}`", "assign to a variable or to its elements")
    write(frame.emitter, found, known)


def reference_of(frame: Frame, expression: tree.Expression) -> Reference | None:
    """What an expression refers to, if it names variables or parts of them; `None` for values.

    Indices keep the values that they have here.
    """
    match expression:
        case tree.Name():
            found = frame.lookup(expression.name)
            return found if isinstance(found, (Variable, View, JoinedView)) else None
        case tree.Index():
            base = reference_of(frame, expression.base)
            if base is None:
                return None
            kind = read(frame.emitter, base).type
            return View(base, tuple(selections(frame, expression.items, kind)))
        case tree.BinaryOp(operator="++"):
            left, right = reference_of(frame, expression.left), reference_of(frame, expression.right)
            return None if left is None or right is None else JoinedView(left, right)
        case _:
            return None


def bind_alias(frame: Frame, name: str, expression: tree.Expression) -> None:
    """`let name = expression` over classical values; constants are named as they are."""
    reference = reference_of(frame, expression)
    if reference is None:
        frame.bind_value(name, value(frame, expression))
    else:
        frame.bind(name, reference)


def bind_argument(frame: Frame, inner: Frame, parameter: ParameterSymbol, expression: tree.Expression) -> None:
    """A classical argument of a subroutine: arrays that may change are passed by reference, all else by value."""
    kind = parameter.type
    if isinstance(kind, Array) and parameter.access == "mutable":
        reference = reference_of(frame, expression)
        found = None if reference is None else read(frame.emitter, reference).type
        if reference is None or not isinstance(found, Array) or found.element != kind.element:
            wanted = f"an array of `{kind.element}`"
            raise not_executable(frame, expression, f"`{found}` as a `mutable` argument", f"pass {wanted}")
        inner.bind(parameter.name, reference)
        return
    known = assigned(frame, kind, expression)
    inner.bind_value(parameter.name, known, known.type if isinstance(kind, Array) else kind)


def changed_variables(frame: Frame, names: Iterable[str], calls: Iterable[tree.Call]) -> list[Variable]:
    """The outer variables below names that a body assigns to, and below arrays that it passes by reference."""
    from qlang.sema.symbols import SubroutineSymbol

    found: dict[int, Variable] = {}

    def note(name: str) -> None:
        bound = frame.lookup(name)
        if isinstance(bound, (Variable, View, JoinedView)):
            found.update((id(variable), variable) for variable in variables(bound))

    for name in names:
        note(name)
    for call in calls:
        symbol = frame.scope.lookup(call.callee.name)
        if isinstance(symbol, SubroutineSymbol):
            for parameter, argument in zip(symbol.parameters, call.arguments, strict=False):
                if parameter.access == "mutable":
                    for part in tree.walk(argument.value):
                        if isinstance(part, tree.Name):
                            note(part.name)
    return list(found.values())


def variables(reference: Reference) -> Iterator[Variable]:
    """The variables that a reference reaches."""
    match reference:
        case Variable():
            yield reference
        case View():
            yield from variables(reference.base)
        case JoinedView():
            yield from variables(reference.left)
            yield from variables(reference.right)
