"""Text to tokens, as parallel lists; lexing never fails.

One regular expression cuts the whole text into lexemes in C; a dictionary from lexeme to kind, which learns
each new lexeme once, classifies them. So a token's kind depends on its own text only, except for the few
words that `_settle_words` looks at again. What no pattern knows becomes a token of a negative kind, which
the parser reports.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, compress, islice

from qlang.syntax.gate_lines import is_run, run_pattern
from qlang.syntax.limits import MAX_LEXEMES, MAX_SINGLE_LEXEMES
from qlang.syntax.tables import BLANK, END_OF_TEXT, Tables, load
from qlang.syntax.words import OPENQASM2_WORDS, REDUCTION_WORDS, SOFT_WORDS, TOP_WORDS, TYPE_WORDS

UNEXPECTED = -1
OPEN_STRING = -2
OPEN_COMMENT = -3
OPEN_CALIBRATION = -4
COMMENT = -5
LONG_NAME = -6

MAX_NAME = 1000
"""Characters of a name; longer ones would make every message about them as long."""

UNITS = ("dt", "ns", "us", "µs", "μs", "ms", "s", "min", "h", "days", "day", "usd", "eur", "x")

_NAME = r"[^\W\d]\w*+"
_DIGITS = r"[0-9](?:_?[0-9])*+"
_DECIMAL = rf"(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
_UNIT = rf"(?:{'|'.join(UNITS)})(?!\w)"
_SUFFIX = rf"{_UNIT}|[ \t]+{_UNIT}(?![ \t]*[\w$(\[])|[ \t]*im(?!\w)|[ \t]*%(?=\s*[;,)\]])"
_SIGNS = r"\*\*=|<<=|>>=|\+\+|->|\*\*|&&|\|\||==|!=|<=|>=|<<|>>|[-+*/&|~^%]=|[-+*/%&|^~!<>=;,:@()\[\]{}]|#dim(?!\w)"


def _nested_braces(depth: int) -> str:
    inner = r"[^{}]*+"
    for _ in range(depth):
        inner = rf"(?:[^{{}}]++|\{{{inner}\}})*+"
    return inner


_LEXEMES = "|".join(
    (
        rf"(?:\A|[^\S\n]*+\n)\s*+@{_NAME}[^\r\n]*",  # an annotation begins a line, or follows a brace
        rf"(?<=[{{}}])[^\S\n]*+@{_NAME}[^\r\n]*",
        r"\s++",
        r"//[^\r\n]*|/\*(?s:.*?)\*/|/\*(?s:.*)",
        rf"(?:def)?cal(?!\w)[^{{}};]{{0,4000}}+\{{{_nested_braces(6)}\}}",
        r"#?pragma(?!\w)[^\r\n]*",
        rf"{_NAME}(?:\.(?:[\w?*]|-(?=\w))++)+",
        _NAME,
        r"0[xX][0-9a-fA-F](?:_?[0-9a-fA-F])*+|0[oO][0-7](?:_?[0-7])*+|0[bB][01](?:_?[01])*+",
        rf"[0-9]+q(?!\w)|{_DECIMAL}(?:{_SUFFIX})?",
        _SIGNS,
        r'"[^"\n]*+"?' + r"|'[^'\n]*+'?",
        r"\$[0-9]+",
        r"(?s:.)",
    )
)
_PATTERN = re.compile(_LEXEMES)
_PRAGMA = re.compile(r"#?pragma(?!\w)")
_BITS = re.compile(r"[\"'][01](?:_?[01])*+[\"']")


@dataclass(slots=True)
class Tokens:
    """Parallel lists; the last token is the end of the text. The recovery parser appends made-up tokens."""

    kinds: list[int]
    texts: list[str]
    starts: list[int]
    ends: list[int]
    comments: list[tuple[int, int]]
    complete: bool = True
    """Whether the text was read to its end, not only to the limit."""


@cache
def _packing_pattern() -> re.Pattern[str]:
    return re.compile(f"{run_pattern()}|{_LEXEMES}")


def lex(text: str, packed: bool = False) -> Tokens:
    """The tokens of a text; comments are kept apart, blanks are dropped.

    With `packed` a run of plain gate calls is one token of the kind of names (`gate_lines.is_run`).
    """
    tables = load()
    kind_of = _shared_kinds() if len(text) < SHORT else _Kinds(tables)
    pattern = _packing_pattern() if packed else _PATTERN
    limit = MAX_LEXEMES if packed else MAX_SINGLE_LEXEMES
    if len(text) <= limit:
        texts = pattern.findall(text)
    else:
        texts = [match[0] for match in islice(pattern.finditer(text), limit + 1)]
        if len(texts) > limit:
            place = sum(map(len, texts))
            return Tokens([END_OF_TEXT], [""], [place], [place], [], complete=False)
    kinds = list(map(kind_of.__getitem__, texts))
    ends = list(accumulate(map(len, texts)))
    starts = [0, *ends]
    comments: list[tuple[int, int]] = []
    if COMMENT in kinds:
        comments = [(starts[i], ends[i]) for i, kind in enumerate(kinds) if kind == COMMENT]
        kinds = [BLANK if kind == COMMENT else kind for kind in kinds]
    tokens = Tokens(
        list(compress(kinds, kinds)),
        list(compress(texts, kinds)),
        list(compress(starts, kinds)),
        list(compress(ends, kinds)),
        comments,
    )
    if tables.kind["ANNOTATION"] in tokens.kinds:
        _trim_annotations(tokens, tables.kind["ANNOTATION"])
    _settle_words(tokens, tables)
    last = tokens.ends[-1] if tokens.ends else 0
    tokens.kinds.append(END_OF_TEXT)
    tokens.texts.append("")
    tokens.starts.append(last)
    tokens.ends.append(last)
    return tokens


@cache
def soft_kinds(version: int) -> frozenset[int]:
    """The kinds of words that are names where the parser cannot take them as keywords."""
    words: tuple[str, ...] = SOFT_WORDS
    if version == 2:
        words = tuple(word for word in load().literals if word.isalpha() and word not in OPENQASM2_WORDS)
    return kinds_of(words)


@cache
def kinds_of(words: tuple[str, ...]) -> frozenset[int]:
    """The numbers of terminals that are written as these words."""
    literals = load().literals
    return frozenset(literals[word] for word in words)


class _Kinds(dict[str, int]):
    """Lexeme to kind; a lexeme not seen before is classified once."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables.literals)
        self.kind = tables.kind

    def __missing__(self, lexeme: str) -> int:
        found = _classify(lexeme)
        kind = found if isinstance(found, int) else self.kind[found]
        if len(self) < MAX_KNOWN:
            self[lexeme] = kind
        return kind


MAX_KNOWN = 3_000_000
"""Lexemes that are remembered."""
SHORT = 200
"""Characters of a text that is not worth a dictionary of its own."""


@cache
def _shared_kinds() -> _Kinds:
    """For short texts, of which there may be many."""
    return _Kinds(load())


def _classify(lexeme: str) -> str | int:
    """The kind of a lexeme that is no literal, by its first character."""
    first = lexeme[0]
    if first.isspace() or first == "@":
        return "ANNOTATION" if "@" in lexeme else BLANK
    if first == "." or "0" <= first <= "9":
        return _classify_number(lexeme)
    if first in "\"'":
        return _classify_string(lexeme)
    if first == "/":
        return COMMENT if lexeme.startswith("//") or lexeme.endswith("*/") else OPEN_COMMENT
    if first == "$" and len(lexeme) > 1:
        return "HARDWARE" if len(lexeme) <= MAX_NAME else LONG_NAME
    if _PRAGMA.match(lexeme):
        return "PRAGMA"
    if first == "_" or first.isalnum():
        if lexeme.endswith("}"):
            return "CALIBRATION"
        if lexeme in ("cal", "defcal"):
            return OPEN_CALIBRATION
        if is_run(lexeme):
            return "ID"
        if len(lexeme) > MAX_NAME:
            return LONG_NAME
        return "DOTTED" if "." in lexeme else "ID"
    return UNEXPECTED


def _classify_number(lexeme: str) -> str | int:
    if lexeme == ".":
        return UNEXPECTED
    if lexeme[:2] in ("0x", "0X", "0o", "0O", "0b", "0B") and len(lexeme) > 2:
        return "INTEGER"
    if lexeme.endswith("q"):
        return "ARITY"
    if lexeme.endswith("im"):
        return "IMAGINARY"
    if lexeme[-1].isalpha() or lexeme[-1] == "%":
        return "QUANTITY"
    return "INTEGER" if lexeme.replace("_", "").isdecimal() else "DECIMAL"


def _classify_string(lexeme: str) -> str | int:
    if len(lexeme) < 2 or lexeme[-1] != lexeme[0]:
        return OPEN_STRING
    return "BITSTRING" if _BITS.fullmatch(lexeme) else "STRING"


def _trim_annotations(tokens: Tokens, annotation: int) -> None:
    """An annotation's lexeme begins with the line break before it: take that off."""
    for index, kind in enumerate(tokens.kinds):
        if kind == annotation:
            whole = tokens.texts[index]
            tokens.texts[index] = whole.strip()
            tokens.ends[index] -= len(whole) - len(whole.rstrip())
            tokens.starts[index] += len(whole) - len(whole.lstrip())


def split(tokens: Tokens, position: int) -> None:
    """Take the first call of a run apart; the others stay one."""
    text, start = tokens.texts[position], tokens.starts[position]
    cut = text.index(";") + 1
    rest = text[cut:].lstrip()
    begin = start + len(text) - len(rest)
    inner = lex(text[:cut])
    kinds, texts = inner.kinds[:-1], inner.texts[:-1]
    starts = [start + offset for offset in inner.starts[:-1]]
    ends = [start + offset for offset in inner.ends[:-1]]
    if rest:
        kinds.append(tokens.kinds[position])
        texts.append(rest)
        starts.append(begin)
        ends.append(tokens.ends[position])
    after = position + 1
    tokens.kinds[position:after], tokens.texts[position:after] = kinds, texts
    tokens.starts[position:after], tokens.ends[position:after] = starts, ends


def unpack(tokens: Tokens, first: int, stop: int) -> None:
    """Put the single tokens in the place of every run among the tokens from `first` up to `stop`."""
    single = Tokens([], [], [], [], [])
    name = load().kind["ID"]
    for index in range(first, stop):
        text, start = tokens.texts[index], tokens.starts[index]
        if tokens.kinds[index] == name and is_run(text):
            inner = lex(text)
            single.kinds += inner.kinds[:-1]
            single.texts += inner.texts[:-1]
            single.starts += [start + offset for offset in inner.starts[:-1]]
            single.ends += [start + offset for offset in inner.ends[:-1]]
        else:
            single.kinds.append(tokens.kinds[index])
            single.texts.append(text)
            single.starts.append(start)
            single.ends.append(tokens.ends[index])
    tokens.kinds[first:stop], tokens.texts[first:stop] = single.kinds, single.texts
    tokens.starts[first:stop], tokens.ends[first:stop] = single.starts, single.ends


def _settle_words(tokens: Tokens, tables: Tables) -> None:
    """Decide the words whose meaning shows in the next two tokens, whatever the parser's state.

    `job demo {` begins a job even inside an unclosed circuit, which recovery needs; `noise q[0];` is a gate call.
    """
    kinds = tokens.kinds
    name, literals = tables.kind["ID"], tables.literals
    for word in TOP_WORDS:
        for index in _positions(kinds, literals[word]):
            if not _begins_definition(kinds, index, word, tables):
                kinds[index] = name
    for word in REDUCTION_WORDS:
        for index in _positions(kinds, literals[word]):
            after = kinds[index + 1 : index + 3]
            if len(after) < 2 or after[0] != literals["("] or after[1] not in kinds_of(TYPE_WORDS):
                kinds[index] = name
    for index in _positions(kinds, literals["zip"]):
        if kinds[index + 1 : index + 2] != [literals["("]]:
            kinds[index] = name


def _positions(kinds: list[int], kind: int) -> Iterator[int]:
    position = -1
    for _ in range(kinds.count(kind)):
        position = kinds.index(kind, position + 1)
        yield position


def _begins_definition(kinds: list[int], index: int, word: str, tables: Tables) -> bool:
    """Whether what follows the word can be a definition, complete or not; else it is somebody's name."""
    kind, literals = tables.kind, tables.literals
    if len(kinds) < index + 3:
        return False
    first, second = kinds[index + 1 : index + 3]
    named = first == kind["ID"] or first in soft_kinds(3) or first in kinds_of(TOP_WORDS)
    if word == "import":
        whole = first in (kind["STRING"], kind["BITSTRING"], kind["DOTTED"])
        return whole or (named and second in (literals[";"], literals["as"]))
    if first == literals["{"]:
        return word in ("job", "noise")
    return named and second not in (literals[";"], literals[","], literals["["])
