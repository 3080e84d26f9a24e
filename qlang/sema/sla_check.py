"""`sla { … }`: terms that mean something, bounds in base units."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.infer import infer
from qlang.sema.jobs import SlaBound
from qlang.sema.suggestions import suggest
from qlang.sema.types import Duration, Money, Ratio, Unknown, is_real
from qlang.sema.values import as_float
from qlang.syntax import tree
from qlang.syntax.source import Span

Metric = Literal["fidelity", "stderr", "error", "cost", "latency"]


@dataclass(frozen=True)
class MetricRule:
    """What a term of an SLA must look like."""

    relation: str
    kind: str
    """`share` (0 to 1), `number`, `money` or `time`."""
    argument: bool = False


METRICS: dict[str, MetricRule] = {
    "fidelity": MetricRule(">=", "share"),
    "stderr": MetricRule("<=", "number", argument=True),
    "error": MetricRule("<=", "number", argument=True),
    "cost": MetricRule("<=", "money"),
    "latency": MetricRule("<=", "time"),
}


def check_sla(context: Context, node: tree.Sla, expectations: Iterable[str]) -> tuple[SlaBound, ...] | None:
    """The bounds in order; `None` after a report. `expectations` are the names that `stderr` may speak of."""
    known = tuple(expectations)
    bounds: list[SlaBound] = []
    seen: dict[tuple[str, str | None], tree.SlaTerm] = {}
    good = True
    for term in node.terms:
        bound = _bound(context, term, known)
        if bound is None:
            good = False
            continue
        first = seen.setdefault((bound.metric, bound.argument), term)
        if first is not term:
            shown = bound.metric if bound.argument is None else f"{bound.metric}({bound.argument})"
            context.report(errors.sla.RepeatedBound(context.span(term), metric=shown, first=context.span(first)))
            good = False
        bounds.append(bound)
    return tuple(bounds) if good else None


def _bound(context: Context, term: tree.SlaTerm, known: tuple[str, ...]) -> SlaBound | None:
    metric = term.metric.name
    rule = METRICS.get(metric)
    if rule is None:
        names = tuple(METRICS)
        context.report(
            errors.sla.UnknownMetric(
                context.span(term.metric), name=metric, known=names, suggestion=suggest(metric, names)
            )
        )
        return None
    good = _check_argument(context, term, rule, known)
    good = _check_relation(context, term, rule) and good
    value = _value(context, term, rule)
    if value is None or not good:
        return None
    argument = None if term.argument is None else term.argument.name
    return SlaBound(
        cast(Metric, metric),
        argument,
        cast(Literal[">=", "<=", ">", "<"], term.relation),
        value[0],
        value[1],
        context.span(term),
    )


def _check_argument(context: Context, term: tree.SlaTerm, rule: MetricRule, known: tuple[str, ...]) -> bool:
    metric, argument = term.metric.name, term.argument
    if not rule.argument:
        if argument is None:
            return True
        problem = f"`{metric}` speaks of the whole run and takes no name"
        text = context.scope.source.text
        close = text.find(")", argument.end, term.end)
        brackets = None if close < 0 else Span(context.scope.source, term.metric.end, close + 1)
        context.report(errors.sla.MetricArgument(context.span(argument), problem=problem, known=(), remove=brackets))
        return False
    if argument is None:
        problem = f"`{metric}` needs the name of an expectation value: `{metric}(name)`"
        insert = f"({known[0]})" if len(known) == 1 else ""
        context.report(errors.sla.MetricArgument(context.span(term.metric), problem, known, insert=insert))
        return False
    if argument.name in known:
        return True
    near = suggest(argument.name, known)
    problem = f"this job has no expectation value `{argument.name}`"
    shown = () if near else known
    context.report(errors.sla.MetricArgument(context.span(argument), problem=problem, known=shown, suggestion=near))
    return False


def _check_relation(context: Context, term: tree.SlaTerm, rule: MetricRule) -> bool:
    if term.relation.startswith(rule.relation[0]):
        return True
    text = context.scope.source.text
    after = (term.argument or term.metric).end
    start = text.find(term.relation, after, term.end)
    if start < 0:  # put in by the recovery parser
        return False
    operator = Span(context.scope.source, start, start + len(term.relation))
    context.report(
        errors.sla.MeaninglessBound(
            context.span(term),
            metric=term.metric.name,
            relation=term.relation,
            wanted=rule.relation,
            operator=operator,
        )
    )
    return False


def _value(context: Context, term: tree.SlaTerm, rule: MetricRule) -> tuple[float, str] | None:
    """The bound in base units, and the unit where one remains."""
    node = term.bound
    kind, value = infer(context, node)
    if isinstance(kind, Unknown):
        return None
    span = context.span(node)
    if value is None:
        context.report(errors.types.NotConstant(span, what=f"the bound of `{term.metric.name}`"))
        return None
    number = value.value
    if rule.kind == "time" and kind == Duration() and isinstance(number, float):
        return _positive(context, span, term, number, "s")
    if rule.kind == "money" and isinstance(kind, Money) and isinstance(number, float):
        return _positive(context, span, term, number, kind.currency)
    if rule.kind in ("share", "number"):
        if kind == Ratio("%") and isinstance(number, float):
            return _share(context, span, term, rule, number)
        if is_real(kind):
            return _share(context, span, term, rule, as_float(value))
    _report_unit(context, span, term, rule, node, str(kind))
    return None


def _share(
    context: Context, span: Span, term: tree.SlaTerm, rule: MetricRule, number: float
) -> tuple[float, str] | None:
    if rule.kind == "share" and not 0 < number <= 1:
        context.report(
            errors.types.OutOfBounds(
                span, what=f"`{term.metric.name}`", wanted="a number above 0, at most 1", found=span.text
            )
        )
        return None
    return _positive(context, span, term, number, "")


def _positive(context: Context, span: Span, term: tree.SlaTerm, number: float, unit: str) -> tuple[float, str] | None:
    least_allowed = number >= 0 if term.metric.name == "cost" else number > 0
    if least_allowed:
        return number, unit
    wanted = "0 or more" if term.metric.name == "cost" else "above 0"
    context.report(errors.types.OutOfBounds(span, what=f"`{term.metric.name}`", wanted=wanted, found=span.text))
    return None


_WANTED = {
    "share": ("a number from 0 to 1", ("%",), None),
    "number": ("a number", ("%",), None),
    "money": ("an amount of money", ("usd", "eur"), " usd"),
    "time": ("a time", ("ms", "s", "min", "h", "days"), " min"),
}


def _report_unit(
    context: Context, span: Span, term: tree.SlaTerm, rule: MetricRule, node: tree.Expression, found: str
) -> None:
    wanted, units, append = _WANTED[rule.kind]
    plain = isinstance(node, (tree.IntLiteral, tree.FloatLiteral))
    if plain and context.is_cut_short(node):
        return
    context.report(
        errors.types.WrongUnit(
            span,
            what=f"`{term.metric.name}`",
            wanted=wanted,
            found="a plain number" if plain else f"`{found}`",
            units=units,
            append=append if plain else None,
        )
    )
