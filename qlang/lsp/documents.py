"""The open texts and what the compiler makes of them, one analysis for each version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pygls.uris import to_fs_path

from qlang.compiler.editor.analysis import Analysis, analyse
from qlang.compiler.editor.problems import Problem, problems
from qlang.lsp.positions import Positions


@dataclass(slots=True)
class Document:
    """One open text; its analysis and its problems are made at first use."""

    path: str
    text: str
    version: int | None
    positions: Positions
    _analysis: Analysis | None = None
    _problems: list[Problem] | None = None

    def analysis(self, buffers: Mapping[str, str]) -> Analysis:
        if self._analysis is None:
            self._analysis = analyse(self.path, self.text, buffers)
        return self._analysis

    def problems(self, buffers: Mapping[str, str]) -> list[Problem]:
        if self._problems is None:
            self._problems = problems(self.analysis(buffers))
        return self._problems

    def forget(self) -> None:
        """Another file has changed: the same text may mean something else."""
        self._analysis = None
        self._problems = None

    @property
    def reads_files(self) -> bool:
        """Whether the text names other files at all."""
        return "import" in self.text or "include" in self.text


@dataclass(slots=True)
class Documents:
    """All open texts by URI."""

    encoding: str
    """How the client counts columns."""
    by_uri: dict[str, Document] = field(default_factory=dict)
    buffers: dict[str, str] = field(default_factory=dict)
    """The texts by path without links, for files that include each other."""

    def put(self, uri: str, text: str, version: int | None) -> None:
        """A text is opened or changed."""
        path = _path(uri)
        self.by_uri[uri] = Document(path, text, version, Positions(text, self.encoding))
        self.buffers[path] = text

    def remove(self, uri: str) -> None:
        document = self.by_uri.pop(uri, None)
        if document is not None:
            self.buffers.pop(document.path, None)

    def forget_dependents(self, uri: str) -> list[str]:
        """Drop what is known of the other texts that may include this one; their URIs."""
        others = [other for other, document in self.by_uri.items() if other != uri and document.reads_files]
        for other in others:
            self.by_uri[other].forget()
        return others


def _path(uri: str) -> str:
    """The file of a URI; the URI itself for a text that has none, such as `untitled:1`."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return uri if path is None else str(Path(path).resolve())
