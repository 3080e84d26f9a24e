"""The mitigation methods as data, their written form and which of them go together.

An arm is one way to treat a job: nothing, one method, or several in order. Written forms round-trip:

    none     readout     zne[1,3,5],richardson     readout + zne[1,3],linear
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from qlang.mitigation.errors import BadOption, BadText, Incompatible, NotFoldable, NotOffered, UnknownMethod
from qlang.mitigation.zne import FITS, Fit, check_scales, folds

EM_VERSION = "em/1"
"""Version of the methods' definitions; a manifest states it, and a change of any result changes it."""


@dataclass(frozen=True, slots=True)
class NoMitigation:
    """The raw estimate."""

    def __str__(self) -> str:
        return "none"


@dataclass(frozen=True, slots=True)
class ReadoutInversion:
    """Inverse of independent confusion matrices."""

    def __str__(self) -> str:
        return "readout"


@dataclass(frozen=True, slots=True)
class ZeroNoiseExtrapolation:
    """Extrapolation over global folding; raises `BadScales`, `NotFoldable` for scales that are not odd integers."""

    scales: tuple[int, ...] = (1, 3, 5)
    fit: Fit = "richardson"

    def __post_init__(self) -> None:
        check_scales(self.scales)
        for scale in self.scales:
            folds(scale)
        if self.fit not in FITS:
            raise BadOption("zne", "fit", f"`{self.fit}` is not one of {', '.join(FITS)}")

    def __str__(self) -> str:
        return f"zne[{','.join(map(str, self.scales))}],{self.fit}"


Method = ReadoutInversion | ZeroNoiseExtrapolation


@dataclass(frozen=True, slots=True)
class Composite:
    """Two or more methods, applied in this order; raises `Incompatible`."""

    methods: tuple[Method, ...]

    def __post_init__(self) -> None:
        if len(self.methods) < 2:
            raise ValueError("a composite has at least two methods")
        check_order([_NAMES[type(method)] for method in self.methods])

    def __str__(self) -> str:
        return " + ".join(map(str, self.methods))


Arm = NoMitigation | ReadoutInversion | ZeroNoiseExtrapolation | Composite

_NAMES: Mapping[type, str] = {ReadoutInversion: "readout", ZeroNoiseExtrapolation: "zne"}

FORBIDDEN: Mapping[tuple[str, str], str] = {
    ("readout", "readout"): "a readout error can be undone only once",
    ("zne", "zne"): "an extrapolated value has no noise scale left to extrapolate over",
    ("zne", "readout"): "readout errors do not grow with folding: undo them before extrapolating",
}
"""Ordered pairs of methods that do not go together, and why."""

NOT_OFFERED = ("cdr", "ddd", "ml_qem", "pec", "twirl")
"""Methods of the language that this version does not implement."""


def check_order(names: Sequence[str]) -> None:
    """Raises `Incompatible` for the first forbidden pair, in any distance."""
    for position, second in enumerate(names):
        for first in names[:position]:
            if "none" in (first, second):
                raise Incompatible(first, second, "`none` stands alone")
            if (first, second) in FORBIDDEN:
                raise Incompatible(first, second, FORBIDDEN[first, second])


def methods(arm: Arm) -> tuple[Method, ...]:
    """The arm's methods in order; empty for no mitigation."""
    match arm:
        case NoMitigation():
            return ()
        case Composite(parts):
            return parts
        case _:
            return (arm,)


def default_arms() -> tuple[Arm, ...]:
    """What `mitigate auto` chooses among; no mitigation comes first and so wins ties."""
    extrapolations = (
        ZeroNoiseExtrapolation((1, 3), "linear"),
        ZeroNoiseExtrapolation((1, 3, 5), "linear"),
        ZeroNoiseExtrapolation((1, 3, 5), "richardson"),
    )
    readout = ReadoutInversion()
    return (NoMitigation(), readout, *extrapolations, *(Composite((readout, each)) for each in extrapolations))


def arm_of(directives: Sequence[tuple[str, Mapping[str, Any]]]) -> Arm:
    """The arm that a job's list of methods means: names with their options, in order.

    Raises `UnknownMethod`, `NotOffered`, `BadOption`, `BadScales`, `NotFoldable`, `Incompatible`.
    """
    for name, _ in directives:
        _check_name(name)
    check_order([name for name, _ in directives])
    built = [_BUILDERS[name](options) for name, options in directives]
    chosen = tuple(method for method in built if not isinstance(method, NoMitigation))
    if len(chosen) > 1:
        return Composite(chosen)
    return chosen[0] if chosen else NoMitigation()


def parse(text: str) -> Arm:
    """Inverse of `str(arm)`; raises `BadText` and what `arm_of` raises."""
    directives: list[tuple[str, Mapping[str, Any]]] = []
    for part in text.split("+"):
        matched = _TEXT.fullmatch(part.strip())
        if matched is None:
            raise BadText(text)
        name, scales, fit = matched.groups()
        options = {"scales": tuple(map(int, scales.split(","))), "fit": fit} if scales else {}
        directives.append((name, options))
    return arm_of(directives)


_TEXT = re.compile(r"([a-z_]+)(?:\[(\d{1,9}(?:,\d{1,9})*)\],([a-z]+))?")


def _check_name(name: str) -> None:
    if name in NOT_OFFERED:
        raise NotOffered(name, OFFERED)
    if name not in _BUILDERS:
        from difflib import get_close_matches  # only on the way to an error message

        near = get_close_matches(name, [*OFFERED, *NOT_OFFERED], n=1)
        raise UnknownMethod(name, near[0] if near else None)


def _without_options(name: str, arm: NoMitigation | ReadoutInversion, options: Mapping[str, Any]) -> Any:
    for option in options:
        raise BadOption(name, option, "this method has no options")
    return arm


def _zne(options: Mapping[str, Any]) -> ZeroNoiseExtrapolation:
    for option in options:
        if option not in ("scales", "fit"):
            raise BadOption("zne", option, "the options are `scales` and `fit`")
    given = dict(options)
    if "scales" in given:
        scales = given["scales"]
        if isinstance(scales, str) or not isinstance(scales, Sequence):
            raise BadOption("zne", "scales", "a list of odd integers is needed")
        given["scales"] = tuple(_whole(scale) for scale in scales)
    return ZeroNoiseExtrapolation(**given)


def _whole(scale: object) -> int:
    if isinstance(scale, bool) or not isinstance(scale, int | float):
        raise BadOption("zne", "scales", f"{scale!r} is not a number")
    if not isfinite(scale) or scale != int(scale):
        raise NotFoldable(scale)
    return int(scale)


_BUILDERS: Mapping[str, Callable[[Mapping[str, Any]], NoMitigation | Method]] = {
    "none": lambda options: _without_options("none", NoMitigation(), options),
    "readout": lambda options: _without_options("readout", ReadoutInversion(), options),
    "zne": _zne,
}
OFFERED = tuple(_BUILDERS)
"""Names of the methods of this version."""
