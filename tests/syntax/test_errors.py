"""Every diagnostic explains itself with programs that say what it says."""

import inspect

import pytest

from qlang.syntax import errors
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.parser import parse
from qlang.syntax.source import Source

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, Diagnostic) and kind is not Diagnostic
]


def test_codes_are_of_this_family_and_unique() -> None:
    codes = [kind.code for kind in CLASSES]
    assert len(set(codes)) == len(codes)
    assert all(code.startswith("QJ01") for code in codes)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_rule_is_explained(kind: type[Diagnostic]) -> None:
    assert len(kind.explanation) > 40


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind.example_wrong], ids=lambda kind: kind.__name__)
def test_examples_show_the_mistake_and_its_absence(kind: type[Diagnostic]) -> None:
    assert [type(item) for item in parse(Source("t", kind.example_wrong)).diagnostics] == [kind]
    assert parse(Source("t", kind.example_right)).diagnostics == ()
