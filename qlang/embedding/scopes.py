"""Where the variables of a Python function live: Python's are the function's, the language's are a block's.

A variable is declared in the innermost block that holds all places where it stands. A loop variable that Python code
uses like any other (assigned, or read outside of its loop) becomes such a variable, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

Path = tuple[int, ...]
"""The blocks around a place, outermost first, by identity of their lists of statements."""


@dataclass(slots=True)
class Scopes:
    """What is known of a function's names before it is read."""

    places: dict[str, list[Path]] = field(default_factory=dict)
    """Name → the blocks around every place where it stands."""
    assigned: set[str] = field(default_factory=set)
    """Names that statements give a value."""
    looped: dict[str, list[Path]] = field(default_factory=dict)
    """Names that loops give a value, with the body of each loop as last block."""
    parameters: frozenset[str] = frozenset()

    def is_local(self, name: str) -> bool:
        """Whether Python means a variable of the function by this name, anywhere in it."""
        return name in self.parameters or name in self.assigned or name in self.looped

    def home(self, name: str) -> int:
        """The innermost block that holds every place of a name."""
        paths = [*self.places.get(name, ()), *self.looped.get(name, ())]
        shared: Path = paths[0] if paths else ()
        for path in paths[1:]:
            length = next((k for k, (a, b) in enumerate(zip(shared, path, strict=False)) if a != b), None)
            shared = shared[: min(len(shared), len(path)) if length is None else length]
        return shared[-1] if shared else 0

    def is_plain_loop_variable(self, name: str) -> bool:
        """Whether a loop variable is read inside of its loops only, and changed by nothing else."""
        if name in self.assigned or name in self.parameters:
            return False
        bodies = self.looped.get(name, [])
        nested = any(a != b and a == b[: len(a)] for a in bodies for b in bodies)
        inside = all(any(path[: len(body)] == body for body in bodies) for path in self.places.get(name, []))
        return inside and not nested


def scopes_of(function: ast.FunctionDef) -> Scopes:
    """Read the names of a function's body."""
    arguments = function.args
    found = Scopes(parameters=frozenset(argument.arg for argument in arguments.args))
    _block(found, function.body, ())
    for name in found.parameters:
        found.places.setdefault(name, []).append((id(function.body),))
    return found


def _block(found: Scopes, body: Sequence[ast.stmt], path: Path) -> None:
    inner = (*path, id(body))
    for statement in body:
        _statement(found, statement, inner)


def _statement(found: Scopes, node: ast.stmt, path: Path) -> None:
    if isinstance(node, ast.For):
        for name in _names(node.target):
            found.looped.setdefault(name.id, []).append((*path, id(node.body)))
        _expressions(found, [node.iter], path)
        _block(found, node.body, path)
        return
    found.assigned |= set(_targets(node))
    nested: list[ast.AST] = []
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            _block(found, value, path)
        elif isinstance(value, list) and value and isinstance(value[0], ast.match_case):
            for case in value:
                _block(found, case.body, path)
                nested += [case.pattern, *([case.guard] if case.guard else [])]
        else:
            nested += [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, ast.AST)]
    _expressions(found, nested, path)


def _expressions(found: Scopes, nodes: Sequence[ast.AST], path: Path) -> None:
    for node in nodes:
        hidden = {
            name.id for part in ast.walk(node) if isinstance(part, ast.comprehension) for name in _names(part.target)
        }
        for name in _names(node):
            if name.id not in hidden:
                found.places.setdefault(name.id, []).append(path)


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (part for part in ast.walk(node) if isinstance(part, ast.Name))


def _targets(node: ast.stmt) -> Iterator[str]:
    """Names that a statement gives a value; elements of what a name holds are no names."""
    match node:
        case ast.Assign(targets=targets):
            nodes: list[ast.expr] = list(targets)
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            nodes = [target]
        case _:
            return
    for each in nodes:
        for part in each.elts if isinstance(each, (ast.Tuple, ast.List)) else [each]:
            if isinstance(part, ast.Name):
                yield part.id
