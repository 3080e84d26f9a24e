"""From text to a checked program. Light: no NumPy, no IR."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from qlang.compiler.workspace import find_workspace
from qlang.sema.check import check
from qlang.sema.loader import LoadFailure, StandardLoader
from qlang.sema.module import Module
from qlang.sema.symbols import Symbol
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic, errors_of
from qlang.syntax.parser import parse
from qlang.syntax.source import Source
from qlang.syntax.source_files import read_source

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class InputProblem(Exception):
    """An input that cannot be read; carries the diagnostics."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("the input cannot be read")
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class Analysis:
    """A file as understood: its tree, what its names mean, and every mistake in source order."""

    source: Source
    program: tree.Program
    module: Module
    diagnostics: tuple[Diagnostic, ...]
    version: int
    """OpenQASM version of the text; 3 for `.qjob`."""
    loaded: tuple[Source, ...] = ()
    """Files that it includes or imports, the standard ones left out."""
    embedded: bool = False
    """Whether the tree was read from a Python function, and the text alone is no program."""

    @property
    def ok(self) -> bool:
        """Whether the program may be compiled: warnings are no obstacle."""
        return not errors_of(self.diagnostics)


class FileLoader:
    """Reads included and imported files of a project, and nothing outside of it.

    A path is relative to the file that names it. The project is the folder with the nearest `qlang.toml`, or the
    folder of the file itself.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._standard = StandardLoader()
        self._known: dict[Path, Source] = {}

    @property
    def loaded(self) -> tuple[Source, ...]:
        """The files read so far, by name."""
        return tuple(self._known[path] for path in sorted(self._known))

    def load(self, path: str, importing: Source) -> Source | LoadFailure:
        """See `qlang.sema.loader.Loader`."""
        standard = self._standard.load(path, importing)
        if isinstance(standard, Source):
            return standard
        if _URL.match(path):
            return LoadFailure("it is the address of something elsewhere, and only files of the project are read")
        folder = Path(importing.name).parent if "<" not in importing.name else self._root
        try:
            target = (folder / path).resolve()
            if not target.is_relative_to(self._root):
                return LoadFailure("it lies outside of the project")
            if target in self._known:
                return self._known[target]
            mode = target.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return LoadFailure("there is no such file")
        except (OSError, RuntimeError, ValueError):
            return LoadFailure("the path leads nowhere")
        if not stat.S_ISREG(mode):
            return LoadFailure("it is a folder" if stat.S_ISDIR(mode) else "it is no regular file")
        found = read_source(target, os.path.relpath(target) if importing.name[:1] != "/" else str(target))
        if isinstance(found, Diagnostic):
            return LoadFailure(found.message())
        self._known[target] = found
        return found


class TextLoader:
    """Serves texts by path, as a recorded run keeps them; standard files as always."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = {name: Source(name, text) for name, text in texts.items()}
        self._standard = StandardLoader()
        self.loaded = tuple(self._texts[name] for name in sorted(self._texts))

    def load(self, path: str, importing: Source) -> Source | LoadFailure:
        """See `qlang.sema.loader.Loader`."""
        folder = os.path.dirname(importing.name)  # noqa: PTH120  # names of sources are no paths of this machine
        for name in (os.path.normpath(os.path.join(folder, path)), path):  # noqa: PTH118  # as above
            if name in self._texts:
                return self._texts[name]
        return self._standard.load(path, importing)


def load(path: str, *, stdin_name: str | None = None) -> Source:
    """Read an input file, or standard input for `-`.

    Raises InputProblem where it cannot be read or is no text.
    """
    found = read_source(sys.stdin.buffer.read(), stdin_name or "<stdin>") if path == "-" else read_source(path)
    if isinstance(found, Diagnostic):
        raise InputProblem((found,))
    return _from_stim(found) if found.name.endswith(".stim") else found


def _from_stim(source: Source) -> Source:
    """Stim text as OpenQASM 3, under the same name."""
    from qlang.compiler.converting import NotConverted, imported
    from qlang.interchange.read_stim import read_stim

    try:
        return imported(lambda: read_stim(source.text), source.name, source.text)
    except NotConverted as problem:
        raise InputProblem(problem.diagnostics) from None


def analyse(source: Source, *, loader: FileLoader | TextLoader | None = None, references: bool = False) -> Analysis:
    """Parse and check a text; never raises for what a user wrote.

    Without `references` long runs of plain gate calls are one node of the tree, `tree.GateRun`.
    """
    parsed = parse(source, packed=not references)
    return _checked(source, parsed.program, parsed.diagnostics, parsed.version, loader, references)


def analyse_tree(source: Source, program: tree.Program, known: Mapping[str, Symbol]) -> Analysis:
    """Check a tree that was not parsed, as read from a Python function; `known` are definitions read before."""
    return replace(_checked(source, program, (), 3, None, False, known), embedded=True)


def _checked(
    source: Source,
    program: tree.Program,
    syntax: tuple[Diagnostic, ...],
    version: int,
    loader: FileLoader | TextLoader | None,
    references: bool,
    known: Mapping[str, Symbol] | None = None,
) -> Analysis:
    loader = loader or FileLoader(project_of(source))
    checked = check(
        program, source, loader, version, references=references, complete=not errors_of(syntax), known=known
    )
    here = [each for each in (*syntax, *checked.diagnostics) if each.span.source is source]
    there = [each for each in checked.diagnostics if each.span.source is not source]
    found = [*sorted(here, key=lambda each: each.span.start), *there]
    return Analysis(source, program, checked.module, tuple(found), version, loader.loaded)


def project_of(source: Source) -> Path:
    """The folder that a source's includes must stay in."""
    folder = Path(source.name).parent if "<" not in source.name else Path()
    return find_workspace(folder.resolve() if folder.is_dir() else Path.cwd())
