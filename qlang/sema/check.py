"""The door of this room: check a parsed file."""

from collections.abc import Mapping

from qlang.collection import CollectionPaused
from qlang.sema.context import Reporter
from qlang.sema.files import Files, is_openqasm
from qlang.sema.loader import Loader
from qlang.sema.module import CheckResult
from qlang.sema.program import check_program
from qlang.sema.symbols import Symbol
from qlang.syntax import tree
from qlang.syntax.source import Source


def check(
    program: tree.Program,
    source: Source,
    loader: Loader,
    version: int,
    *,
    references: bool = False,
    forbid_reuse: bool = False,
    complete: bool = True,
    known: Mapping[str, Symbol] | None = None,
) -> CheckResult:
    """Names, types, units, constants, qubits and jobs of a file and of what it includes and imports.

    Never raises for what a user wrote. `version` is that of the parse result; `references` collects uses of
    names, for editors; `forbid_reuse` adds the rule of targets that cannot use a qubit after its measurement; `known`
    are names from outside of any file, as those of definitions read from Python; `complete` is false where the parser
    skipped something, so that what seems unused may not be.
    """
    reporter = Reporter()
    reporter.complete = complete
    if references:
        reporter.references = []
    files = Files(loader, forbid_reuse)
    with CollectionPaused():
        module = check_program(program, source, version, is_openqasm(program, source), files, reporter, known=known)
    return CheckResult(module, reporter.diagnostics())
