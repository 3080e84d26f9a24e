"""Where lines begin and what is aligned, read from the tree."""

from dataclasses import dataclass, field

from qlang.syntax import tree
from qlang.syntax.lexer import Tokens

MAX_INLINE = 3
"""Statements that may stay together on one line, in braces."""


@dataclass(slots=True)
class Layout:
    """Offsets with a meaning for the printer."""

    closing: dict[int, int] = field(default_factory=dict)
    """Opening brace of a block to its closing brace."""
    inline: set[int] = field(default_factory=set)
    """Opening and closing braces of blocks that stay on one line."""
    beginnings: set[int] = field(default_factory=set)
    """Statements that begin a line."""
    aligned: dict[int, int] = field(default_factory=dict)
    """Tokens that are aligned with those of the same number."""


def layout_of(program: tree.Program, text: str, tokens: Tokens) -> Layout:
    """Where statements and blocks begin, how deep they stand and what is aligned."""
    layout = Layout()
    numbers = {start: number for number, start in enumerate(tokens.starts)}
    layout.beginnings.update(statement.start for statement in program.statements)
    for node in tree.walk(program):
        if isinstance(node, tree.Block):
            if text[node.start : node.start + 1] == "{":
                _add_block(layout, text, node.start, node.end, list(node.statements))
        elif isinstance(node, tree.Switch):
            _add_block(layout, text, _brace(tokens, numbers, node.subject.end), node.end, list(node.cases), False)
        elif isinstance(node, tree.NoiseDefinition):
            _add_block(layout, text, _brace(tokens, numbers, node.name.end), node.end, list(node.rules))
            _align_rules(layout, node, tokens, numbers)
        elif isinstance(node, tree.Sla):
            _add_block(layout, text, _brace(tokens, numbers, node.start), node.end, list(node.terms))
            _align_terms(layout, node, tokens, numbers)
        elif isinstance(node, tree.JobDefinition):
            opening = _brace(tokens, numbers, node.name.end)
            _add_block(layout, text, opening, node.end, list(node.statements), False)
            for statement in node.statements:
                if not isinstance(statement, tree.Sla):
                    layout.aligned[tokens.starts[numbers[statement.start] + 1]] = node.start
    return layout


def _brace(tokens: Tokens, numbers: dict[int, int], offset: int) -> int:
    """The first opening brace at or behind a token's boundary."""
    number = numbers.get(offset)
    if number is None:
        number = next(index for index, start in enumerate(tokens.starts) if start >= offset)
    while tokens.texts[number] != "{":
        number += 1
    return tokens.starts[number]


def _add_block(
    layout: Layout, text: str, opening: int, end: int, content: list[tree.Node], may_be_inline: bool = True
) -> None:
    closing = end - 1
    layout.closing[opening] = closing
    counted = (tree.Statement, tree.NoiseRule, tree.SlaTerm)
    size = sum(isinstance(node, counted) for item in content for node in tree.walk(item))
    together = "\n" not in text[opening:closing] or not text[opening + 1 : closing].strip()
    if may_be_inline and size <= MAX_INLINE and together:
        layout.inline.update((opening, closing))
    else:
        layout.beginnings.update(node.start for node in content)


def _align_rules(layout: Layout, noise: tree.NoiseDefinition, tokens: Tokens, numbers: dict[int, int]) -> None:
    for rule in noise.rules:
        if rule.targets and rule.start in layout.beginnings:
            layout.aligned[tokens.starts[numbers[rule.targets[0].start] - 1]] = noise.start


def _align_terms(layout: Layout, sla: tree.Sla, tokens: Tokens, numbers: dict[int, int]) -> None:
    for term in sla.terms:
        if term.start in layout.beginnings:
            behind = 4 if term.argument else 1
            layout.aligned[tokens.starts[numbers[term.start] + behind]] = sla.start
