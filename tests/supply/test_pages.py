"""The commands of docs/trust/custody.md and docs/trust/sealing.md, executed as they stand there."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.supply.pages import Project, steps

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pages show commands of a POSIX shell")

STATED_MODULE = "/usr/lib/softhsm/libsofthsm2.so"
MODULES = (
    STATED_MODULE,
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


@pytest.mark.slow
def test_a_token_is_set_up_as_the_page_on_custody_says(tmp_path: Path) -> None:
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 is not installed (apt-get install softhsm2): no real PKCS#11 token to test with")
    page = [replace(step, text=step.text.replace(STATED_MODULE, module)) for step in steps("custody.md")]
    said = "".join(Project.new(tmp_path).follow(page))
    assert "run-manifest of default, token-native" in said and "run-manifest of default, token-wrapped" in said
    assert "custody token-native, non_extractable: enforced" in said, "`verify` shows where the keys of the run live"
    assert "is genuine" in said
    pin = "correct-horse-42"
    assert any(pin in step.text for step in page) and pin not in said
    assert pin.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob(".qlang/**/*") if path.is_file())


@pytest.mark.slow
def test_a_run_is_sealed_as_the_page_on_sealing_says(tmp_path: Path) -> None:
    project = Project.new(tmp_path)
    said = project.follow(list(steps("sealing.md")))
    (run,) = (project.folder / ".qlang" / "runs").iterdir()
    received = project.folder / "received"
    assert (received / "results.json").read_bytes() == (run / "results.json").read_bytes()
    assert b"expect" not in (project.folder / "run.sealed").read_bytes()
    assert f"run {received.name} is genuine" in "".join(said)
