"""Files that other files include or import: found once, parsed once, cycles refused."""

from dataclasses import dataclass, field
from functools import lru_cache

from qlang.sema.definitions import built_in_scope, gate_symbol
from qlang.sema.loader import STANDARD_PREFIX, Loader, LoadFailure, is_standard, standard_source
from qlang.sema.module import Module
from qlang.sema.symbols import FileScope, GateSymbol
from qlang.syntax import tree
from qlang.syntax.parser import ParseResult, parse
from qlang.syntax.source import Source

PRELUDE = "prelude.qjob"
STANDARD_GATES = "stdgates.inc"
LEGACY_GATES = "qelib1.inc"
MOST_NESTED = 32
"""Files that may include one another in a chain."""


@dataclass(eq=False)
class Files:
    """The files of one check."""

    loader: Loader
    open: list[str] = field(default_factory=list)
    """Names of the files being checked, outermost first."""
    done: dict[str, Module] = field(default_factory=dict)
    """Imported files by the name of their source."""

    def load(self, path: str, importing: Source) -> Source | LoadFailure:
        return self.loader.load(path, importing)


def parse_file(source: Source) -> ParseResult:
    return parse(source, language="qasm" if source.name.endswith((".qasm", ".inc")) else "auto")


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


GATE_FILES = (STANDARD_GATES, LEGACY_GATES, PRELUDE)


def standard_scope(source: Source) -> FileScope | None:
    """The gates of a source that is one of the shipped gate files."""
    path = source.name.removeprefix(STANDARD_PREFIX)
    return standard_gates(path) if path in GATE_FILES and is_standard(source) else None


def gates_by_include(version: int) -> dict[str, str]:
    """The gates that an include would bring into an OpenQASM file: name to file."""
    path = LEGACY_GATES if version == 2 else STANDARD_GATES
    return {name: path for name, symbol in standard_gates(path).names.items() if isinstance(symbol, GateSymbol)}


_OURS = (tree.CircuitDefinition, tree.JobDefinition, tree.ObservableDefinition, tree.NoiseDefinition, tree.Import)


def is_openqasm(program: tree.Program, source: Source) -> bool:
    """Whether a text is plain OpenQASM, where gates need an include, rather than qlang.

    The name decides; without one that says, a version line in a text without `circuit`, `job`, ….
    """
    if source.name.endswith((".qasm", ".inc")):
        return True
    if source.name.endswith(".qjob"):
        return False
    statements = program.statements
    return any(isinstance(statement, tree.Version) for statement in statements[:1]) and not any(
        isinstance(statement, _OURS) for statement in statements
    )
