"""Shared fixtures: golden files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, and no verdict that depends on the load of the machine.
settings.register_profile("qlang", derandomize=True, deadline=None)
settings.load_profile("qlang")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files with today's output")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str | Path], None]:
    """Compare a text with a golden file: `golden(text, "name.txt")`, beside the test in `golden/`."""

    def compare(text: str, name: str | Path) -> None:
        path = request.path.parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no golden file {name}: run with --update-golden and read what it writes"
        assert text == path.read_text(encoding="utf-8")

    return compare
