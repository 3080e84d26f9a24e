"""The plain statements of a job: `shots`, `seed`, `precision`, `crypto`, `label`."""

from collections.abc import Iterable
from typing import Literal, cast, get_args

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.infer import infer
from qlang.sema.jobs import CheckedCrypto, CheckedPrecision, CryptoMode
from qlang.sema.suggestions import suggest
from qlang.sema.types import Unknown, is_integer, is_real
from qlang.sema.values import LARGEST_UINT, as_float, as_int
from qlang.syntax import tree

MOST_SHOTS = 10**12


def check_shots(context: Context, node: tree.Shots | None) -> int | Literal["auto"] | None:
    """The number of shots, `auto`, or `None` where the job does not say."""
    if node is None:
        return None
    if node.value is None:
        return "auto"
    return whole_number(context, node.value, "the number of shots", 1, MOST_SHOTS)


def check_seed(context: Context, node: tree.Seed | None) -> int | None:
    """The seed, an unsigned 64-bit number; `None` where none is given or after a report."""
    return None if node is None else whole_number(context, node.value, "a seed", 0, LARGEST_UINT)


def whole_number(context: Context, node: tree.Expression, what: str, least: int, most: int) -> int | None:
    """A constant integer in a range; reports anything else. `2e4` is welcome, being whole."""
    kind, value = infer(context, node)
    if isinstance(kind, Unknown):
        return None
    span = context.span(node)
    if not is_real(kind):
        context.report(errors.types.TypeMismatch(span, expected="a whole number", found=f"`{kind}`"))
        return None
    if value is None:
        context.report(errors.types.NotConstant(span, what=what))
        return None
    number = as_int(value) if is_integer(kind) else as_float(value)
    if isinstance(number, int) or number.is_integer():
        if least <= number <= most:
            return int(number)
        wanted = f"a whole number from {least} to {_power(most)}"
        context.report(errors.types.OutOfBounds(span, what=what, wanted=wanted, found=span.text))
        return None
    context.report(errors.types.TypeMismatch(span, expected="a whole number", found=f"`{span.text}`"))
    return None


def _power(number: int) -> str:
    return {LARGEST_UINT: "2^64 - 1", MOST_SHOTS: "10^12"}.get(number, str(number))


def check_precision(context: Context, node: tree.Precision | None) -> CheckedPrecision | None:
    """The bound on the numerical error, between 0 and 1."""
    if node is None:
        return None
    kind, value = infer(context, node.value)
    if isinstance(kind, Unknown):
        return None
    span = context.span(node.value)
    if not is_real(kind) or value is None:
        context.report(errors.types.TypeMismatch(span, expected="a constant number", found=f"`{kind}`"))
        return None
    number = as_float(value)
    if not 0 < number < 1:
        wanted = "a number above 0 and below 1"
        context.report(errors.types.OutOfBounds(span, what="the precision", wanted=wanted, found=span.text))
        return None
    return CheckedPrecision(cast(Literal["l2", "infidelity"], node.measure), number, context.span(node))


def check_crypto(context: Context, node: tree.Crypto | None) -> CheckedCrypto:
    """The crypto mode; classical where none is given or after a report."""
    if node is None:
        return CheckedCrypto("classical", None)
    modes: tuple[CryptoMode, ...] = get_args(CryptoMode)
    span = context.span(node)
    for mode in modes:
        if mode == node.mode.name:
            return CheckedCrypto(mode, span)
    if node.mode.name:
        near = suggest(node.mode.name, modes)
        context.report(
            errors.crypto.UnknownCryptoMode(context.span(node.mode), name=node.mode.name, known=modes, suggestion=near)
        )
    return CheckedCrypto("classical", span)


def check_labels(context: Context, nodes: Iterable[tree.JobLabel]) -> dict[str, str]:
    """Key and text of each label; numbers are kept as written."""
    labels: dict[str, str] = {}
    first: dict[str, tree.Name] = {}
    for node in nodes:
        earlier = first.setdefault(node.key.name, node.key)
        if earlier is not node.key:
            span = context.span(node.key)
            context.report(errors.names.DuplicateName(span, name=node.key.name, first=context.span(earlier)))
        kind, value = infer(context, node.value)
        if isinstance(kind, Unknown):
            continue
        if value is None:
            context.report(errors.types.NotConstant(context.span(node.value), what="the text of a label"))
        elif isinstance(node.value, tree.BitStringLiteral):
            labels[node.key.name] = node.value.bits
        else:
            labels[node.key.name] = str(value)
    return labels
