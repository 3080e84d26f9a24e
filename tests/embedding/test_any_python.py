"""Any Python function is read or refused: nothing else is raised, whatever stands in it."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import qlang as ql
from qlang.embedding.definitions import circuit_or_subroutine, gate_definition, observable_definition

MODULES = ["argparse", "calendar", "colorsys", "heapq", "statistics", "textwrap", "tokenize", "typing"]


def functions(name: str) -> Iterator[Callable[..., Any]]:
    """The functions and methods of a module of the standard library."""
    module = importlib.import_module(name)
    classes = [each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == name]
    for place in (module, *classes):
        yield from (each for each in vars(place).values() if inspect.isfunction(each))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("read", [circuit_or_subroutine, gate_definition, observable_definition])
@pytest.mark.parametrize("module", MODULES)
def test_functions_of_the_standard_library(module: str, read: Callable[..., Any]) -> None:
    refused = 0
    for function in functions(module):
        try:
            read(function)
        except ql.CompileError as error:
            refused += 1
            assert all(each.span.text or each.code == "QJ0581" for each in error.diagnostics)
            assert str(error).count("error[QJ") >= 1
    assert refused
