"""Methods as data: written form, options, order, what is not offered."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.mitigation.arms import (
    EM_VERSION,
    FORBIDDEN,
    NOT_OFFERED,
    OFFERED,
    Composite,
    NoMitigation,
    ReadoutInversion,
    ZeroNoiseExtrapolation,
    arm_of,
    default_arms,
    methods,
    parse,
)
from qlang.mitigation.errors import (
    BadOption,
    BadScales,
    BadText,
    Incompatible,
    MitigationError,
    NotFoldable,
    NotOffered,
    UnknownMethod,
)

odd_scales = st.lists(st.integers(0, 30), min_size=2, max_size=6, unique=True).map(
    lambda ks: tuple(2 * k + 1 for k in sorted(ks))
)
extrapolations = st.builds(ZeroNoiseExtrapolation, odd_scales, st.sampled_from(["linear", "richardson"]))
arms = st.one_of(
    st.just(NoMitigation()),
    st.just(ReadoutInversion()),
    extrapolations,
    extrapolations.map(lambda each: Composite((ReadoutInversion(), each))),
)


@given(arms)
def test_the_written_form_round_trips(arm) -> None:
    assert parse(str(arm)) == arm


def test_written_forms() -> None:
    assert [str(arm) for arm in default_arms()] == [
        "none",
        "readout",
        "zne[1,3],linear",
        "zne[1,3,5],linear",
        "zne[1,3,5],richardson",
        "readout + zne[1,3],linear",
        "readout + zne[1,3,5],linear",
        "readout + zne[1,3,5],richardson",
    ]
    assert EM_VERSION == "em/1"


@pytest.mark.parametrize(
    "text", ["", "zne[1,3", "zne[],linear", "readout readout", "zne[1;3],linear", "Readout", "+", "zne[1,3],"]
)
def test_text_that_is_no_arm(text: str) -> None:
    with pytest.raises(BadText):
        parse(text)


@given(st.text(max_size=30))
def test_any_text_is_an_arm_or_a_typed_error(text: str) -> None:
    try:
        assert parse(str(parse(text))) == parse(text)
    except MitigationError as error:
        assert str(error)


def test_a_list_of_directives() -> None:
    assert arm_of([]) == arm_of([("none", {})]) == NoMitigation()
    assert arm_of([("readout", {})]) == ReadoutInversion()
    assert arm_of([("zne", {})]) == ZeroNoiseExtrapolation((1, 3, 5), "richardson")
    both = arm_of([("readout", {}), ("zne", {"scales": [1, 3.0], "fit": "linear"})])
    assert both == Composite((ReadoutInversion(), ZeroNoiseExtrapolation((1, 3), "linear")))
    assert (
        methods(both) == both.methods
        and methods(NoMitigation()) == ()
        and methods(ReadoutInversion()) == (ReadoutInversion(),)
    )


@pytest.mark.parametrize(("first", "second"), [*FORBIDDEN, ("none", "zne"), ("readout", "none"), ("none", "none")])
def test_order_and_duplicates_are_checked(first: str, second: str) -> None:
    with pytest.raises(Incompatible) as caught:
        arm_of([(first, {}), (second, {})])
    assert (caught.value.first, caught.value.second) == (first, second)
    assert caught.value.rule


def test_duplicates_are_found_at_a_distance() -> None:
    with pytest.raises(Incompatible):
        arm_of([("readout", {}), ("zne", {}), ("readout", {})])


@pytest.mark.parametrize("name", NOT_OFFERED)
def test_known_methods_that_do_not_exist_yet_say_so(name: str) -> None:
    with pytest.raises(NotOffered, match="not offered in this version; offered: none, readout, zne"):
        arm_of([(name, {})])
    assert name not in OFFERED


def test_an_unknown_method_has_a_suggestion() -> None:
    with pytest.raises(UnknownMethod, match="did you mean `readout`"):
        arm_of([("readuot", {})])
    with pytest.raises(UnknownMethod) as caught:
        arm_of([("qqqq", {})])
    assert caught.value.suggestion is None


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("readout", {"shots": 3}, BadOption),
        ("none", {"x": 1}, BadOption),
        ("zne", {"scale": [1, 3]}, BadOption),
        ("zne", {"scales": 3}, BadOption),
        ("zne", {"scales": "135"}, BadOption),
        ("zne", {"scales": [1, "3"]}, BadOption),
        ("zne", {"scales": [True, 3]}, BadOption),
        ("zne", {"fit": "cubic"}, BadOption),
        ("zne", {"scales": [1]}, BadScales),
        ("zne", {"scales": [3, 1]}, BadScales),
        ("zne", {"scales": [1, 2]}, NotFoldable),
        ("zne", {"scales": [1, 1.5, 2]}, NotFoldable),
        ("zne", {"scales": [1, float("inf")]}, NotFoldable),
        ("zne", {"scales": [1, float("nan")]}, NotFoldable),
    ],
)
def test_bad_options_are_typed_errors(name: str, options: dict, error: type) -> None:
    with pytest.raises(error):
        arm_of([(name, options)])


def test_arms_and_predictions_do_not_import_numpy() -> None:
    code = "import qlang.mitigation.choice, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not {"numpy", "mitiq"} & set(done.stdout.split())
