"""Where an offset stands in a text, broken or not: one forward scan over the tokens, no parser.

A half-typed statement has no tree worth asking, but its brackets, its block's first word and the declarations
above it are there all the same.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from qlang.syntax.lexer import Tokens
from qlang.syntax.tables import load
from qlang.syntax.words import TOP_WORDS

TYPE_WORDS = frozenset(
    ("bit", "bool", "int", "uint", "float", "angle", "complex", "duration", "stretch", "array", "qubit", "qreg", "creg")
)
_OPENERS = {"circuit", "gate", "def", "job", "noise", "sla", "switch"}
_BEFORE_SET = {"=", "in", "[", ",", "(", "{", "case", "++"}

Surrounding = Literal["code", "comment", "string"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A name that a statement above declares."""

    name: str
    type: str
    """As written, or what the block makes of it: `sweep`, `expect`, `alias`, `qubit`, `float`."""
    token: int


@dataclass(slots=True)
class OpenBlock:
    """A `{` without its `}` yet, or the file itself."""

    kind: str
    """`file`, `circuit`, `gate`, `def`, `job`, `noise`, `sla`, `switch`, `body` or `set`."""
    opened: int
    """The token `{`; -1 for the file."""
    names: list[Declared] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """What stands around an offset."""

    tokens: Tokens
    surrounding: Surrounding
    start: int
    """Where the word at the offset begins; the offset itself where there is none."""
    end: int
    blocks: tuple[OpenBlock, ...]
    """Outermost first; the first is the file."""
    statement: int
    """First token of the statement that the offset is in; `before + 1` where it begins one."""
    before: int
    """The last token that ends at or before `start`; -1 at the beginning."""
    brackets: tuple[int, ...]
    """Tokens `(` and `[` of the statement that are open."""

    @property
    def block(self) -> OpenBlock:
        """The innermost block that is not a set of values."""
        return next(block for block in reversed(self.blocks) if block.kind != "set")

    @property
    def words(self) -> list[str]:
        """The texts of the statement before the word."""
        return self.tokens.texts[self.statement : self.before + 1]

    @property
    def previous(self) -> str:
        """The text of the last token before the word."""
        return self.tokens.texts[self.before] if self.before >= 0 else ""

    def visible(self) -> list[Declared]:
        """Declared names, innermost block first; a name that is shadowed appears once."""
        seen: dict[str, Declared] = {}
        for block in reversed(self.blocks):
            for declared in reversed(block.names):
                seen.setdefault(declared.name, declared)
        return list(seen.values())


def place_at(text: str, tokens: Tokens, offset: int) -> Place:
    """The place of an offset, 0 ≤ offset ≤ len(text)."""
    start, end = _word(text, tokens, offset)
    scan = _Scan(tokens)
    last = bisect_right(tokens.ends, start, hi=len(tokens.ends) - 1)
    for index in range(last):
        scan.take(index)
    scan.finish_half_statement()
    return Place(
        tokens,
        _surrounding(text, tokens, offset),
        start,
        end,
        tuple(scan.blocks),
        scan.statement,
        last - 1,
        tuple(scan.brackets),
    )


def token_at(tokens: Tokens, offset: int) -> int | None:
    """The token that covers an offset, or ends at it where nothing begins there."""
    index = bisect_right(tokens.starts, offset, hi=len(tokens.starts) - 1) - 1
    if index < 0 or offset > tokens.ends[index]:
        return None
    return index


def _word(text: str, tokens: Tokens, offset: int) -> tuple[int, int]:
    """The word around an offset, whole where it is dotted: `ibm.gua|dalupe`."""
    index = token_at(tokens, offset)
    if index is not None and tokens.starts[index] < offset:
        first = tokens.texts[index][:1]
        if first.isalpha() or first == "_":
            return tokens.starts[index], tokens.ends[index]
        if first == "." and index > 0 and tokens.ends[index - 1] == tokens.starts[index]:
            return tokens.starts[index - 1], tokens.ends[index]  # `ibm.|`: the dot alone is no token of a name
    following = index if index is not None and tokens.starts[index] == offset else None
    if following is not None and tokens.texts[following][:1].isalpha():
        return offset, tokens.ends[following]
    return offset, offset


def _surrounding(text: str, tokens: Tokens, offset: int) -> Surrounding:
    for start, end in tokens.comments:
        line_comment = text.startswith("//", start)
        if start < offset and (offset < end or (offset == end and line_comment)):
            return "comment"
    index = bisect_right(tokens.starts, offset - 1) - 1
    if index >= 0 and tokens.starts[index] < offset <= tokens.ends[index]:
        found = tokens.texts[index]
        if found[:1] in "\"'" and found:
            closed = len(found) > 1 and found[-1] == found[0]
            if offset < tokens.ends[index] or not closed:
                return "string"
        if found.startswith("/*"):
            return "comment"
    return "code"


class _Scan:
    """The state of the forward scan."""

    def __init__(self, tokens: Tokens) -> None:
        literals = load().literals
        self.tokens = tokens
        self.tops = frozenset(literals[word] for word in (*TOP_WORDS, "gate", "def"))
        self.name = load().kind["ID"]
        self.blocks = [OpenBlock("file", -1)]
        self.statement = 0
        self.brackets: list[int] = []
        self.pending: list[Declared] = []
        """Names that the statement has declared so far."""
        self.lasting: list[Declared] = []
        """Those that outlive it: parameters and the variables of sums do not."""
        self.type_token: int | None = None
        self.type_depth = 0

    def take(self, index: int) -> None:
        text = self.tokens.texts[index]
        if self.tokens.kinds[index] in self.tops:
            self._restart(index)
        match text:
            case "{":
                self._open(index)
            case "}":
                self._close(index)
            case ";":
                self._end(index)
            case "(" | "[":
                self._leave_type(text)
                self.brackets.append(index)
            case ")" | "]":
                if self.brackets:
                    self.brackets.pop()
            case _:
                self._word(index, text)

    def finish_half_statement(self) -> None:
        """Names that the unfinished statement has declared are visible in it."""
        self.blocks[-1].names.extend(self.pending)

    def _restart(self, index: int) -> None:
        """A definition begins: what was left open before it is broken, not around it."""
        self.blocks = [self.blocks[0]]
        self._begin(index)

    def _begin(self, index: int) -> None:
        self.statement = index
        self.brackets = []
        self.pending = []
        self.lasting = []
        self.type_token = None

    def _head(self) -> str:
        return self.tokens.texts[self.statement]

    def _open(self, index: int) -> None:
        before = self.tokens.texts[index - 1] if index > self.statement else ""
        if before in _BEFORE_SET or self.brackets:
            self.blocks.append(OpenBlock("set", index))
            return
        head = self._head() if index > self.statement else ""
        kind = head if head in _OPENERS else "body"
        if kind == "sla" and self.blocks[-1].kind != "job":
            kind = "body"
        self.blocks.append(OpenBlock(kind, index, self.pending))
        self._begin(index + 1)

    def _close(self, index: int) -> None:
        closed = self.blocks.pop() if len(self.blocks) > 1 else self.blocks[0]
        if closed.kind != "set":
            self._begin(index + 1)

    def _end(self, index: int) -> None:
        while len(self.blocks) > 1 and self.blocks[-1].kind == "set":
            self.blocks.pop()
        if self._head() not in ("for", "observable"):  # what they declare ends with them
            self.blocks[-1].names.extend(self.lasting)
        self._begin(index + 1)

    def _leave_type(self, bracket: str) -> None:
        """`int(` is a cast, `int[` may be a declaration."""
        if bracket == "(" and self.type_token is not None and len(self.brackets) == self.type_depth:
            self.type_token = None

    def _word(self, index: int, text: str) -> None:
        depth = len(self.brackets)
        if text in TYPE_WORDS:
            if self.type_token is None or depth <= self.type_depth:
                self.type_token, self.type_depth = index, depth
            return
        if self.type_token is not None and depth == self.type_depth:
            if self.tokens.kinds[index] == self.name:
                self._declare(index, self._written_type(index))
            self.type_token = None
        elif self.type_token is None and self.tokens.kinds[index] == self.name:
            implied = self._implied_type(index)
            if implied:
                self._declare(index, implied)

    def _written_type(self, index: int) -> str:
        assert self.type_token is not None
        return "".join(self.tokens.texts[self.type_token : index])

    def _declare(self, index: int, kind: str) -> None:
        declared = Declared(self.tokens.texts[index], kind, index)
        self.pending.append(declared)
        if not self.brackets or kind == "sweep":
            self.lasting.append(declared)

    def _implied_type(self, index: int) -> str:
        """What a name declares without a type, by the word that its statement begins with."""
        head, texts = self._head(), self.tokens.texts
        match head:
            case "let" if index == self.statement + 1:
                return "alias"
            case "gate" if index > self.statement + 1:
                return "float" if self.brackets else "qubit"
            case "sweep" if self.blocks[-1].kind == "job" and texts[index + 1] == "in" and not self.brackets:
                return "sweep"
            case "sweep" if self.blocks[-1].kind == "job" and self.brackets and texts[self.brackets[0] - 1] == "zip":
                return "sweep" if "in" not in texts[self.statement : index] else ""
            case "expect" if self.blocks[-1].kind == "job" and texts[index + 1] == "=" and not self.brackets:
                return "expect"
            case _:
                return ""
