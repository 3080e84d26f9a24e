"""Modules of the standard library: parsed once, their bodies checked by tests and not at every start."""

from functools import lru_cache

from qlang.sema.context import Reporter
from qlang.sema.files import Files
from qlang.sema.loader import StandardLoader
from qlang.sema.module import Module
from qlang.syntax.parser import parse
from qlang.syntax.source import Source


@lru_cache(maxsize=64)
def standard_module(source: Source) -> Module:
    """The definitions of a file shipped with qlang; imports among them are no cycle."""
    from qlang.sema.program import check_program

    result = parse(source)
    files, reporter = Files(StandardLoader()), Reporter()
    return check_program(result.program, source, result.version, False, files, reporter, imported=True, trusted=True)
