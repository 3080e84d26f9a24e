"""The tree-structured Parzen estimator of optuna (Bergstra et al., 2011), over the genes jointly.

Points that the constraints forbid, and those that turned out invalid, are told as pruned, which the estimator counts
among the bad ones; points that are known already are told again with what they are worth. After a number of
proposals without a new point, one is drawn at random.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from qlang.tuning.errors import StrategyUnavailable
from qlang.tuning.space import Configuration, Gene, Space, Value
from qlang.tuning.strategy import Unknown

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial

_PROPOSALS = 24
_STARTUP = 8
"""Random points before the estimator is used."""


class TreeParzen:
    """See the module; the start is proposed first. Raises: StrategyUnavailable where optuna is not installed."""

    def __init__(self, space: Space, start: Configuration, seed: int) -> None:
        try:
            import optuna
        except ImportError as error:
            raise StrategyUnavailable("tpe", "optuna") from error
        self._space = space
        self._pruned = optuna.trial.TrialState.PRUNED
        self._distributions = {gene.name: _distribution(gene) for gene in space.genes}
        self._unknown = Unknown(space, Random(seed))  # noqa: S311 - a search, no secret
        sampler = optuna.samplers.TPESampler(seed=seed % (1 << 32), multivariate=True, n_startup_trials=_STARTUP)
        loud = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            self._study = optuna.create_study(direction="maximize", sampler=sampler)
        finally:
            optuna.logging.set_verbosity(loud)
        self._study.enqueue_trial(self._parameters(start))
        self._asked: tuple[Trial, Configuration] | None = None

    def ask(self) -> Configuration | None:
        """See `Strategy`."""
        if self._unknown.draw() is None:
            return None
        if self._asked is not None:
            return self._asked[1]
        for _ in range(_PROPOSALS):
            trial = self._study.ask(self._distributions)
            point = self._point(trial)
            if self._space.broken(point) is None and point not in self._unknown.known:
                self._asked = trial, point
                return point
            self._answer(trial, self._unknown.known.get(point))
        return self._unknown.draw()

    def tell(self, configuration: Configuration, fitness: float | None) -> None:
        """See `Strategy`."""
        new = configuration not in self._unknown.known
        self._unknown.known[configuration] = fitness
        if self._asked is not None and self._asked[1] == configuration:
            trial, self._asked = self._asked[0], None
            self._answer(trial, fitness)
        elif new:
            self._add(configuration, fitness)

    def _add(self, configuration: Configuration, fitness: float | None) -> None:
        """A trial that the study did not propose."""
        from optuna.trial import TrialState, create_trial

        state = TrialState.COMPLETE if fitness is not None else self._pruned
        parameters = self._parameters(configuration)
        self._study.add_trial(
            create_trial(state=state, params=parameters, distributions=self._distributions, value=fitness)
        )

    def _answer(self, trial: Trial, fitness: float | None) -> None:
        if fitness is None:
            self._study.tell(trial, state=self._pruned)
        else:
            self._study.tell(trial, fitness)

    def _point(self, trial: Trial) -> Configuration:
        return Configuration(tuple((gene.name, _value(gene, trial.params[gene.name])) for gene in self._space.genes))

    def _parameters(self, point: Configuration) -> dict[str, Value]:
        """As optuna sees a point: ordered genes by the place of their value."""
        return {
            gene.name: gene.values.index(point[gene.name]) if gene.ordered else point[gene.name]
            for gene in self._space.genes
        }


def _distribution(gene: Gene) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    return IntDistribution(0, len(gene.values) - 1) if gene.ordered else CategoricalDistribution(gene.values)


def _value(gene: Gene, parameter: Value) -> Value:
    if not gene.ordered:
        return parameter
    assert isinstance(parameter, int)
    return gene.values[parameter]
