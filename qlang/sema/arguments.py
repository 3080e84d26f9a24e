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
        if argument.name is None and place >= len(names):
            wanted = errors.circuits.counted(len(names), "argument")
            problems.append(
                errors.types.WrongArgumentCount(
                    span_of(call), name=callee, wanted=wanted, found=len(arguments), usage=_usage(callee, parameters)
                )
            )
            break
        name = names[place] if argument.name is None else argument.name.name
        if name not in names:
            problems.append(_unknown(span_of(argument.name or argument), callee, name, names))
        elif name in given:
            problems.append(errors.arguments.RepeatedArgument(span_of(argument), name=name, first=span_of(given[name])))
        else:
            given[name] = argument.value
    if not any(isinstance(problem, errors.arguments.UnknownParameter) for problem in problems):
        problems.extend(
            errors.arguments.MissingArgument(span_of(call), callee=callee, name=each.name, definition=each.span)
            for each in parameters
            if each.name not in given and each.default is None
        )
    return given, problems


def _usage(callee: str, parameters: Sequence[ParameterSymbol]) -> str:
    """`c(int steps, float h)`: what a call must give."""
    name = callee.split("`")[1]
    return f"{name}({', '.join(f'{each.type} {each.name}' for each in parameters)})"


def _unknown(span: Span, callee: str, name: str, known: Sequence[str]) -> Diagnostic:
    return errors.arguments.UnknownParameter(
        span, callee=callee, name=name, known=tuple(known), suggestion=suggest(name, known)
    )
