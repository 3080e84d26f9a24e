"""What running costs: dated configuration, for no vendor publishes prices in a form that could be read.

A backend without an entry has an unknown price, which is not zero. Simulators run on the user's own machine and are
free of charge.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from qlang.catalogue.reach import kind


@dataclass(frozen=True, slots=True)
class Price:
    """In US dollars; a run costs `task` once per submitted circuit and `shot` per shot."""

    task_usd: float
    shot_usd: float
    date: str
    """ISO date on which the price was looked up."""
    source: str

    def cost_usd(self, tasks: int, shots: int) -> float:
        """The cost of `tasks` circuits with `shots` shots altogether."""
        return tasks * self.task_usd + shots * self.shot_usd


_OWN_MACHINE = Price(0.0, 0.0, "2026-11-21", "own machine")

PRICES: Mapping[str, Price] = {"sim": _OWN_MACHINE, "sim like": _OWN_MACHINE, "sim with": _OWN_MACHINE}
"""By kind of backend or, for devices, by name. No device has a public price that we could date and cite."""


def price(backend: str) -> Price | None:
    """The price of a backend as a job names it (`sim like ibm.lima`, `ibm.lima`); None where unknown."""
    sort, name = kind(backend)
    return PRICES.get(name if sort == "device" else sort)
