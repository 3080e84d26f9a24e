"""Which arm to take: the smallest predicted mean squared error at the given shots. No mitigation is always an arm."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum

from qlang.mitigation.arms import Arm, NoMitigation
from qlang.mitigation.errors import TooFewShots
from qlang.mitigation.predict import Prediction, Task, predict


@dataclass(frozen=True, slots=True)
class Considered:
    """One arm with its predictions, one per task; none where it cannot run."""

    arm: Arm
    predictions: tuple[Prediction, ...]
    rejected: str | None
    """Why it was not admitted, or None."""

    @property
    def overhead(self) -> float:
        """The largest over the tasks; 1 where there is no task."""
        return max((each.overhead for each in self.predictions), default=1.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen arm, its predictions in the order of the tasks, all arms as considered, and why."""

    arm: Arm
    predictions: tuple[Prediction, ...]
    considered: tuple[Considered, ...]
    reason: str


def choose(arms: Iterable[Arm], tasks: Sequence[Task], within: float | None = None) -> Choice:
    """The arm with the smallest sum over `tasks` of MSE ÷ half-range², among those whose overhead is at most `within`.

    Ties go to the earlier arm; no mitigation is put first where it is missing and is admitted whatever `within` says.
    """
    candidates = list(dict.fromkeys(arms))
    if NoMitigation() not in candidates:
        candidates.insert(0, NoMitigation())
    considered = tuple(_consider(arm, tasks, within) for arm in candidates)
    admitted = [each for each in considered if each.rejected is None]
    best = min(admitted, key=lambda each: _relative_mse(each, tasks))
    return Choice(best.arm, best.predictions, considered, _reason(best, admitted, considered, tasks, within))


def _consider(arm: Arm, tasks: Sequence[Task], within: float | None) -> Considered:
    try:
        predictions = tuple(predict(arm, task) for task in tasks)
    except TooFewShots as problem:
        if isinstance(arm, NoMitigation):
            raise
        return Considered(arm, (), str(problem))
    outcome = Considered(arm, predictions, None)
    if within is None or outcome.overhead <= within or isinstance(arm, NoMitigation):
        return outcome
    return Considered(arm, predictions, f"overhead {outcome.overhead:.3g}x exceeds {within:g}x")


def _relative_mse(considered: Considered, tasks: Sequence[Task]) -> float:
    pairs = zip(considered.predictions, tasks, strict=True)
    return fsum(each.mse / task.half_range**2 for each, task in pairs if task.half_range)


def _reason(
    best: Considered,
    admitted: Sequence[Considered],
    considered: Sequence[Considered],
    tasks: Sequence[Task],
    within: float | None,
) -> str:
    mse = _relative_mse(best, tasks)
    text = f"smallest predicted MSE, {mse:.3g}, at {best.overhead:.3g}x"
    raw = next(each for each in considered if isinstance(each.arm, NoMitigation))
    if best is not raw:
        text += f" (none: {_relative_mse(raw, tasks):.3g})"
    limit = "" if within is None else f" within {within:g}x"
    return f"{text}, of {len(admitted)} arms{limit}"
