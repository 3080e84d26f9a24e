"""From observables as written to sums of Pauli products over a circuit's registers.

Coefficients are real numbers: their `/` is not OpenQASM's integer division, which indices keep.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from qlang.sema import errors, pauli
from qlang.sema.arguments import matched
from qlang.sema.casts import assignable, cast
from qlang.sema.constants import as_integer, evaluate, range_of
from qlang.sema.functions import BUILTINS
from qlang.sema.jobs import PauliTerm
from qlang.sema.library import library_hint
from qlang.sema.observable_scope import (
    MOST_PRODUCTS,
    MOST_TERMS,
    ObservableFault,
    Qubits,
    Scope,
    no_observable,
    resolve_qubits,
    unknown_name,
)
from qlang.sema.operator_types import REALS
from qlang.sema.pauli import Polynomial
from qlang.sema.spine import left_spine
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import (
    BrokenSymbol,
    FileTerm,
    ObservableSymbol,
    ParameterSymbol,
)
from qlang.sema.types import Angle, Array, Complex, Qubit, Type, is_quantum
from qlang.sema.values import Constant, ConstantError, as_complex, integer
from qlang.syntax import tree
from qlang.syntax.diagnostic import Call, with_calls
from qlang.syntax.source import Span

MOST_DEPTH = 64
"""Observables that call one another in a chain."""
MOST_CALLS = 4
"""Calls that a diagnostic shows."""
_CALL = 10
"""What a call takes, in products."""
PAULIS = ("X", "Y", "Z", "I")
_TINY = 1e-12
_NUMBERS = (*REALS, Angle, Complex)


def expand(node: tree.Expression, scope: Scope, name: str) -> tuple[PauliTerm, ...]:
    """The observable as a real sum of different Pauli products, in a fixed order.

    Raises ObservableFault for what is no observable, has complex coefficients, or more than MOST_TERMS terms.
    """
    polynomial = _polynomial(node, scope)
    scale = max((abs(value) for value in polynomial.values()), default=0.0)
    terms = []
    for product, coefficient in sorted(polynomial.items(), key=lambda item: (len(item[0]), item[0])):
        if abs(coefficient.imag) > _TINY * scale:
            raise ObservableFault(
                errors.observables.NotReal(
                    scope.file.span(node),
                    name=name,
                    term=pauli.shown(product),
                    coefficient=_shown(coefficient),
                )
            )
        if abs(coefficient) > _TINY * scale:
            terms.append(PauliTerm(coefficient.real, product))
    return tuple(terms)


def _shown(number: complex) -> str:
    """`2i`, `1 - 0.5i`, as people write complex numbers."""
    imaginary = "" if abs(number.imag) == 1 else f"{abs(number.imag):.6g}"
    sign = "-" if number.imag < 0 else "+"
    if not number.real:
        return f"{'-' if number.imag < 0 else ''}{imaginary}i"
    return f"{number.real:.6g} {sign} {imaginary}i"


def _polynomial(node: tree.Expression, scope: Scope) -> Polynomial:
    handler = _HANDLERS.get(type(node), _number)
    result = handler(node, scope)
    if len(result) > MOST_TERMS:
        raise _too_many(node, scope)
    return result


def _too_many(node: tree.Expression, scope: Scope) -> ObservableFault:
    return ObservableFault(errors.observables.TooManyTerms(scope.file.span(node), limit=MOST_TERMS))


def _number(node: tree.Expression, scope: Scope) -> Polynomial:
    return pauli.scalar(as_complex(_constant(node, scope)))


def _evaluated(node: tree.Expression, scope: Scope) -> Constant:
    try:
        return evaluate(node, scope.names, scope.file.version)
    except ConstantError as error:
        raise ObservableFault(error.diagnostic(scope.file.span(error.node or node))) from None


def _constant(node: tree.Expression, scope: Scope) -> Constant:
    constant = _evaluated(node, scope)
    if not isinstance(constant.type, _NUMBERS):
        raise no_observable(node, scope, f"`{scope.file.span(node).text}`")
    return constant


def _name(node: tree.Name, scope: Scope) -> Polynomial:
    found = scope.find(node.name)
    if isinstance(found, Qubits):
        if found.single:
            raise no_observable(node, scope, f"the qubit `{node.name}`", f"write `X({node.name})`, `Y` or `Z`")
        raise no_observable(node, scope, f"the qubit register `{node.name}`", f"write `Z({node.name}[0])`, …")
    symbol = scope.file.lookup(node.name)
    if found is None and isinstance(symbol, ObservableSymbol):
        return _called(node, symbol, [], scope)
    if node.name in PAULIS and scope.names(node.name) is None:
        raise no_observable(node, scope, f"`{node.name}` alone", f"a Pauli matrix acts on a qubit: `{node.name}(q[0])`")
    if scope.names(node.name) is None:
        raise unknown_name(node, scope)
    return _number(node, scope)


def _unary(node: tree.UnaryOp, scope: Scope) -> Polynomial:
    if node.operator == "+":
        return _polynomial(node.operand, scope)
    if node.operator == "-":
        return {product: -value for product, value in _polynomial(node.operand, scope).items()}
    return _number(node, scope)


def _binary(node: tree.BinaryOp, scope: Scope) -> Polynomial:
    spine = left_spine(node)
    result = dict(_polynomial(spine[0].left, scope))
    for operation in spine:
        result = _operation(operation, result, scope)
        if len(result) > MOST_TERMS:
            raise _too_many(operation, scope)
    return result


def _operation(node: tree.BinaryOp, left: Polynomial, scope: Scope) -> Polynomial:
    """`left op node.right`; sums are added in place, so that long ones take linear time."""
    match node.operator:
        case "+" | "-":
            right = _polynomial(node.right, scope)
            pauli.accumulate(left, right, 1 if node.operator == "+" else -1)
            return left
        case "*":
            right = _polynomial(node.right, scope)
            _work(len(left) * len(right), node, scope)
            if len(left) * len(right) > MOST_TERMS:
                raise _too_many(node, scope)
            return pauli.multiply(left, right)
        case "/":
            return _quotient(node, left, scope)
        case _:
            if not _is_number(node, scope):
                words = f"`{node.operator}` of an observable"
                raise no_observable(node, scope, words, "combine observables by `+`, `-`, `*` and numbers")
            return _number(node, scope)


def _work(products: int, node: tree.Node, scope: Scope) -> None:
    """Count products; observables that call one another twice each would go on for ever."""
    scope.work[0] += products
    if scope.work[0] > MOST_PRODUCTS:
        what = "terms before like ones are joined"
        raise ObservableFault(errors.observables.TooManyTerms(scope.file.span(node), limit=MOST_PRODUCTS, what=what))


def _quotient(node: tree.BinaryOp, left: Polynomial, scope: Scope) -> Polynomial:
    """Division by a number; coefficients are real, so `1/2 * Z(q)` is half of Z."""
    if not _is_number(node.right, scope):
        raise no_observable(node.right, scope, "a quotient by an observable", "divide by numbers only")
    divisor = as_complex(_constant(node.right, scope))
    if divisor == 0:
        raise ObservableFault(errors.types.DivisionByZero(scope.file.span(node)))
    return {product: value / divisor for product, value in left.items()}


def _is_number(node: tree.Expression, scope: Scope) -> bool:
    """Whether an expression holds no Pauli matrix or observable."""
    for part in tree.walk(node):
        if isinstance(part, tree.Reduction):
            return False
        if isinstance(part, tree.Call) and part.callee.name not in BUILTINS:
            return False
        if isinstance(part, tree.Name) and isinstance(scope.file.lookup(part.name), ObservableSymbol):
            return scope.find(part.name) is not None
    return True


def _call(node: tree.Call, scope: Scope) -> Polynomial:
    name = node.callee.name
    symbol = scope.file.lookup(name)
    if isinstance(symbol, ObservableSymbol):
        return _called(node, symbol, node.arguments, scope)
    if name in PAULIS:
        return _pauli(node, scope)
    if name in BUILTINS:
        return _number(node, scope)
    if isinstance(symbol, BrokenSymbol):
        raise ObservableFault(None)
    if scope.file.torn:
        raise ObservableFault(None)
    span = scope.file.span(node.callee)
    known = [*PAULIS, *(item.name for item in scope.file.visible() if isinstance(item, ObservableSymbol))]
    near = suggest(name, [*known, *BUILTINS])
    hint = library_hint(name) if near is None else ""
    if near is None and not hint and len(name) == 1:
        hint = "the Pauli matrices are `X`, `Y`, `Z` and `I`"
    raise ObservableFault(errors.names.UnknownFunction(span, name=name, suggestion=near, hint=hint))


def _pauli(node: tree.Call, scope: Scope) -> Polynomial:
    name = node.callee.name
    if len(node.arguments) != 1:
        raise ObservableFault(
            errors.types.WrongArgumentCount(
                scope.file.span(node), name=name, wanted="1 qubit", found=len(node.arguments)
            )
        )
    argument = node.arguments[0].value
    qubits = resolve_qubits(argument, scope)
    if name == "I":
        return pauli.scalar(1)
    if len(qubits.wires) != 1:
        span = scope.file.span(node)
        shown = scope.file.span(argument).text
        raise ObservableFault(
            errors.observables.PauliOnRegister(span, pauli=name, operand=shown, size=len(qubits.wires))
        )
    register, index = qubits.wires[0]
    return {((register, index, name),): 1}


def _called(node: tree.Node, symbol: ObservableSymbol, arguments: list[tree.Argument], scope: Scope) -> Polynomial:
    if symbol.flaws:
        raise ObservableFault(None)
    if scope.depth >= MOST_DEPTH:
        raise no_observable(node, scope, f"`{symbol.name}`, which calls itself,")
    _work(_CALL + len(symbol.terms or ()), node, scope)
    bindings = _bound(node, symbol, arguments, scope)
    if symbol.terms is not None:
        return _listed(symbol.terms, bindings[symbol.parameters[0].name])
    registers = scope.registers if not symbol.parameters else {}
    inner = replace(scope, file=symbol.scope, bindings=bindings, registers=registers, depth=scope.depth + 1)
    try:
        return _polynomial(symbol.value, inner)
    except ObservableFault as fault:
        if fault.diagnostic is None or scope.depth > MOST_CALLS:
            raise
        call = Call(scope.file.span(node), symbol.name)
        if any(each.span == call.span for each in fault.diagnostic.calls()):
            raise
        raise ObservableFault(with_calls(fault.diagnostic, [call])) from None


def _listed(terms: Sequence[FileTerm], qubits: Qubits | Constant) -> Polynomial:
    """The terms of a file, on the qubits that stand for its own."""
    assert isinstance(qubits, Qubits)
    total: Polynomial = {}
    for term in terms:
        product = tuple(sorted((*qubits.wires[index], letter) for index, letter in term.factors))
        total[product] = total.get(product, 0) + term.coefficient
    return total


def _bound(
    node: tree.Node, symbol: ObservableSymbol, arguments: list[tree.Argument], scope: Scope
) -> dict[str, Qubits | Constant]:
    given, problems = matched(symbol.parameters, arguments, scope.file.span, node, f"`{symbol.name}`")
    if problems:
        raise ObservableFault(problems[0])
    bindings: dict[str, Qubits | Constant] = {}
    for parameter in symbol.parameters:
        value = given.get(parameter.name)
        if value is None and parameter.default is not None:
            default = Scope(symbol.scope, bindings, {})
            bindings[parameter.name] = _constant(parameter.default, default)
        elif value is not None and is_quantum(parameter.type):
            bindings[parameter.name] = _qubit_argument(value, parameter.type, scope, parameter.span)
        elif value is not None and isinstance(parameter.type, Array):
            bindings[parameter.name] = _array_argument(value, parameter, scope)
        elif value is not None:
            bindings[parameter.name] = _constant(value, scope)
    return bindings


def _array_argument(node: tree.Expression, parameter: ParameterSymbol, scope: Scope) -> Constant:
    constant, span = _evaluated(node, scope), scope.file.span(node)
    if not assignable(parameter.type, constant.type):
        found = f"`{constant.type}`"
        raise ObservableFault(
            errors.types.TypeMismatch(
                span,
                expected=f"`{parameter.type}`",
                found=found,
                reason=parameter.span,
                reason_text="because of this parameter",
            )
        )
    try:
        return cast(parameter.type, constant)
    except ConstantError as error:
        raise ObservableFault(error.diagnostic(span)) from None


def _qubit_argument(node: tree.Expression, kind: Type, scope: Scope, declared: Span) -> Qubits:
    qubits = resolve_qubits(node, scope)
    if not isinstance(kind, Qubit):
        return Qubits(qubits.wires, single=False)
    if len(qubits.wires) != (kind.size or 1):
        span = scope.file.span(node)
        found = f"`{Qubit(None if qubits.single else len(qubits.wires))}`"
        raise ObservableFault(
            errors.types.TypeMismatch(
                span, expected=f"`{kind}`", found=found, reason=declared, reason_text="because of this parameter"
            )
        )
    return Qubits(qubits.wires, single=kind.size is None)


def _reduction(node: tree.Reduction, scope: Scope) -> Polynomial:
    total = pauli.scalar(1) if node.kind == "prod" else {}
    for value in _domain(node, scope):
        inner = replace(scope, bindings={**scope.bindings, node.variable.name: integer(value)})
        term = _polynomial(node.body, inner)
        if node.kind == "sum":
            pauli.accumulate(total, term)
        elif len(total) * len(term) > MOST_TERMS:
            raise _too_many(node, scope)
        else:
            total = pauli.multiply(total, term)
        if len(total) > MOST_TERMS:
            raise _too_many(node, scope)
    return total


def _domain(node: tree.Reduction, scope: Scope) -> range | list[int]:
    domain = node.domain
    try:
        if isinstance(domain, tree.Range):
            numbers = range_of(domain, None, scope.names, scope.file.version)
            if len(numbers) > MOST_TERMS:
                raise _too_many(node, scope)
            return numbers
        items = domain.items if isinstance(domain, (tree.IndexSet, tree.ArrayLiteral)) else [domain]
        return [as_integer(evaluate(item, scope.names, scope.file.version)) for item in items]
    except ConstantError as error:
        raise ObservableFault(error.diagnostic(scope.file.span(error.node or domain))) from None


_HANDLERS: dict[type[tree.Expression], Callable[..., Polynomial]] = {
    tree.Name: _name,
    tree.UnaryOp: _unary,
    tree.BinaryOp: _binary,
    tree.Call: _call,
    tree.Reduction: _reduction,
}
