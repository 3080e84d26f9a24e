"""The stacks of the parser: questions that leave them as they are, and single steps.

The driver's loop (parser.py) does the same steps for correct text, written out for speed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qlang.syntax.builders import compiled_rules
from qlang.syntax.context import Context
from qlang.syntax.lexer import Tokens
from qlang.syntax.tables import END_OF_TEXT, NO_ACTION, Tables


@dataclass(slots=True)
class Automaton:
    """All that the driver and the recovery share."""

    tables: Tables
    tokens: Tokens
    context: Context
    soft: frozenset[int]
    """Kinds of words that are names where they do not fit as keywords."""
    states: list[int]
    values: list[Any]
    last_token: int
    """Number of the end of the text; tokens behind it are made up by the recovery."""
    job_words: frozenset[int]
    packed: bool = False
    """Whether tokens may be whole runs of gate lines; never while recovering."""
    last_error: int = -10
    """Where the recovery was called last."""
    attempts: int = 0
    """How often it was called there."""
    calls: int = 0
    """How often it was called at all."""
    resumed: int = -1
    """Where the parse went on after it: a mistake found at once is the same one."""

    def shifted(self, stack: list[int], kind: int) -> list[int] | None:
        """The states after one more token, or None where it does not fit."""
        rows, gotos, rules = self.tables.rows, self.tables.gotos, self.tables.rules
        stack = stack.copy()
        while (code := rows[stack[-1]].get(kind, NO_ACTION)) < 0:
            rule = rules[~code]
            if rule.length:
                del stack[-rule.length :]
            stack.append(gotos[stack[-1]][rule.nonterminal])
        if code == NO_ACTION:
            return None
        stack.append(code)
        return stack

    def fits(self, *kinds: int) -> bool:
        """Whether these tokens could come next, one after the other."""
        stack = self.states
        for kind in kinds:
            further = self.shifted(stack, kind)
            if further is None:
                return False
            stack = further
        return True

    def expected(self) -> set[int]:
        """All kinds of tokens that could come next."""
        return {kind for kind in range(END_OF_TEXT, len(self.tables.terminals)) if self.fits(kind)}

    def progress(self, stack: list[int] | None, position: int, limit: int) -> int:
        """How many of the tokens from `position` on fit behind `stack`, up to `limit`.

        The end of the text counts as all that is left, for nothing can follow it.
        """
        for count in range(limit):
            if stack is None:
                return count - 1
            if position + count > self.last_token:
                return limit
            readings = (self.shifted(stack, kind) for kind in self.readings(position + count))
            stack = next((reading for reading in readings if reading is not None), None)
        return limit if stack is not None else limit - 1

    def readings(self, position: int) -> tuple[int, ...]:
        """The kinds that a token may have: a soft word is itself or a name."""
        kind = self.tokens.kinds[min(position, self.last_token)]
        return (kind, self.tables.kind["ID"]) if kind in self.soft else (kind,)

    def settle(self, position: int) -> int:
        """What a soft word is here: the reading that its successor fits, keyword before name."""
        word, name = self.tokens.kinds[position], self.tables.kind["ID"]
        following = self.readings(position + 1)
        for reading in (word, name):
            if any(self.fits(reading, after) for after in following):
                return reading
        if self.fits(word) or not self.fits(name):
            return word
        begins_line = word in self.job_words and self.first_in_line(position)
        return word if begins_line and position > self.last_error else name

    def first_in_line(self, position: int) -> bool:
        text, start = self.context.source.text, self.tokens.starts[position]
        return not text[text.rfind("\n", 0, start) + 1 : start].strip()

    def feed(self, kind: int, token: int) -> None:
        """Take a token that fits, building what its arrival completes."""
        while (code := self.tables.rows[self.states[-1]][kind]) < 0:
            length, nonterminal, action = compiled_rules()[~code]
            children = self.values[len(self.values) - length :]
            del self.values[len(self.values) - length :], self.states[len(self.states) - length :]
            self.values.append(children[0] if action is None else action(self.context, children))
            self.states.append(self.tables.gotos[self.states[-1]][nonterminal])
        self.states.append(code)
        self.values.append(token)

    def invent(self, kind: int, text: str, start: int, end: int) -> int:
        """A made-up token, kept behind the end of the text; returns its number."""
        tokens = self.tokens
        tokens.kinds.append(kind)
        tokens.texts.append(text)
        tokens.starts.append(start)
        tokens.ends.append(end)
        return len(tokens.kinds) - 1

    def open_brackets(self) -> Iterator[int]:
        """The numbers of the brackets that wait for their partner, innermost first."""
        texts, closed = self.tokens.texts, 0
        for value in reversed(self.values):
            if isinstance(value, int):
                closed += texts[value] in (")", "]", "}")
                if texts[value] in ("(", "[", "{"):
                    if not closed:
                        yield value
                    closed = max(closed - 1, 0)
