"""The stacks of the parser, and questions to them that leave them as they are."""

from dataclasses import dataclass
from typing import Any

from qlang.syntax.context import Context
from qlang.syntax.lexer import Tokens
from qlang.syntax.tables import NO_ACTION, Tables


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

    def fits(self, *kinds: int) -> bool:
        """Whether these tokens could come next, one after the other; only states move, on a copy."""
        rows, gotos, rules = self.tables.rows, self.tables.gotos, self.tables.rules
        stack = self.states.copy()
        for kind in kinds:
            while (code := rows[stack[-1]].get(kind, NO_ACTION)) < 0:
                rule = rules[~code]
                if rule.length:
                    del stack[-rule.length :]
                stack.append(gotos[stack[-1]][rule.nonterminal])
            if code == NO_ACTION:
                return False
            stack.append(code)
        return True

    def readings(self, position: int) -> tuple[int, ...]:
        """The kinds that a token may have: a soft word is itself or a name."""
        kind = self.tokens.kinds[min(position, len(self.tokens.kinds) - 1)]
        return (kind, self.tables.kind["ID"]) if kind in self.soft else (kind,)

    def settle(self, position: int) -> int:
        """What a soft word is here: the reading that its successor fits, keyword before name."""
        word, name = self.tokens.kinds[position], self.tables.kind["ID"]
        following = self.readings(position + 1)
        for reading in (word, name):
            if any(self.fits(reading, after) for after in following):
                return reading
        return name if self.fits(name) and not self.fits(word) else word
