"""Did you mean: the nearest known name, by spelling or by what other libraries call the thing."""

from collections.abc import Iterable

from qlang.sema.foreign_names import GATES, INSTEAD, LOOSE, WORDS
from qlang.syntax.spelling import Uncertain, nearest

SYNONYMS = {name: (*GATES.get(name, ()), *WORDS.get(name, ())) for name in (*GATES, *WORDS)}
"""What other libraries and people say, in lower case without `_`, against names here; the first known one wins."""


def plain(name: str) -> str:
    """A name as the tables have it."""
    return name.lower().replace("_", "")


def suggest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, by synonym or by spelling; `None` where nothing is near.

    An `Uncertain` one where several are equally near.
    """
    names = dict.fromkeys(known)
    for synonym in SYNONYMS.get(plain(name), ()):
        if synonym in names and synonym != name:
            return Uncertain(synonym) if plain(name) in LOOSE else synonym
    return nearest(name, names)


def suggest_gate(name: str, fitting: Iterable[str], known: Iterable[str]) -> str | None:
    """The gate that was probably meant: by synonym, then among those of the call's shape, then among all.

    Short names carry too little to be near to a gate of another shape.
    """
    fits, names = sorted(fitting, key=len), dict.fromkeys(known)
    for synonym in GATES.get(plain(name), ()):
        if synonym in names and synonym != name and (synonym in fits or plain(name) not in INSTEAD):
            return synonym
    near = nearest(name, fits)
    if near is not None or plain(name) in INSTEAD:
        return near
    return nearest(name, [each for each in names if each.lower() == name.lower() or len(name) > 3])


def elsewhere(name: str) -> str:
    """How to do here what a gate or function of another library does; empty where that is not known."""
    return INSTEAD.get(plain(name), "")
