"""`run circuit(arguments)`: a value for every parameter, and the registers that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qlang.sema import errors
from qlang.sema.arguments import matched
from qlang.sema.casts import assignable, cast
from qlang.sema.constants import evaluate
from qlang.sema.context import Context
from qlang.sema.infer import infer
from qlang.sema.jobs import SweepAxis, SweepReference
from qlang.sema.statements import innermost
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import CircuitSymbol, ConstantSymbol, GateSymbol, ParameterSymbol
from qlang.sema.type_names import positive_size, resolve_type
from qlang.sema.types import (
    DEFAULT_WIDTH,
    FLOAT,
    Angle,
    Array,
    Bit,
    Bool,
    Duration,
    Float,
    Int,
    Qubit,
    Type,
    UInt,
    Unknown,
    is_integer,
    is_real,
)
from qlang.sema.values import CONSTANTS, Constant, ConstantError
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span

Arguments = dict[str, Constant | SweepReference]


@dataclass(frozen=True, slots=True)
class Registers:
    """Sizes of a bound circuit's registers, in order of declaration, and where they are declared."""

    qubits: Mapping[str, int]
    bits: Mapping[str, int]
    """Outputs of other types count as registers of the bits that they are stored in."""
    declarations: Mapping[str, Span]
    values: Mapping[str, Type] = field(default_factory=dict)
    """The types of outputs that are no bits."""
    declared: bool = False
    """Whether the circuit says what its outputs are."""


def bind_arguments(
    context: Context, circuit: CircuitSymbol, call: tree.Call, axes: Mapping[str, SweepAxis | None]
) -> Arguments | None:
    """A constant or a sweep for every parameter; `None` after a report.

    `axes` holds every swept name, with `None` where the sweep itself has mistakes.
    """
    given, problems = matched(circuit.parameters, call.arguments, context.span, call, f"circuit `{circuit.name}`")
    for problem in problems:
        context.report(problem)
    arguments: Arguments = {}
    for parameter in circuit.parameters:
        node = given.get(parameter.name)
        value = default_value(circuit, parameter) if node is None else _argument(context, parameter, node, axes)
        if value is not None:
            arguments[parameter.name] = value
    return arguments if len(arguments) == len(circuit.parameters) and not problems else None


def default_value(circuit: CircuitSymbol, parameter: ParameterSymbol) -> Constant | None:
    """The value of a parameter's default; `None` where there is none or it has its diagnostic."""
    if parameter.default is None or isinstance(parameter.type, Unknown):
        return None
    try:
        value = evaluate(parameter.default, lambda name: file_constant(circuit, name), circuit.scope.version)
        return cast(parameter.type, value)
    except ConstantError:
        return None


def file_constant(circuit: CircuitSymbol, name: str) -> Constant | None:
    """A constant that a circuit's file knows by a name."""
    symbol = circuit.scope.lookup(name)
    return symbol.constant if isinstance(symbol, ConstantSymbol) else CONSTANTS.get(name)


def _argument(
    context: Context, parameter: ParameterSymbol, node: tree.Expression, axes: Mapping[str, SweepAxis | None]
) -> Constant | SweepReference | None:
    if isinstance(node, tree.Name) and node.name in axes:
        axis = axes[node.name]
        context.use(node)
        fits = axis is None or _sweep_fits(context, parameter, node, axis)
        return SweepReference(node.name) if fits else None
    if isinstance(node, tree.Name) and node.name not in CONSTANTS and node.name and not context.scope.torn:
        symbol = context.lookup(node.name)
        if symbol is None or isinstance(symbol, GateSymbol):  # a gate's name is hardly what was meant
            near = suggest(node.name, axes)
            context.report(errors.names.UnknownName(context.span(node), node.name, near, tuple(axes)))
            return None
    if isinstance(node, tree.ListLiteral) and isinstance(parameter.type, Array):
        context.report(_in_brackets(context, node))
        return None
    kind, value = infer(context, node)
    if isinstance(kind, Unknown) or isinstance(parameter.type, Unknown):
        return None
    span = context.span(node)
    if not assignable(parameter.type, kind):
        _mismatch(context, span, parameter, f"`{kind}`")
        return None
    if value is None:
        swept = next((name for name in _names(node) if name in axes), None)
        help = f"an argument is a number or a swept name alone: sweep over the values of `{span.text}` instead"
        what = f"`{span.text}`"
        context.report(errors.types.NotConstant(span, what=what, help="" if swept is None else help))
        return None
    try:
        return cast(parameter.type, value)
    except ConstantError as error:
        context.report_error(error, node)
        return None


def _in_brackets(context: Context, node: tree.ListLiteral) -> Diagnostic:
    lists = [part for part in tree.walk(node) if isinstance(part, tree.ListLiteral)]
    source = context.span(node).source
    return errors.arrays.ArrayInBrackets(
        context.span(node),
        opening=tuple(Span(source, each.start, each.start + 1) for each in lists),
        closing=tuple(Span(source, each.end - 1, each.end) for each in lists),
    )


def _names(node: tree.Expression) -> list[str]:
    return [part.name for part in tree.walk(node) if isinstance(part, tree.Name)]


def _mismatch(context: Context, span: Span, parameter: ParameterSymbol, found: str) -> None:
    context.report(
        errors.types.TypeMismatch(
            span,
            expected=f"`{parameter.type}` for `{parameter.name}`",
            found=found,
            reason=parameter.span,
            reason_text="declared here",
        )
    )


def _sweep_fits(context: Context, parameter: ParameterSymbol, node: tree.Name, axis: SweepAxis) -> bool:
    column = axis.names.index(node.name)
    fractional = next((point[column] for point in axis.points if isinstance(point[column], float)), None)
    kind: Type = FLOAT if fractional is not None else Int()
    if isinstance(parameter.type, Unknown) or (assignable(parameter.type, kind) and is_real(parameter.type)):
        return True
    if fractional is not None and is_integer(parameter.type):
        whole = all(float(point[column]).is_integer() for point in axis.points)
        if whole and isinstance(parameter.type, (Int, UInt)):
            return True
    _mismatch(context, context.span(node), parameter, f"a sweep of `{kind}`")
    return False


def stored_bits(kind: Type) -> int:
    """Bits that an output is read as: a number's width, 64 for floats. Raises ConstantError for arrays and complex."""
    match kind:
        case Bool():
            return 1
        case Float() | Duration():
            return DEFAULT_WIDTH
        case Int() | UInt() | Angle() if (kind.width or DEFAULT_WIDTH) <= DEFAULT_WIDTH:
            return kind.width or DEFAULT_WIDTH
        case _:
            raise ConstantError(lambda span: _no_output(span, kind))


def _no_output(span: Span, kind: Type) -> Diagnostic:
    instead = "give each element an `output` of its own" if isinstance(kind, Array) else "give its parts as `float`"
    return errors.circuits.NotExecutable(span, construct=f"an `output` of type `{kind}`", instead=instead)


class _Swept(Exception):
    """A size that depends on a sweep."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def circuit_registers(
    context: Context, circuit: CircuitSymbol, arguments: Arguments, run: tree.Run | Span
) -> Registers | None:
    """The registers that a circuit declares for these arguments; `None` after a report.

    Only declarations at the top of the body count; bits declared in blocks are local.
    """
    found = _Declared(circuit, dict(arguments))
    for statement in circuit.body:
        node = innermost(statement)
        if not isinstance(node, tree.QubitDeclaration | tree.ClassicalDeclaration):
            continue
        try:
            found.read(node)
        except _Swept as swept:
            if isinstance(node, tree.ClassicalDeclaration) and node.kind != "const" and node.type.name != "bit":
                continue
            declaration = circuit.scope.span(node)
            context.report(
                errors.jobs.SizeDependsOnSweep(
                    _mention(context, run, swept.name),
                    register=node.name.name,
                    sweep=swept.name,
                    declaration=declaration,
                )
            )
            return None
        except ConstantError as error:
            context.report(error.diagnostic(circuit.scope.span(error.node or node)))
            return None
    if not found.qubits:
        found.qubits |= physical_register(circuit)
    return found.registers()


def physical_register(circuit: CircuitSymbol) -> dict[str, int]:
    """The register `$` of a circuit on physical qubits: up to the last that it names."""
    indices = [
        node.index
        for statement in circuit.body
        for node in tree.walk(statement)
        if isinstance(node, tree.HardwareQubit)
    ]
    return {"$": max(indices) + 1} if indices else {}


def _mention(context: Context, run: tree.Run | Span, name: str) -> Span:
    """Where a `run` statement names something."""
    if isinstance(run, Span):
        return run
    names = (part for part in tree.walk(run.call) if isinstance(part, tree.Name) and part.name == name)
    return context.span(next(names, run))


@dataclass(slots=True)
class _Declared:
    """What the declarations of a circuit say, one after the other."""

    circuit: CircuitSymbol
    known: dict[str, Constant | Type | SweepReference]
    qubits: dict[str, int] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    values: dict[str, Type] = field(default_factory=dict)
    declarations: dict[str, Span] = field(default_factory=dict)

    def read(self, node: tree.QubitDeclaration | tree.ClassicalDeclaration) -> None:
        """Raises ConstantError, and _Swept for a size that depends on a sweep."""
        if isinstance(node, tree.QubitDeclaration):
            size = None if node.size is None else positive_size(node.size, self._value)
            self.qubits[node.name.name] = size or 1
            self.known[node.name.name] = Qubit(size)
            self.declarations[node.name.name] = self.circuit.scope.span(node.name)
        else:
            self._read_classical(node, node.name.name)

    def _read_classical(self, node: tree.ClassicalDeclaration, name: str) -> None:
        kind = resolve_type(node.type, self._value)
        self.known[name] = kind
        if node.kind == "const" and node.value is not None:
            self.known[name] = cast(kind, self._value(node.value))
        elif isinstance(kind, Bit):
            self.bits[name] = kind.size or 1
            self.declarations[name] = self.circuit.scope.span(node.name)
            if node.kind == "output":
                self.outputs.add(name)
        elif node.kind == "output":
            self.bits[name] = stored_bits(kind)
            self.values[name] = kind
            self.outputs.add(name)
            self.declarations[name] = self.circuit.scope.span(node.name)

    def registers(self) -> Registers:
        """Bits that are marked as outputs stand for all."""
        bits = {name: size for name, size in self.bits.items() if not self.outputs or name in self.outputs}
        return Registers(self.qubits, bits, self.declarations, self.values, bool(self.outputs))

    def _value(self, expression: tree.Expression) -> Constant:
        return evaluate(expression, self._named, self.circuit.scope.version)

    def _named(self, name: str) -> Constant | Type | None:
        found = self.known.get(name)
        if isinstance(found, SweepReference):
            raise _Swept(found.name)
        return file_constant(self.circuit, name) if found is None else found
