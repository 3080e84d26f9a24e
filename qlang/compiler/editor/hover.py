"""What the word at an offset means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from qlang.compiler.editor import devices, symbol_words
from qlang.compiler.editor.analysis import Analysis
from qlang.compiler.editor.completion_code import begins_statement
from qlang.compiler.editor.navigation import symbol_at
from qlang.compiler.editor.place import Place, place_at
from qlang.compiler.editor.registers import circuit_of_job, registers
from qlang.compiler.editor.symbol_words import code
from qlang.compiler.editor.vocabulary import (
    BACKEND_WORDS,
    CONDITIONS,
    CONSTANTS,
    CRYPTO_MODES,
    DEFINITIONS,
    FUNCTIONS,
    JOB_STATEMENTS,
    MITIGATION,
    MITIGATION_CLAUSES,
    NOISE_CHANNELS,
    OPERATORS,
    SLA_TERMS,
    STATEMENTS,
    SWEEP_DOMAINS,
    TYPES,
    UNITS,
    Word,
)

_EVERYWHERE: tuple[Mapping[str, Word], ...] = (STATEMENTS, DEFINITIONS, TYPES, FUNCTIONS, CONSTANTS)
_IN_STATEMENT: Mapping[str, tuple[Mapping[str, Word], ...]] = {
    "mitigate": (MITIGATION, MITIGATION_CLAUSES),
    "crypto": (CRYPTO_MODES,),
    "backend": (BACKEND_WORDS, CONDITIONS),
    "expect": (OPERATORS,),
    "sweep": (SWEEP_DOMAINS,),
}
_LONGEST_LIST = 12
_NUMBER = re.compile(r"[\d._]+(?:[eE][+-]?\d+)?\s*")


@dataclass(frozen=True, slots=True)
class Hover:
    """Markdown for a stretch of text."""

    start: int
    end: int
    text: str


def hover(analysis: Analysis, offset: int) -> Hover | None:
    """The meaning of what stands at an offset, 0 ≤ offset ≤ len(text)."""
    place = _place(analysis, offset)
    if place.surrounding != "code":
        return None
    index = place.before + 1
    tokens = place.tokens
    if index >= len(tokens.texts) or not tokens.starts[index] <= offset <= tokens.ends[index]:
        return None
    word = tokens.texts[index]
    found = _quantity(word) if word[:1].isdigit() or word[:1] == "." else _meaning(analysis, place, word, offset)
    return None if found is None else Hover(tokens.starts[index], tokens.ends[index], found)


def _place(analysis: Analysis, offset: int) -> Place:
    """The place at the beginning of the token that covers the offset."""
    text, tokens = analysis.source.text, analysis.tokens
    place = place_at(text, tokens, offset)
    index = place.before
    if place.start == place.end and index >= 0 and tokens.starts[index] <= offset <= tokens.ends[index]:
        return place_at(text, tokens, tokens.starts[index])
    return place


def _meaning(analysis: Analysis, place: Place, word: str, offset: int) -> str | None:
    keyword = _keyword(analysis, place, word)
    if keyword is not None:
        return keyword
    symbol = symbol_at(analysis, offset)
    found = None if symbol is None else symbol_words.explain(symbol)
    if found is not None:
        return found
    for declared in place.visible():
        if declared.name == word:
            return code(f"{declared.type} {word}")
    named = analysis.module.scope.lookup(word)
    found = None if named is None else symbol_words.explain(named)
    return found or _register(analysis, place, word) or _from(_EVERYWHERE, word) or _from((OPERATORS,), word)


def _register(analysis: Analysis, place: Place, word: str) -> str | None:
    """A register of the circuit that the job around the place runs."""
    job = next((block for block in reversed(place.blocks) if block.kind == "job"), None)
    circuit = None if job is None else circuit_of_job(place, job)
    if circuit is not None:
        for name, kind in registers(analysis, circuit, bits=True):
            if name == word:
                return code(f"{kind} {word}", f"register of `{circuit}`")
    return None


def _keyword(analysis: Analysis, place: Place, word: str) -> str | None:
    """The meaning that the block gives to a word, which comes before any definition of that name."""
    match place.block.kind:
        case "sla":
            return None if place.brackets else _from((SLA_TERMS,), word)
        case "noise" if begins_statement(analysis, place):
            return _from((NOISE_CHANNELS,), word)
        case "job" if begins_statement(analysis, place):
            return _from((JOB_STATEMENTS,), word)
        case "job":
            head = place.tokens.texts[place.statement]
            found = _from(_IN_STATEMENT.get(head, ()), word)
            return _backend(place, word) or found if head == "backend" else found
        case _:
            return None


def _backend(place: Place, word: str) -> str | None:
    """Facts about a device, or the devices that a pattern names."""
    if place.previous not in ("backend", ",", "like"):
        return None
    if "*" not in word:
        return devices.facts(word)
    found = devices.matching(word)
    if not found:
        return f"`{word}` matches no known device"
    shown = ", ".join(f"`{name}`" for name in found[:_LONGEST_LIST])
    more = f" and {len(found) - _LONGEST_LIST} more" if len(found) > _LONGEST_LIST else ""
    return f"`{word}` matches {shown}{more}"


def _from(tables: tuple[Mapping[str, Word], ...], name: str) -> str | None:
    for table in tables:
        word = table.get(name)
        if word is not None:
            remark = "" if word.available else "\n\nNot offered in this version."
            return code(word.form, word.meaning) + remark
    return None


def _quantity(text: str) -> str | None:
    """The unit of a number."""
    unit = _NUMBER.sub("", text, count=1)
    return None if unit not in UNITS else f"`{text}`: {UNITS[unit]}"
