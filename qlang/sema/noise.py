"""Noise blocks: channels, their parameters in SI units, the gates that they follow."""

from dataclasses import dataclass

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.infer import infer
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import CheckedRule, GateSymbol, NoiseSymbol
from qlang.sema.types import Duration, Type, Unknown, is_real
from qlang.sema.values import Constant, as_float
from qlang.syntax import tree


@dataclass(frozen=True)
class Channel:
    """A noise channel: parameters in order, and whether it acts on gates (or on measurements)."""

    parameters: tuple[str, ...]
    kind: str
    """`probability` or `time`."""
    on_gates: bool = True


CHANNELS: dict[str, Channel] = {
    "depolarizing": Channel(("p",), "probability"),
    "thermal": Channel(("t1", "t2"), "time"),
    "readout": Channel(("p01", "p10"), "probability", on_gates=False),
}
"""What the runtime can simulate. `p01` is the probability to read 1 for a prepared 0."""

ARITIES = ("1q", "2q")


def check_noise(context: Context, node: tree.NoiseDefinition) -> None:
    """Check a block and put its symbol in place of the provisional one."""
    rules = [_rule(context, rule) for rule in node.rules]
    span = context.span(node.name)
    current = context.scope.names.get(node.name.name)
    if None not in rules and current is not None and current.span == span:
        symbol = NoiseSymbol(node.name.name, span, tuple(rule for rule in rules if rule is not None))
        context.scope.names[node.name.name] = symbol


def _rule(context: Context, node: tree.NoiseRule) -> CheckedRule | None:
    callee = node.channel.callee
    channel = CHANNELS.get(callee.name)
    if channel is None:
        near = suggest(callee.name, CHANNELS)
        known = ", ".join(f"`{name}`" for name in CHANNELS)
        context.report(
            errors.circuits.NoiseError(
                context.span(callee),
                problem=f"unknown noise channel `{callee.name}`",
                help=f"the channels are {known}",
                replacement=near,
            )
        )
        return None
    values = _parameters(context, node.channel, channel)
    checked = [_check_target(context, target, channel) for target in node.targets]
    if values is None or not all(checked):
        return None
    if channel.kind == "time" and dict(values)["t2"] > 2 * dict(values)["t1"]:
        context.report(
            errors.circuits.NoiseError(
                context.span(node.channel),
                problem="T2 cannot be longer than 2·T1",
                help="dephasing includes the decay itself: 1/T2 = 1/(2·T1) + 1/Tφ",
            )
        )
        return None
    if callee.name == "readout" and sum(value for _, value in values) >= 1:
        context.report(
            errors.circuits.NoiseError(
                context.span(node.channel),
                problem="p01 and p10 must add up to less than 1",
                help="with p01 + p10 = 1 a reading tells nothing; beyond, exchange what 0 and 1 mean",
            )
        )
        return None
    return CheckedRule(callee.name, values, tuple(target.name for target in node.targets), context.span(node))


def _parameters(context: Context, call: tree.Call, channel: Channel) -> tuple[tuple[str, float], ...] | None:
    values: dict[str, float] = {}
    good = True
    for place, argument in enumerate(call.arguments):
        name = _parameter_name(context, call, channel, argument, place)
        if name is None:
            good = False
            continue
        kind, value = infer(context, argument.value)
        number = _number(context, argument.value, channel, name, kind, value)
        if number is None:
            good = False
        else:
            values[name] = number
    missing = [name for name in channel.parameters if name not in values]
    if good and missing:
        context.report(
            errors.circuits.NoiseError(
                context.span(call),
                problem=f"`{call.callee.name}` needs {' and '.join(f'`{name}`' for name in missing)}",
                help=f"write `{call.callee.name}({', '.join(f'{name} = …' for name in channel.parameters)})`",
            )
        )
        good = False
    return tuple((name, values[name]) for name in channel.parameters) if good else None


def _parameter_name(
    context: Context, call: tree.Call, channel: Channel, argument: tree.Argument, place: int
) -> str | None:
    if argument.name is None:
        if place < len(channel.parameters):
            return channel.parameters[place]
        problem = f"`{call.callee.name}` takes {len(channel.parameters)} values"
        context.report(errors.circuits.NoiseError(context.span(argument), problem=problem))
        return None
    name = argument.name.name
    if name in channel.parameters:
        return name
    context.report(
        errors.arguments.UnknownParameter(
            context.span(argument.name),
            callee=f"`{call.callee.name}`",
            name=name,
            known=channel.parameters,
            suggestion=suggest(name, channel.parameters),
        )
    )
    return None


def _number(
    context: Context,
    node: tree.Expression,
    channel: Channel,
    name: str,
    kind: Type,
    value: Constant | None,
) -> float | None:
    """The parameter in base units, if it is one."""
    if isinstance(kind, Unknown):
        return None
    span = context.span(node)
    if value is None:
        context.report(errors.types.NotConstant(span, what=f"`{name}`"))
        return None
    if channel.kind == "time":
        if kind != Duration() or not isinstance(value.value, (int, float)):
            if context.is_cut_short(node):
                return None
            units = ("ns", "us", "ms", "s")
            append = "us" if isinstance(node, (tree.IntLiteral, tree.FloatLiteral)) else None
            found = f"`{kind}`" if append is None else "a plain number"
            context.report(
                errors.types.WrongUnit(span, what=f"`{name}`", wanted="a time", found=found, units=units, append=append)
            )
            return None
        if value.value <= 0:
            context.report(errors.types.OutOfBounds(span, what=f"`{name}`", wanted="a time above 0", found=span.text))
            return None
        return float(value.value)
    return probability(context, node, f"`{name}`", value)


def probability(context: Context, node: tree.Expression, what: str, value: Constant) -> float | None:
    """A number between 0 and 1, written plainly or in `%`; reports anything else."""
    from qlang.sema.types import Ratio

    span = context.span(node)
    if value.type == Ratio("%") and isinstance(value.value, float):
        number = value.value
    elif is_real(value.type):
        number = as_float(value)
    else:
        context.report(
            errors.types.WrongUnit(
                span, what=what, wanted="a number from 0 to 1", found=f"`{value.type}`", units=("%",)
            )
        )
        return None
    if not 0 <= number <= 1:
        context.report(errors.types.OutOfBounds(span, what=what, wanted="a number from 0 to 1", found=span.text))
        return None
    return number


def _check_target(context: Context, target: tree.Name, channel: Channel) -> bool:
    span = context.span(target)
    if not channel.on_gates:
        context.report(
            errors.circuits.NoiseError(
                span, problem="readout errors belong to measurements, not to gates", help="remove `on …`"
            )
        )
        return False
    if target.name in ARITIES:
        return True
    symbol = context.use(target)
    if isinstance(symbol, GateSymbol):
        if not symbol.standard:
            context.report(
                errors.circuits.NoiseError(
                    span,
                    problem=f"noise on `{target.name}`, which the program defines by other gates",
                    help="name the gates that it is made of",
                )
            )
        return symbol.standard
    gates = [gate.name for gate in context.scope.visible() if isinstance(gate, GateSymbol)]
    near = suggest(target.name, sorted(gates, key=len))
    hint = "" if near is not None else "noise is on `1q`, `2q`, or gates by their names"
    context.report(errors.names.UnknownGate(span, name=target.name, suggestion=near, hint=hint))
    return False
