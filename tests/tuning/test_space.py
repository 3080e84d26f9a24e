"""Spaces: their points, their neighbours, and which strangers' values are points."""

import pytest

from qlang.tuning.errors import SpaceTooLarge
from qlang.tuning.space import Configuration, Constraint, Gene, Space

SMALL = Space(
    (Gene("tile", (4, 6, 8)), Gene("order", ("a", "b", "c"), ordered=False), Gene("cost", (0.25, 0.5))),
    (Constraint("a needs a large tile", lambda point: point["order"] != "a" or int(point["tile"]) > 4),),
)


def test_points_are_the_product_without_what_is_forbidden() -> None:
    assert len(SMALL.points) == 3 * 3 * 2 - 2
    assert len(set(SMALL.points)) == len(SMALL.points)
    assert all(SMALL.broken(point) is None for point in SMALL.points)


def test_neighbours_differ_by_one_step_of_one_gene() -> None:
    here = SMALL.point({"tile": 6, "order": "a", "cost": 0.25})
    assert here is not None
    near = {str(each) for each in SMALL.neighbours(here)}
    # tile=4 is forbidden with a; an unordered gene goes to all its values
    assert near == {
        "tile=8 order=a cost=0.25",
        "tile=6 order=b cost=0.25",
        "tile=6 order=c cost=0.25",
        "tile=6 order=a cost=0.5",
    }


def test_neighbourhood_is_mutual() -> None:
    assert all(here in SMALL.neighbours(there) for here in SMALL.points for there in SMALL.neighbours(here))


@pytest.mark.parametrize(
    "values",
    [
        {"tile": 5, "order": "b", "cost": 0.25},
        {"tile": 4, "order": "a", "cost": 0.25},
        {"tile": 4, "order": "b"},
        {"tile": 4, "order": "b", "cost": 0.25, "more": 1},
        {"tile": True, "order": "b", "cost": 0.25},
        {"tile": [4], "order": "b", "cost": 0.25},
        {"tile": None, "order": "b", "cost": 0.25},
    ],
)
def test_other_values_are_no_point(values: dict[str, object]) -> None:
    assert SMALL.point(values) is None  # type: ignore[arg-type]


def test_points_have_the_values_of_the_genes() -> None:
    here = SMALL.point({"tile": 6.0, "order": "b", "cost": 0.25})
    assert here is not None
    assert str(here) == "tile=6 order=b cost=0.25"


def test_configurations_are_mappings_that_can_be_keys() -> None:
    here = Configuration((("tile", 4), ("order", "b")))
    assert dict(here) == {"tile": 4, "order": "b"}
    assert {here: 1}[Configuration((("tile", 4), ("order", "b")))] == 1
    assert here.replaced("tile", 6)["tile"] == 6
    with pytest.raises(KeyError):
        here["none"]


def test_spaces_that_no_search_can_hold_are_refused() -> None:
    genes = tuple(Gene(f"g{place}", tuple(range(10))) for place in range(7))
    with pytest.raises(SpaceTooLarge):
        Space(genes)


@pytest.mark.parametrize("values", [(), (1, 1)])
def test_genes_have_each_value_once(values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="gene"):
        Gene("g", values)
