"""From Python functions to checked definitions."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from qlang.embedding.captured import literal
from qlang.embedding.definition import NOTHING, Definition, Parameter, Place
from qlang.embedding.expressions import expression, integer
from qlang.embedding.kinds import BIT, BITS, BOOL, FLOAT, INT, LIST, QUBIT, QUBITS, Kind, Value, named
from qlang.embedding.reader import Reader, Variable
from qlang.embedding.scopes import scopes_of
from qlang.embedding.source import PythonFunction, read_function
from qlang.embedding.statements import statements
from qlang.embedding.unreadable import refuse_other_functions
from qlang.embedding.wording import in_python, is_about_python
from qlang.problems import CompileError
from qlang.sema import errors
from qlang.sema.symbols import Symbol
from qlang.syntax import tree
from qlang.syntax.diagnostic import errors_of
from qlang.syntax.source import Source, Span

_KINDS = {"int": INT, "float": FLOAT, "bool": BOOL, "Qubits": QUBITS, "Qubit": QUBIT, "Bit": BIT}
_RESULTS = {"int": INT, "float": FLOAT, "bool": BOOL, "Bit": BIT, "bit": BIT, "Bits": BITS}
_ARRAYS = ("Array", "ndarray", "NDArray", "list", "List", "Sequence", "tuple")

Node = TypeVar("Node", bound=tree.Statement)


def source_of(function: Callable[..., Any], place: Place) -> PythonFunction:
    """The function's text. Raises CompileError where there is none to read, TypeError for what is no function."""
    if not hasattr(function, "__code__"):
        raise TypeError(f"this decorator reads functions that are written in Python, not {function!r}")
    refuse_other_functions(function, place)
    try:
        return read_function(function)
    except (OSError, TypeError) as error:
        code = function.__code__
        source = Source(code.co_filename, "", code.co_firstlineno)
        raise CompileError((errors.embedding.NoSource(Span(source, 0, 0), function.__name__, str(error)),)) from None


def circuit_or_subroutine(function: Callable[..., Any]) -> Definition:
    """What a function under `@ql.circuit` defines: a subroutine where it takes qubits.

    Raises CompileError with every mistake, at the function's own lines.
    """
    read = source_of(function, "circuit")
    kinds = [_annotation(read, argument, FLOAT) for argument in read.tree.args.args]
    place: Place = "subroutine" if any(kind.quantum for kind in kinds) else "circuit"
    reader, parameters = _begun(read, place, FLOAT)
    reader.check_word(read.tree, read.tree.name)
    body = tree.Block(*reader.position(read.tree), _body(reader, parameters))
    start, end = reader.position(read.tree)
    name = tree.Name(*_name_place(reader), read.tree.name)
    written = [_parameter(reader, parameter, place) for parameter in parameters]
    if place == "circuit":
        statement: tree.Statement = tree.CircuitDefinition(start, end, name, written, body)
    else:
        result = _result(reader)
        kind = None if result is None else named(result, start, end, _result_size(reader))
        statement = tree.SubroutineDefinition(start, end, name, written, kind, body)
    return _checked(reader, place, statement, parameters)


def gate_definition(function: Callable[..., Any]) -> Definition:
    """What a function under `@ql.gate` defines: parameters annotated `float` are angles, the others qubits."""
    read = source_of(function, "gate")
    reader, parameters = _begun(read, "gate", QUBIT)
    for argument, parameter in zip(read.tree.args.args, parameters, strict=True):
        if parameter.kind not in (FLOAT, QUBIT):
            instead = "angles are `float`, all others single qubits"
            raise reader.refuse(argument, f"a parameter of type `{parameter.kind}`", instead)
    body = tree.Block(*reader.position(read.tree), _body(reader, parameters))
    angles, qubits = (
        [tree.Name(each.span.start, each.span.end, each.name) for each in parameters if each.kind == kind]
        for kind in (FLOAT, QUBIT)
    )
    name = tree.Name(*_name_place(reader), read.tree.name)
    statement = tree.GateDefinition(*reader.position(read.tree), name, angles, qubits, body)
    return _checked(reader, "gate", statement, parameters)


def observable_definition(function: Callable[..., Any]) -> Definition:
    """What a function under `@ql.observable` defines: its parameters without annotation are registers."""
    from qlang.embedding.observables import observable_value

    read = source_of(function, "observable")
    reader, parameters = _begun(read, "observable", QUBITS)
    value = observable_value(reader, read.tree.body)
    name = tree.Name(*_name_place(reader), read.tree.name)
    written = [_parameter(reader, parameter, "observable") for parameter in parameters]
    statement = tree.ObservableDefinition(*reader.position(read.tree), name, written, value)
    return _checked(reader, "observable", statement, parameters)


def _begun(read: PythonFunction, place: Place, unannotated: Kind) -> tuple[Reader, list[Parameter]]:
    """A reader that knows the function's parameters."""
    reader = Reader(read, place, scopes_of(read.tree))
    arguments = read.tree.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs or arguments.kwonlyargs:
        raise reader.refuse(read.tree, "a parameter with `*` or `/`", "name every parameter")
    defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + list(arguments.defaults)
    parameters = []
    for argument, default in zip(arguments.args, defaults, strict=True):
        kind = _annotation(read, argument, unannotated)
        start, _ = reader.position(argument)
        span = Span(read.source, start, start + len(argument.arg))
        value = NOTHING if default is None else _default(reader, default)
        parameters.append(Parameter(argument.arg, kind, span, value))
    for parameter in parameters:
        reader.variables[parameter.name] = Variable(parameter.kind, parameter.span, declared=True)
        reader.sure.add(parameter.name)
    return reader, parameters


def _default(reader: Reader, node: ast.expr) -> Any:
    found = expression(reader, node)
    if found.constant is None or found.kind == LIST:
        raise reader.refuse(node, f"the default `{ast.unparse(node)}`", "write a number")
    return found.constant


def _annotation(read: PythonFunction, argument: ast.arg, unannotated: Kind) -> Kind:
    """The kind of a parameter."""
    node = argument.annotation
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node = ast.parse(node.value, mode="eval").body
    if node is None:
        return unannotated
    base = node.value if isinstance(node, ast.Subscript) else node
    name = ast.unparse(base).rpartition(".")[2]
    if name in _KINDS and not isinstance(node, ast.Subscript):
        return _KINDS[name]
    if name in _ARRAYS:
        return _array_kind(node)
    reader = Reader(read, "circuit", scopes_of(read.tree))
    instead = "write `int`, `float`, `bool`, `ql.Array`, `ql.Qubit` or `ql.Qubits`"
    raise reader.refuse(argument, f"a parameter of type `{ast.unparse(node)}`", instead)


def _array_kind(node: ast.expr) -> Kind:
    """`ql.Array`, `ql.Array[int]`, `ql.Array[float, 2]`, `np.ndarray`, `list[float]`."""
    element, rank = "float", 1
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        words = [ast.unparse(part).rpartition(".")[2] for part in parts]
        element = next((word for word in words if word in ("int", "float", "bool")), "float")
        rank = next((int(word) for word in words if word.isdigit()), 1)
        if any(word.startswith("int") for word in words):
            element = "int"
    return Kind("array", element, rank)


def _body(reader: Reader, parameters: Sequence[Parameter]) -> list[tree.Statement]:
    """The body, opened by captured lists and by variables for parameters that are changed."""
    opening: list[tree.Statement] = []
    for parameter in parameters:
        if not parameter.kind.number or parameter.name not in (*reader.scopes.assigned, *reader.scopes.looped):
            continue
        if reader.place == "gate":
            break
        start, end = parameter.span.start, parameter.span.end
        variable = reader.variables[parameter.name]
        variable.written = f"{parameter.name}_now"
        kind, name = named(parameter.kind, start, end), tree.Name(start, end, variable.written)
        given = tree.Name(start, end, parameter.name)
        opening.append(tree.ClassicalDeclaration(start, end, kind, name, given, None, False))
    body = statements(reader, reader.function.tree.body)
    return [*opening, *reader.first, *body]


def _name_place(reader: Reader) -> tuple[int, int]:
    """The place of the function's name."""
    node = reader.function.tree
    start = reader.function.offset(node, end=False)
    text = reader.function.source.text
    place = text.find(node.name, start + len("def"))
    return place, place + len(node.name)


def _parameter(reader: Reader, parameter: Parameter, place: Place) -> tree.Parameter:
    start, end = parameter.span.start, parameter.span.end
    name = tree.Name(start, end, parameter.name)
    kind = parameter.kind
    if kind.name == "array":
        access = "readonly"
        element = tree.Type(start, end, kind.element)
        rank = tree.IntLiteral(start, end, kind.rank)
        return tree.Parameter(start, end, tree.Type(start, end, "array", None, element, None, access, rank), name, None)
    if kind == QUBITS:
        return tree.Parameter(start, end, tree.Type(start, end, "qubit", unsized=True), name, None)
    default = None
    if parameter.default is not NOTHING and place in ("circuit", "observable"):
        node = ast.copy_location(ast.Constant(parameter.default), reader.function.tree.body[0])
        default = _at(literal(reader, node, parameter.default), start, end)
    return tree.Parameter(start, end, named(kind, start, end), name, default)


def _at(value: Value, start: int, end: int) -> tree.Expression:
    for part in tree.walk(value.node):
        part.start, part.end = start, end
    return value.node


def _result(reader: Reader) -> Kind | None:
    """What a subroutine returns: as annotated, else as its `return` statements say."""
    node = reader.function.tree.returns
    if node is None or reader.result is None:
        return reader.result
    name = _annotated(node)
    if name not in _RESULTS and name != "None":
        instead = "write `ql.Bit`, `ql.Bits[n]`, `bool`, `int` or `float`"
        raise reader.refuse(node, f"a result of type `{name}`", instead)
    wanted = _RESULTS.get(name)
    fits = wanted == reader.result or (wanted is not None and wanted.logical and reader.result.logical)
    if not fits and not (wanted == FLOAT and reader.result == INT):
        raise reader.refuse(node, f"a result of type `{name}` where a {reader.result} is returned")
    return wanted


def _annotated(node: ast.expr) -> str:
    """The name of a type, without its module and size."""
    base = node.value if isinstance(node, ast.Subscript) else node
    return ast.unparse(base).strip("'\"").rpartition(".")[2]


def _result_size(reader: Reader) -> tree.Expression | None:
    """The `n` of a result `ql.Bits[n]`; it may be left out where a register declared with a number is returned."""
    node = reader.function.tree.returns
    if isinstance(node, ast.Subscript) and _annotated(node) == "Bits":
        return integer(reader, node.slice, "the number of bits").node
    if reader.result_size is not None:
        return reader.result_size
    if reader.result == BITS:
        blamed = node if node is not None else reader.function.tree
        raise reader.refuse(blamed, "a result of several bits without their number", "write `-> ql.Bits[n]`")
    return None


def _checked(reader: Reader, place: Place, statement: tree.Statement, parameters: Sequence[Parameter]) -> Definition:
    """The definition once the checker agrees. Raises CompileError with everything that it finds."""
    from qlang.compiler.frontend import analyse_tree

    read = reader.function
    known = {key: each.symbol for key, each in reader.uses.items()}
    known |= {f"ql.{name}": _standard(name) for name in reader.hidden_gates}
    program = tree.Program(0, len(read.source.text), [statement], [])
    analysis = analyse_tree(read.source, program, known)
    signatures = {each.name: each.signature for each in reader.uses.values()}
    checked = [in_python(each, signatures) for each in analysis.diagnostics if is_about_python(each)]
    found = sorted([*reader.problems, *errors_of(checked)], key=lambda each: each.span.start)
    if found:
        raise CompileError(tuple(found))
    symbol = analysis.module.scope.names[read.tree.name]
    start, end = _name_place(reader)
    return Definition(
        read.tree.name,
        place,
        read.source,
        textwrap.dedent(read.text),
        read.first_line,
        Span(read.source, start, end),
        statement,
        tuple(parameters),
        _result(reader) if place == "subroutine" else None,
        dict(reader.uses),
        symbol,
        tuple(checked),
    )


def _standard(name: str) -> Symbol:
    """A gate of the standard library or the prelude."""
    from qlang.sema.gate_files import PRELUDE, STANDARD_GATES, built_in_scope, standard_gates

    for scope in (standard_gates(PRELUDE), standard_gates(STANDARD_GATES), built_in_scope(3)):
        found = scope.lookup(name)
        if found is not None:
            return found
    raise KeyError(name)
