"""What completion offers, and the few ways to make such an offer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from qlang.compiler.editor.place import Declared
from qlang.compiler.editor.vocabulary import Word


@dataclass(frozen=True, slots=True)
class Proposal:
    """One item; `documentation` is Markdown, made only when it is shown."""

    label: str
    kind: str
    """`gate`, `keyword`, `variable`, `constant`, `function`, `circuit`, `property`, `device`, `unit` or `module`."""
    detail: str = ""
    documentation: str | Callable[[], str] = ""
    snippet: str = ""
    """With `${1:…}` to fill in; empty where the label itself is inserted."""
    rank: int = 1
    """Smaller ones come first."""


def words(table: Mapping[str, Word], kind: str, *, rank: int = 1, leave_out: Iterable[str] = ()) -> Iterator[Proposal]:
    """The available words of a table."""
    skipped = set(leave_out)
    for word in table.values():
        if word.available and word.name not in skipped:
            yield Proposal(word.name, kind, word.form, word.meaning, word.snippet, rank)


def names(table: Mapping[str, Word], kind: str, *, rank: int = 1) -> Iterator[Proposal]:
    """The words of a table, inserted bare whatever their snippets."""
    for word in table.values():
        if word.available:
            yield Proposal(word.name, kind, word.form, word.meaning, "", rank)


def declared(found: Iterable[Declared], *, rank: int = 0) -> Iterator[Proposal]:
    """Names that the text itself declares."""
    for each in found:
        yield Proposal(each.name, "variable", each.type, rank=rank)
