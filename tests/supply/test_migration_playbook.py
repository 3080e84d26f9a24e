"""The playbook of docs/trust/migration.md, executed: its policies are written, its commands run, in its order."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "trust" / "migration.md"
_BLOCK = re.compile(r"^```(toml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d)$")


@dataclass(frozen=True)
class Project:
    """A new project of a new user."""

    folder: Path
    home: Path

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A command line as the page shows it, redirection included."""
        words = shlex.split(command)
        target = None
        if ">" in words:
            words, target = words[: words.index(">")], words[words.index(">") + 1]
        assert words[0] == "qlangc", command
        environment = os.environ | {"HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state")}
        done = subprocess.run(
            [sys.executable, "-m", "qlang.compiler.cli", *words[1:]],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if target is not None:
            (self.folder / target).write_text(done.stdout)
        return done


def steps() -> Iterator[tuple[str, str, int]]:
    """(kind, text, exit status) of every policy and every command of the page."""
    for kind, text in _BLOCK.findall(PAGE.read_text()):
        if kind == "toml":
            yield kind, text, 0
            continue
        for line in text.splitlines():
            assert line.startswith("$ "), line
            stated = _EXIT.search(line)
            yield kind, _EXIT.sub("", line.removeprefix("$ ")), int(stated[1]) if stated else 0


@pytest.mark.slow
def test_the_playbook_does_what_it_says(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", tmp_path / "home")
    project.folder.mkdir()
    project.home.mkdir()
    commands = 0
    for kind, text, status in steps():
        if kind == "toml":
            (project.folder / "qlang-policy.toml").write_text(text)
            continue
        done = project.run(text)
        assert done.returncode == status, f"{text}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        commands += 1
    assert commands > 20
    classical, *_, last = (path.name for path in sorted((project.folder / ".qlang" / "runs").iterdir()))
    old_policy = next(text for kind, text, _ in steps() if kind == "toml")
    (project.folder / "old.toml").write_text(old_policy)
    assert project.run(f"qlangc verify {classical} --policy old.toml").returncode == 0, "the past stays verifiable"
    assert project.run(f"qlangc verify {classical} --policy qlang-policy.toml").returncode == 1
    assert project.run(f"qlangc verify {last} --policy old.toml").returncode == 1
