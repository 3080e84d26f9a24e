"""Files as the editor has them: open buffers before the disk, and places in them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qlang.compiler.frontend import FileLoader
from qlang.compiler.workspace import find_workspace
from qlang.sema.loader import STANDARD_PREFIX, LoadFailure
from qlang.stdlib import __file__ as STDLIB
from qlang.syntax.source import Source, Span


@dataclass(frozen=True, slots=True)
class Location:
    """A stretch of a file, by offsets in its text."""

    path: str
    """Absolute."""
    text: str
    start: int
    end: int


class BufferLoader(FileLoader):
    """The files of the project, but the text in the editor where one is open."""

    def __init__(self, path: str, buffers: Mapping[str, str]) -> None:
        """`path` is the file being edited; `buffers` maps absolute paths, without links, to texts."""
        folder = Path(path).parent
        super().__init__(find_workspace(folder.resolve() if folder.is_dir() else Path.cwd()))
        self._buffers = buffers
        self._edited: dict[str, Source] = {}

    def load(self, path: str, importing: Source) -> Source | LoadFailure:
        """See `qlang.sema.loader.Loader`."""
        found = super().load(path, importing)
        if isinstance(found, LoadFailure) or found.name not in self._buffers:
            return found
        return self._edited.setdefault(found.name, Source(found.name, self._buffers[found.name]))


def resolved(path: str, importing: Source) -> Path:
    """The absolute path, without links, of a file named in `importing`; raises no error where nothing is there."""
    return Path(os.path.realpath(Path(importing.name).parent / path))


def location(span: Span) -> Location | None:
    """Where a span lies on the disk; `None` in a text without a file."""
    source = span.source
    if source.name.startswith(STANDARD_PREFIX):
        path = Path(STDLIB).parent / source.name.removeprefix(STANDARD_PREFIX)
    else:
        path = Path(source.name)
    return Location(str(path), source.text, span.start, span.end) if path.is_absolute() else None
