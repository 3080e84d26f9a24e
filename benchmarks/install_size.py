"""Bytes that installing the core adds to an empty environment."""

import shutil
import subprocess
import venv
from pathlib import Path

from benchmarks.measure import Row, fresh_place, report

BAR = 300e6
ROOT = Path(__file__).parents[1]


def rows() -> list[Row]:
    with fresh_place() as place:
        source = place.folder / "source"
        source.mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
            shutil.copy(ROOT / name, source)
        shutil.copytree(ROOT / "qlang", source / "qlang", ignore=shutil.ignore_patterns("__pycache__"))
        environment = place.folder / "environment"
        venv.create(environment, with_pip=True)
        before = _bytes(environment)
        python = str(environment / "bin" / "python")
        command = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", str(source)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        added = _bytes(environment) - before
    return [Row("installed size of the core", "≤ 300 MB", f"{added / 1e6:.0f} MB", added <= BAR)]


def _bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


if __name__ == "__main__":
    report(rows())
