"""`sweep`: axes of points."""

import math

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.infer import infer
from qlang.sema.jobs import SweepAxis
from qlang.sema.types import Angle, Unknown, is_integer, is_real
from qlang.sema.values import Constant, as_float, as_int
from qlang.syntax import tree

MOST_POINTS = 1_000_000
Number = int | float


def check_sweeps(context: Context, nodes: list[tree.Sweep]) -> tuple[SweepAxis, ...] | None:
    """The axes of a job, in order; `None` where one of them has mistakes."""
    axes: list[SweepAxis] = []
    good = True
    seen: dict[str, tree.Name] = {}
    for item in (item for node in nodes for item in node.items):
        for name in item.names:
            first = seen.setdefault(name.name, name)
            if first is not name:
                span = context.span(name)
                context.report(errors.names.DuplicateName(span, name=name.name, first=context.span(first)))
                good = False
        axis = _axis(context, item)
        if axis is None:
            good = False
        else:
            axes.append(axis)
    points = math.prod(len(axis.points) for axis in axes)
    if points > MOST_POINTS:
        context.report(errors.jobs.TooManyPoints(context.span(nodes[-1]), points=points, limit=MOST_POINTS))
        good = False
    return tuple(axes) if good else None


def _axis(context: Context, item: tree.SweepItem) -> SweepAxis | None:
    if len(item.names) != len(item.domains):
        names = errors.circuits.counted(len(item.names), "variable")
        lists = errors.circuits.counted(len(item.domains), "list")
        context.report(errors.jobs.InvalidSweep(context.span(item), problem=f"`zip` of {names} is given {lists}"))
        return None
    columns = [_points(context, domain) for domain in item.domains]
    known = [column for column in columns if column is not None]
    if len(known) < len(columns):
        return None
    for name, column in zip(item.names[1:], known[1:], strict=True):
        if len(column) != len(known[0]):
            context.report(
                errors.jobs.SweepMismatch(
                    context.span(item),
                    first=item.names[0].name,
                    first_length=len(known[0]),
                    second=name.name,
                    second_length=len(column),
                )
            )
            return None
    names_written = tuple(name.name for name in item.names)
    return SweepAxis(names_written, tuple(zip(*known, strict=True)), context.span(item))


def _points(context: Context, domain: tree.Expression) -> list[Number] | None:
    match domain:
        case tree.ListLiteral():
            return _listed(context, domain)
        case tree.Range():
            return _ranged(context, domain)
        case tree.Call() if domain.callee.name == "linspace":
            return _linspace(context, domain)
        case tree.Missing():
            return None
        case _:
            problem = "a sweep runs over `linspace(a, b, k)`, a list `[…]`, or a range `a:b`"
            context.report(errors.jobs.InvalidSweep(context.span(domain), problem=problem))
            return None


def number(context: Context, node: tree.Expression, what: str) -> Number | None:
    """A real constant; reports anything else."""
    kind, value = infer(context, node)
    if isinstance(kind, Unknown):
        return None
    if not is_real(kind):
        context.report(errors.types.TypeMismatch(context.span(node), expected="a number", found=f"`{kind}`"))
        return None
    if value is None:
        context.report(errors.types.NotConstant(context.span(node), what=what))
        return None
    return _plain(value)


def _plain(value: Constant) -> Number:
    if isinstance(value.type, Angle) or not is_integer(value.type):
        return as_float(value)
    return as_int(value)


def _listed(context: Context, domain: tree.ListLiteral) -> list[Number] | None:
    if not domain.items:
        context.report(errors.jobs.InvalidSweep(context.span(domain), problem="a sweep has at least one point"))
        return None
    values = [number(context, item, "a point of a sweep") for item in domain.items]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    if any(isinstance(value, float) for value in known):
        return [float(value) for value in known]
    return known


def _ranged(context: Context, domain: tree.Range) -> list[Number] | None:
    if domain.first is None or domain.last is None:
        context.report(errors.jobs.InvalidSweep(context.span(domain), problem="the range of a sweep has both ends"))
        return None
    first = number(context, domain.first, "the range of a sweep")
    last = number(context, domain.last, "the range of a sweep")
    step = 1 if domain.step is None else number(context, domain.step, "the step of a sweep")
    if first is None or last is None or step is None:
        return None
    if step == 0:
        context.report(
            errors.types.OutOfBounds(context.span(domain.step or domain), what="a step", wanted="not 0", found="0")
        )
        return None
    steps = (last - first) / step
    count = math.floor(steps * (1 + 1e-12) + 1e-9) + 1
    if count < 1:
        problem = "this range has no points: its last value lies before its first"
        back = None
        if domain.step is None and domain.first is not None and domain.last is not None:
            back = f"{context.span(domain.first).text}:-1:{context.span(domain.last).text}"
        context.report(errors.jobs.InvalidSweep(context.span(domain), problem=problem, reversed=back))
        return None
    if not _count_allowed(context, domain, count):
        return None
    return [first + step * index for index in range(count)]


def _linspace(context: Context, domain: tree.Call) -> list[Number] | None:
    values = [item.value for item in domain.arguments]
    if len(values) != 3:
        span = context.span(domain)
        wanted = "3 arguments (first, last, number of points)"
        context.report(errors.types.WrongArgumentCount(span, name="linspace", wanted=wanted, found=len(values)))
        return None
    first = number(context, values[0], "the first value of `linspace`")
    last = number(context, values[1], "the last value of `linspace`")
    count = number(context, values[2], "the number of points")
    if first is None or last is None or count is None:
        return None
    if not isinstance(count, int) or count < 1:
        context.report(
            errors.types.OutOfBounds(
                context.span(values[2]), what="the number of points", wanted="a whole number from 1", found=str(count)
            )
        )
        return None
    if not _count_allowed(context, domain, count):
        return None
    if count == 1:
        return [float(first)]
    width = last - first
    return [*(first + width * index / (count - 1) for index in range(count - 1)), float(last)]


def _count_allowed(context: Context, node: tree.Node, count: int) -> bool:
    if count <= MOST_POINTS:
        return True
    context.report(errors.jobs.TooManyPoints(context.span(node), points=count, limit=MOST_POINTS))
    return False
