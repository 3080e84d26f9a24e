"""The wheel holds every room and its data; the links at the root lead where they say and are never shipped."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SIGNPOSTS = ("compiler", "ir", "passes", "runtime", "backends", "stdlib", "lsp")


def shipped(name: str) -> bool:
    return "__pycache__" not in name and not name.endswith((".pyc", "/"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names in a wheel that is built from a copy of the checkout, links at the root included."""
    copy = tmp_path_factory.mktemp("packaging") / "checkout"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "qlang", copy / "qlang", ignore=shutil.ignore_patterns("__pycache__"))
    for name in SIGNPOSTS:
        shutil.copy(ROOT / name, copy, follow_symlinks=False)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", copy / "dist", copy]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = (copy / "dist").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(filter(shipped, archive.namelist()))


def test_the_wheel_holds_every_module_and_data_file(wheel: set[str]) -> None:
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "qlang").rglob("*") if path.is_file()}
    kinds = (".py", ".lark", ".json", ".qjob", ".inc", ".typed", ".toml", ".html")
    expected = {name for name in filter(shipped, sources) if name.endswith(kinds)}
    assert expected <= wheel, sorted(expected - wheel)


def test_the_wheel_holds_nothing_but_the_package(wheel: set[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"qlang"}


@pytest.mark.parametrize("name", SIGNPOSTS)
def test_signposts_point_at_their_rooms(name: str) -> None:
    link = ROOT / name
    assert link.is_symlink()
    assert link.readlink() == Path("qlang") / name
    assert (link / "__init__.py").is_file()
