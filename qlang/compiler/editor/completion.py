"""What may come next at an offset, on broken text as well."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from qlang.compiler.editor.analysis import Analysis
from qlang.compiler.editor.completion_code import in_body, top_level
from qlang.compiler.editor.completion_job import in_job, in_noise, in_sla
from qlang.compiler.editor.place import Place, place_at
from qlang.compiler.editor.proposal import Proposal
from qlang.compiler.editor.vocabulary import UNITS
from qlang.stdlib import NAMES

_BY_BLOCK: Mapping[str, Callable[[Analysis, Place], Iterator[Proposal]]] = {
    "file": top_level,
    "job": in_job,
    "sla": in_sla,
    "noise": in_noise,
}


@dataclass(frozen=True, slots=True)
class Completions:
    """The items and the stretch of text that they replace."""

    start: int
    end: int
    items: tuple[Proposal, ...]


def complete(analysis: Analysis, offset: int) -> Completions:
    """The items at an offset, 0 ≤ offset ≤ len(text); none in comments and numbers."""
    text = analysis.source.text
    place = place_at(text, analysis.tokens, offset)
    if place.surrounding == "comment":
        return Completions(offset, offset, ())
    if place.surrounding == "string":
        return _in_string(place, text, offset)
    items = tuple(_items(analysis, place))
    return Completions(place.start, max(place.end, offset), items)


def _items(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    if place.words[:1] == ["import"]:
        yield from _modules()
        return
    if _after_number(place):
        yield from (Proposal(name, "unit", meaning) for name, meaning in UNITS.items() if name != "%")
        return
    yield from _BY_BLOCK.get(place.block.kind, in_body)(analysis, place)


def _after_number(place: Place) -> bool:
    """Whether a unit may follow: `30 |`; a second word would be another statement."""
    previous = place.previous
    return previous[:1].isdigit() and previous[-1].isdigit() and place.block.kind in ("job", "sla", "noise")


def _modules() -> Iterator[Proposal]:
    for name in NAMES:
        if name.startswith("std/"):
            yield Proposal(name.removesuffix(".qjob").replace("/", "."), "module", "standard library")


def _in_string(place: Place, text: str, offset: int) -> Completions:
    """The standard files after `include "`; nothing in other strings."""
    before = text.rfind('"', 0, offset)
    head = place.tokens.texts[place.statement] if place.statement < len(place.tokens.texts) else ""
    if head != "include" or before < 0:
        return Completions(offset, offset, ())
    end = offset
    while end < len(text) and text[end] not in '"\n;':
        end += 1
    files = (name for name in NAMES if name.endswith(".inc"))
    return Completions(before + 1, end, tuple(Proposal(name, "module", "standard gates") for name in files))
