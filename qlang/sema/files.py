"""Files that other files include or import: found once, parsed once, cycles refused."""

from dataclasses import dataclass, field

from qlang.sema.loader import Loader, LoadFailure
from qlang.sema.module import Module
from qlang.syntax import tree
from qlang.syntax.source import Source

MOST_NESTED = 32
"""Files that may include one another in a chain."""


@dataclass(eq=False)
class Files:
    """The files of one check."""

    loader: Loader
    forbid_reuse: bool = False
    """Whether the target cannot use a qubit after its measurement."""
    open: list[str] = field(default_factory=list)
    """Names of the files being checked, outermost first."""
    done: dict[str, Module] = field(default_factory=dict)
    """Imported files by the name of their source."""

    def load(self, path: str, importing: Source) -> Source | LoadFailure:
        return self.loader.load(path, importing)


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
