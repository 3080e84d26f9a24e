"""A text as the compiler understands it: one parse, one check, shared by all features of the editor."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from qlang.compiler import frontend
from qlang.compiler.editor.files import BufferLoader
from qlang.sema.module import Module
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.lexer import Tokens, lex
from qlang.syntax.source import Source


@dataclass(frozen=True, eq=False)
class Analysis:
    """What is known of one version of a text."""

    source: Source
    program: tree.Program
    module: Module
    diagnostics: tuple[Diagnostic, ...]

    @cached_property
    def tokens(self) -> Tokens:
        """The tokens as lexed: the parser retypes words and adds made-up tokens in its own copy."""
        return lex(self.source.text)


def analyse(path: str, text: str, buffers: Mapping[str, str]) -> Analysis:
    """Parse and check a text as `qlangc check` does; `path` is absolute, or a name where there is no file.

    `buffers` are the texts that are open in the editor, by absolute path without links; the disk holds the others.
    """
    found = frontend.analyse(Source(path, text), loader=BufferLoader(path, buffers), references=True)
    return Analysis(found.source, found.program, found.module, found.diagnostics)
