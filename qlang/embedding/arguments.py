"""Arguments of a call against parameters, by place and by name, as Python matches them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from qlang.embedding.definition import NOTHING
from qlang.embedding.reader import Reader
from qlang.problems import CompileError
from qlang.sema import errors
from qlang.sema.suggestions import suggest
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span


class Named(Protocol):
    """A parameter: at least a name."""

    @property
    def name(self) -> str: ...


P = TypeVar("P", bound=Named)


@dataclass(frozen=True, slots=True)
class Required:
    """A parameter by name alone."""

    name: str


def matched(
    reader: Reader, node: ast.Call, callee: str, parameters: Sequence[P], definition: Span | None = None
) -> list[tuple[P, ast.expr]]:
    """The argument of every parameter, defaults filled in.

    Raises CompileError with everything that is wrong with the call.
    """
    given: dict[str, ast.expr] = {}
    problems: list[Diagnostic] = []
    names = [parameter.name for parameter in parameters]
    if len(node.args) > len(names):
        span, wanted = reader.function.span(node), errors.circuits.counted(len(names), "argument")
        problems.append(
            errors.types.WrongArgumentCount(
                span, name=callee, wanted=wanted, found=len(node.args), definition=definition
            )
        )
    starred = next((part for part in node.args if isinstance(part, ast.Starred)), None)
    if starred is not None or any(keyword.arg is None for keyword in node.keywords):
        raise reader.refuse(starred or node, "`*` in a call", "write out the arguments")
    given = dict(zip(names, node.args, strict=False))
    for keyword in node.keywords:
        name = keyword.arg or ""
        start = reader.function.offset(keyword, end=False)
        span = Span(reader.function.source, start, start + len(name))
        if name not in names:
            near = suggest(name, names)
            problems.append(
                errors.arguments.UnknownParameter(
                    span, callee=f"`{callee}`", name=name, known=tuple(names), suggestion=near
                )
            )
        elif name in given:
            first = reader.function.span(given[name])
            problems.append(errors.arguments.RepeatedArgument(span, name=name, first=first))
        else:
            given[name] = keyword.value
    missing = [each for each in parameters if each.name not in given and getattr(each, "default", NOTHING) is NOTHING]
    if missing and not problems:
        span = reader.function.span(node)
        places = [getattr(each, "span", None) or definition or span for each in missing]
        problems += [
            errors.arguments.MissingArgument(span, callee=f"`{callee}`", name=each.name, definition=place)
            for each, place in zip(missing, places, strict=True)
        ]
    if problems:
        raise CompileError(tuple(problems))
    return [(each, given.get(each.name) or _default(node, each)) for each in parameters]


def _default(node: ast.Call, parameter: object) -> ast.expr:
    """A parameter's default, as if it were written in the call."""
    return ast.copy_location(ast.Constant(getattr(parameter, "default")), node)  # noqa: B009  # a protocol without it
