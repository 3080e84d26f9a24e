"""Programs to parse: those of others, ours, and one of each construct."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qlang.syntax import tree

DATA = Path(__file__).parents[1] / "data"
REPOSITORY = Path(__file__).parents[2]
SMALL = 40_000
"""Bytes; larger programs are parsed once and not mutated."""


def programs() -> dict[str, Path]:
    folders = (
        (DATA / "openqasm3-examples", "*.*"),
        (DATA / "qasmbench-small", "*.qasm*"),
        (REPOSITORY / "examples", "*.q*"),
        (Path(__file__).parent / "programs", "*.q*"),
    )
    return {f"{folder.name}/{path.name}": path for folder, glob in folders for path in sorted(folder.glob(glob))}


def program_text(path: Path) -> str:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`program` runs over all programs, `small_program` over those that are quick to work on."""
    found = programs()
    for name in ("program", "small_program"):
        if name in metafunc.fixturenames:
            chosen = [key for key, path in found.items() if name == "program" or path.stat().st_size < SMALL]
            chosen = [key for key in chosen if name == "program" or not key.endswith(".gz")]
            metafunc.parametrize(name, [pytest.param(program_text(found[key]), id=key) for key in chosen])


@pytest.fixture
def small_programs() -> list[str]:
    return [program_text(path) for path in programs().values() if path.stat().st_size < 8_000]


Shape = tuple[Any, ...]


def shape_of(node: tree.Node) -> Shape:
    """A tree without its positions, for comparison."""

    def shape(value: object) -> object:
        if isinstance(value, tree.Node):
            return (type(value).__name__, *(shape(getattr(value, name)) for name in tree.field_names(type(value))))
        if isinstance(value, list):
            return tuple(shape(item) for item in value)
        return value

    def without_comments(root: tree.Node) -> Iterator[object]:
        for name in tree.field_names(type(root)):
            if name != "comments":
                yield shape(getattr(root, name))

    return (type(node).__name__, *without_comments(node))


@pytest.fixture
def shape() -> Callable[[tree.Node], Shape]:
    return shape_of
