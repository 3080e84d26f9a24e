"""Shared fixtures: golden files, and the command in this process."""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples in every run, and no verdict that depends on the load of the machine.
settings.register_profile("qlang", derandomize=True, deadline=None)
settings.load_profile("qlang")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files with today's output")


def pytest_configure() -> None:
    # What a shell starts in the background ignores SIGINT, and so would programs that tests interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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


@dataclass(frozen=True)
class Answer:
    """What one call of the command gave."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON object on stdout, of a call that succeeded."""
        assert self.status == 0, self.err
        return json.loads(self.out)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder, so that keys are made once for all tests and never among the user's."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def in_workspace(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, as a user with the home folder of the tests."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return workspace


@pytest.fixture
def qlangc(in_workspace: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Call the command in this process, in an empty folder: `qlangc("run", path, "--json")`."""
    from qlang.compiler.cli import main

    def call(*arguments: object) -> Answer:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Answer(status, out, err)

    return call
