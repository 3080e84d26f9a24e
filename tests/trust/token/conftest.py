"""Real tokens for the tests: SoftHSM2, each test with a token folder of its own.

`--require-tokens` (as `make test-hsm` gives it) turns the skipping of what is not installed into failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qlang.trust.canonical import Json
from qlang.trust.secret_sources import FromVariable
from qlang.trust.token.config import TokenConfig
from qlang.trust.token.session import Token, close_tokens

PIN = "correct-horse-42"
PIN_VARIABLE = "QLANG_TEST_PIN"
LABEL = "qlang test"
MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-tokens", action="store_true", help="fail where a token to test with is missing")


def absent(request: pytest.FixtureRequest, reason: str) -> None:
    """Skip with a reason, or fail where tokens are required."""
    if request.config.getoption("--require-tokens", default=False):
        pytest.fail(reason)
    print(f"skipped: {reason}")
    pytest.skip(reason)


@dataclass
class Soft:
    """A SoftHSM token with its folder, and what its `Token` was told to record."""

    module: Path
    folder: Path
    state: Path
    events: list[tuple[str, Mapping[str, Json]]] = field(default_factory=list)

    @property
    def config(self) -> TokenConfig:
        return TokenConfig(self.module, LABEL, pin=FromVariable(PIN_VARIABLE))

    @property
    def token(self) -> Token:
        return Token(self.config, self.state, lambda kind, body: self.events.append((kind, body)))

    def add_token(self, label: str) -> None:
        initialize(label)


def initialize(label: str) -> None:
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "so-pin-123", "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


@pytest.fixture
def soft(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Soft]:
    module = next((Path(path) for path in MODULES if Path(path).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        absent(request, "SoftHSM2 is not installed (apt-get install softhsm2): no real PKCS#11 token to test with")
    assert module is not None
    folder = tmp_path / "tokens"
    folder.mkdir()
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", os.fspath(conf))
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    initialize(LABEL)
    close_tokens()
    yield Soft(module, folder, tmp_path / "state")
    close_tokens()
