"""Arguments against parameters, by place or by name."""

from collections.abc import Callable, Sequence

from qlang.sema import errors
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import ParameterSymbol
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span

Given = dict[str, tree.Expression]


def matched(
    parameters: Sequence[ParameterSymbol],
    arguments: Sequence[tree.Argument],
    span_of: Callable[[tree.Node], Span],
    call: tree.Node,
    callee: str,
) -> tuple[Given, list[Diagnostic]]:
    """The expression for each parameter that is given, and what is wrong with the call."""
    given: Given = {}
    problems: list[Diagnostic] = []
    names = [parameter.name for parameter in parameters]
    for place, argument in enumerate(arguments):
        if argument.name is not None:
            name = argument.name.name
            if name not in names:
                problems.append(
                    errors.names.UnknownParameter(
                        span_of(argument.name),
                        callee=callee,
                        name=name,
                        known=tuple(names),
                        suggestion=suggest(name, names),
                    )
                )
                continue
        elif place < len(names):
            name = names[place]
        else:
            wanted = errors.circuits.counted(len(names), "argument")
            problems.append(
                errors.types.WrongArgumentCount(
                    span_of(call), name=callee.strip("`"), wanted=wanted, found=len(arguments)
                )
            )
            break
        if name in given:
            problems.append(errors.names.RepeatedArgument(span_of(argument), name=name, first=span_of(given[name])))
        else:
            given[name] = argument.value
    known_misses = any(isinstance(problem, errors.names.UnknownParameter) for problem in problems)
    if not known_misses:
        problems.extend(
            errors.names.MissingArgument(span_of(call), callee=callee, name=each.name, definition=each.span)
            for each in parameters
            if each.name not in given and each.default is None
        )
    return given, problems
