"""Where included and imported files come from."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from qlang import stdlib
from qlang.syntax.source import Source

STANDARD_PREFIX = "<std>/"
"""Begins the name of every file shipped with qlang; no user's path begins so."""


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """A file that cannot be had, and why, in words that complete "cannot read `path`: …"."""

    reason: str


class Loader(Protocol):
    """Finds the file that an `include` or `import` names."""

    def load(self, path: str, importing: Source) -> Source | LoadFailure:
        """The file at a path as written, relative to the file that names it."""
        ...


class StandardLoader:
    """Knows the files shipped with qlang and nothing else; other loaders ask it first."""

    def load(self, path: str, importing: Source) -> Source | LoadFailure:
        found = standard_source(path)
        return LoadFailure("there is no such file") if found is None else found


@lru_cache(maxsize=64)
def standard_source(path: str) -> Source | None:
    """A file shipped with qlang by its name: `stdgates.inc`, `qelib1.inc`, `std/observables.qjob`."""
    text = stdlib.read(path)
    return None if text is None else Source(STANDARD_PREFIX + path, text)


def is_standard(source: Source) -> bool:
    """Whether a source is shipped with qlang."""
    return standard_source(source.name.removeprefix(STANDARD_PREFIX)) is source
