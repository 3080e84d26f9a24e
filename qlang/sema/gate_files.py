"""The gate files shipped with qlang, read once."""

from functools import lru_cache

from qlang.sema.loader import STANDARD_PREFIX, is_standard, standard_source
from qlang.sema.symbols import FileScope, GateSymbol
from qlang.syntax import tree
from qlang.syntax.parser import ParseResult, parse
from qlang.syntax.source import Source

PRELUDE = "prelude.qjob"
STANDARD_GATES = "stdgates.inc"
LEGACY_GATES = "qelib1.inc"
GATE_FILES = (STANDARD_GATES, LEGACY_GATES, PRELUDE)

BUILT_IN_SOURCE = Source("<built in>", "")


def built_in_scope(version: int) -> FileScope:
    """`U`, in OpenQASM 2 also `CX`, in 3 `gphase`."""
    scope = FileScope(BUILT_IN_SOURCE, version, standard=True)
    shapes = {"U": (3, 1), **({"CX": (0, 2)} if version == 2 else {"gphase": (1, 0)})}
    span = scope.span(tree.Missing(0, 0))
    for name, (parameters, qubits) in shapes.items():
        scope.names[name] = GateSymbol(name, span, parameters, qubits, None, scope, True)
    return scope


def gate_symbol(scope: FileScope, node: tree.GateDefinition) -> GateSymbol:
    """The symbol of a gate, from its definition."""
    return GateSymbol(node.name.name, scope.span(node.name), len(node.parameters), len(node.qubits), node, scope)


def file_version(result: ParseResult, default: int) -> int:
    """The version that a file names, else that of the file which includes it."""
    first = result.program.statements[:1]
    return result.version if first and isinstance(first[0], tree.Version) else default


@lru_cache(maxsize=8)
def standard_gates(path: str) -> FileScope:
    """The gates of a file shipped with qlang; its bodies are checked by tests, not at every start."""
    source = standard_source(path)
    if source is None:
        raise FileNotFoundError(path)
    result = parse(source)
    version = file_version(result, 3)
    scope = FileScope(source, version, standard=True, parents=[built_in_scope(version)])
    if path == PRELUDE:
        scope.parents.insert(0, standard_gates(STANDARD_GATES))
    for statement in result.program.statements:
        if isinstance(statement, tree.GateDefinition):
            scope.names[statement.name.name] = gate_symbol(scope, statement)
    return scope


def standard_scope(source: Source) -> FileScope | None:
    """The gates of a source that is one of the shipped gate files."""
    path = source.name.removeprefix(STANDARD_PREFIX)
    return standard_gates(path) if path in GATE_FILES and is_standard(source) else None


def gates_by_include(version: int) -> dict[str, str]:
    """The gates that an include would bring into an OpenQASM file: name to file."""
    path = LEGACY_GATES if version == 2 else STANDARD_GATES
    return {name: path for name, symbol in standard_gates(path).names.items() if isinstance(symbol, GateSymbol)}
