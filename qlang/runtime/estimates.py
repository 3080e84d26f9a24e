"""From raw data to expectation values with error bars, mitigated as the plan says.

Settings and noise scales are measured independently, so their variances add; within a setting, the covariances of
its terms are in the variance of the per-shot sum. Distributions that are known exactly have no variance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray

from qlang.backends.noise import NoiseModel
from qlang.backends.protocol import Outcome, ScaleOutcome, SettingOutcome
from qlang.ir.pauli import IDENTITY_GROUP, product_factors
from qlang.mitigation.arms import Arm, ReadoutInversion, ZeroNoiseExtrapolation, methods
from qlang.mitigation.confusion import Confusion
from qlang.mitigation.errors import NotInvertible
from qlang.mitigation.readout import mitigated_pauli_sum
from qlang.mitigation.statistics import Term, pauli_sum
from qlang.mitigation.zne import coefficients, extrapolate
from qlang.runtime.errors import BadPlan
from qlang.runtime.stages import Estimated, Estimates, MethodNote, Policy, Raw


@dataclass(frozen=True, slots=True)
class Observable:
    """An expectation value as the plan asks for it."""

    label: str
    wires: tuple[tuple[int, ...], ...]
    """For each term, the wires of its Pauli product."""
    coefficients: tuple[float, ...]
    groups: tuple[int, ...]
    """For each term, the setting that measures it."""

    def terms(self, setting: int, measured: Sequence[int]) -> list[Term]:
        """The terms of a setting, over positions among its measured wires. Raises `BadPlan`."""
        chosen = []
        for wires, coefficient, group in zip(self.wires, self.coefficients, self.groups, strict=True):
            if group == setting:
                if missing := set(wires) - set(measured):
                    raise BadPlan("plan.mitigate", f"setting {setting} does not measure wires {sorted(missing)}")
                chosen.append((coefficient, tuple(measured.index(wire) for wire in wires)))
        return chosen

    @property
    def constant(self) -> float:
        """Sum of the terms without a Pauli."""
        pairs = zip(self.coefficients, self.groups, strict=True)
        return fsum(coefficient for coefficient, group in pairs if group == IDENTITY_GROUP)


def wires_of(term: str) -> tuple[int, ...]:
    """The wires of a Pauli product such as `X0*Z3`; none for `I`. Raises `BadPlan`."""
    try:
        return tuple(product_factors(term))
    except ValueError as error:
        raise BadPlan("plan.mitigate", str(error)) from None


def estimate(raw: Raw, policy: Policy, observables: Sequence[Observable]) -> Estimates:
    """All expectation values at all points. Raises `BadPlan` for a policy that the raw data do not fit."""
    arm, notes = policy.arm, []
    readout, reason = _readout(raw, arm)
    labels = tuple(observable.label for observable in observables)
    for method in methods(arm):
        failed = reason if isinstance(method, ReadoutInversion) else None
        notes.append(MethodNote(str(method), labels, failed or (None if labels else "no expectation value is asked")))
    sampled = tuple(sample.label for sample in raw.outcomes[0].samples) if raw.outcomes else ()
    notes += [MethodNote(str(e["method"]), labels + sampled, str(e["reason"])) for e in _planned_notes(policy)]
    if methods(arm) and sampled:
        notes.append(MethodNote(str(arm), sampled, "histograms are not mitigated in this version"))
    points = tuple(
        {observable.label: _estimate(observable, outcome, arm, readout) for observable in observables}
        for outcome in raw.outcomes
    )
    return Estimates(raw, policy, points, tuple(notes))


def _planned_notes(policy: Policy) -> list[Mapping[str, object]]:
    """The listed methods that the plan found nothing to apply to."""
    entries = policy.predicted.get("not_applied", [])
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []


def _readout(raw: Raw, arm: Arm) -> tuple[NoiseModel | None, str | None]:
    """Where readout errors come from, if they are to be inverted; otherwise the reason why they are not."""
    if not any(isinstance(method, ReadoutInversion) for method in methods(arm)):
        return None, None
    noise = raw.place.noise
    if noise is None:
        return None, "the backend has no readout errors"
    measured = {w for o in raw.outcomes[:1] for scale in o.scales for s in scale.settings for w in s.wires}
    try:
        for wire in sorted(measured):
            _confusion(noise, wire)
    except NotInvertible as error:
        return None, str(error)
    return noise, None


def _estimate(observable: Observable, outcome: Outcome, arm: Arm, readout: NoiseModel | None) -> Estimated:
    found = [_at_scale(observable, scale, readout) for scale in outcome.scales]
    applied = [str(m) for m in methods(arm) if readout is not None or not isinstance(m, ReadoutInversion)]
    exact = all(scale.shots is None for scale in outcome.scales)
    method = " + ".join(applied) or ("exact" if exact and outcome.method == "state_vector" else "none")
    extrapolation = next((m for m in methods(arm) if isinstance(m, ZeroNoiseExtrapolation)), None)
    scales = tuple(scale.scale for scale in outcome.scales)
    if extrapolation is None:
        if scales != (1,):
            raise BadPlan("plan.execute", f"noise scales {list(scales)} and nothing to extrapolate")
        return Estimated(*found[0], method)
    if scales != extrapolation.scales:
        raise BadPlan("plan.execute", f"noise scales {list(scales)}, the policy says {list(extrapolation.scales)}")
    weights = coefficients(scales, extrapolation.fit)
    result = extrapolate([value for value, _ in found], [variance for _, variance in found], weights)
    return Estimated(result.value, result.standard_error**2, method)


def _at_scale(observable: Observable, scale: ScaleOutcome, readout: NoiseModel | None) -> tuple[float, float]:
    """Value and variance at one noise scale."""
    values, variances = [observable.constant], [0.0]
    for index, setting in enumerate(scale.settings):
        terms = observable.terms(index, setting.wires)
        if terms:
            confusions = [_confusion(readout, wire) for wire in setting.wires] if readout else None
            value, variance = _measured(setting, terms, confusions)
            values.append(value)
            variances.append(variance)
    return fsum(values), fsum(variances)


def _measured(
    setting: SettingOutcome, terms: Sequence[Term], confusions: Sequence[Confusion] | None
) -> tuple[float, float]:
    if setting.counts is not None:
        found = (
            mitigated_pauli_sum(terms, setting.counts, confusions) if confusions else pauli_sum(terms, setting.counts)
        )
        return found.value, found.variance
    if setting.means is not None:
        if confusions:
            raise BadPlan("plan.mitigate", "readout errors are inverted from distributions or counts")
        return fsum(c * setting.means[tuple(setting.wires[bit] for bit in bits)] for c, bits in terms), 0.0
    assert setting.probabilities is not None
    width = len(setting.wires)
    factors = [each.factors() for each in confusions] if confusions else [(1.0, -1.0)] * width
    grid = setting.probabilities.reshape((2,) * width)
    return fsum(c * _product(grid, bits, factors) for c, bits in terms), 0.0


def _product(grid: NDArray[np.float64], bits: Sequence[int], factors: Sequence[tuple[float, float]]) -> float:
    """Mean of Π f over `bits` under a distribution with one axis for each bit, the last bit first."""
    width = grid.ndim
    others = tuple(width - 1 - bit for bit in range(width) if bit not in bits)
    rest = grid.sum(axis=others) if others else grid
    for bit in sorted(bits):  # the smallest bit has the last axis
        rest = rest @ np.array(factors[bit])
    return float(rest)


def _confusion(noise: NoiseModel, wire: int) -> Confusion:
    return Confusion(*noise.readout(wire))


def observables_of(expect: Mapping[str, Mapping[str, Sequence[object]]]) -> tuple[Observable, ...]:
    """Read the `expect` attribute of `plan.mitigate`. Raises `BadPlan`."""
    result = []
    for label, entry in expect.items():
        terms, values, groups = entry["terms"], entry["coefficients"], entry["groups"]
        if not len(terms) == len(values) == len(groups):
            raise BadPlan("plan.mitigate", f"`{label}` has terms, coefficients and groups of different numbers")
        numbers = tuple(float(str(value)) for value in values)
        wires = tuple(wires_of(str(term)) for term in terms)
        result.append(Observable(label, wires, numbers, tuple(int(str(group)) for group in groups)))
    return tuple(result)
