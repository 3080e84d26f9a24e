"""Loops over short lists from outside, written out: every turn has the values of its row, which are then checked.

for i, j in [(0, 1), (1, 5)]:      →      { cx q[0], q[1]; }
    ql.cx(q[i], q[j])                     { cx q[1], q[5]; }
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from qlang.embedding.captured import literal
from qlang.embedding.reader import Reader, Variable
from qlang.syntax import tree

MOST_TURNS = 64
MOST_NODES = 20_000
"""Size of all turns together, in nodes of the Python tree."""


def is_short(reader: Reader, node: ast.For, rows: Sequence[Any]) -> bool:
    """Whether a loop can be written out: few turns, all to the end, and variables that nothing else changes."""
    parts = [part for statement in node.body for part in ast.walk(statement)]
    names = [part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)]
    leaves = any(isinstance(part, (ast.Break, ast.Continue, ast.Return)) for part in parts)
    plain = all(reader.scopes.is_plain_loop_variable(name) for name in names)
    return not leaves and plain and len(rows) <= MOST_TURNS and len(rows) * len(parts) <= MOST_NODES


def written_out(
    reader: Reader, node: ast.For, targets: Sequence[ast.expr], rows: Sequence[Any]
) -> list[tree.Statement]:
    """A block for every row; `targets` are the variable of `enumerate`, if there is one, and that of the row."""
    from qlang.embedding.statements import block

    start, end = reader.position(node)
    inside = _blocks(node.body)
    turns: list[tree.Statement] = []
    for number, row in enumerate(rows):
        problems = len(reader.problems)
        for name in [name for name in reader.variables if reader.scopes.home(name) in inside]:
            del reader.variables[name]
        for target, value in zip(targets, (number, row)[-len(targets) :], strict=True):
            _give(reader, target, value)
        turns.append(tree.Scope(start, end, block(reader, node.body, start, end)))
        if len(reader.problems) > problems:
            break  # the other turns would say the same
    return turns


def _blocks(body: Sequence[ast.stmt]) -> set[int]:
    """The identities of a block's and all inner blocks' lists of statements."""
    found = {id(body)}
    for statement in body:
        for part in ast.walk(statement):
            found |= {id(value) for _, value in ast.iter_fields(part) if isinstance(value, list)}
    return found


def _give(reader: Reader, target: ast.expr, value: Any) -> None:
    """A loop variable as the value of its row."""
    if isinstance(target, (ast.Tuple, ast.List)):
        if not isinstance(value, list) or len(value) != len(target.elts):
            raise reader.refuse(target, f"{len(target.elts)} loop variables", "the list has rows of another length")
        for part, item in zip(target.elts, value, strict=True):
            _give(reader, part, item)
        return
    if not isinstance(target, ast.Name):
        raise reader.refuse(target, f"`{ast.unparse(target)}` as a loop variable", "use names")
    if isinstance(value, list):
        raise reader.refuse(target, "one variable for a row of a list", "write a variable for each of its parts")
    written = literal(reader, target, value)
    span = reader.function.span(target)
    reader.variables[target.id] = Variable(
        written.kind, span, declared=True, node=written.node, constant=written.constant
    )
    reader.sure.add(target.id)
