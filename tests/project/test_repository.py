"""What the repository says about itself is true: README, Makefile, import contracts, no traces of a machine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACES = re.compile(r"/work/|/root\b|\.\./shared|file:///opt|/home/[a-z]")
CODE = re.compile(r"^```.*?^```$|(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL | re.MULTILINE)
"""Blocks and spans of code in Markdown, where brackets make no links."""
LEGITIMATE = {"tests/project/test_repository.py"}


def tracked() -> list[str]:
    """Names of the files under version control; of a source archive, all files outside made folders."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return [name for name in done.stdout.split("\0") if name]
    made = {".venv", "build", "dist", "__pycache__"}
    names = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [str(name) for name in names if not made & set(name.parts)]


def test_no_file_speaks_of_a_machine() -> None:
    found = []
    for name in tracked():
        path = ROOT / name
        if name in LEGITIMATE or path.is_symlink() or not path.is_file() or path.suffix in (".gz", ".png"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{name}: {hit.group()}" for hit in TRACES.finditer(text)]
    assert not found


@pytest.mark.parametrize("target", ["run", "test", "bench"])
def test_commands_of_the_readme_exist(target: str) -> None:
    assert f"make {target}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_links_of_the_documents_lead_somewhere() -> None:
    broken = []
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        text = CODE.sub("", document.read_text(encoding="utf-8"))
        targets = [target for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if "://" not in target]
        broken += [f"{document.name}: {target}" for target in targets if not (document.parent / target).exists()]
    assert not broken


def test_continuous_integration_calls_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert "make test" in script


def test_rooms_import_only_what_they_may() -> None:
    """The contracts of `pyproject.toml`."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
