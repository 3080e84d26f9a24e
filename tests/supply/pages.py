"""Pages of the documentation as programs: their `toml` blocks are policies, their `console` blocks are executed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "docs" / "trust"
POLICY_FILE = "qlang-policy.toml"
_BLOCK = re.compile(r"^```(toml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d)$")
_COMMENT = re.compile(r"\s{2,}# .*$")
_EXPORT = re.compile(r"export ([A-Z][A-Z0-9_]*)=")


@dataclass(frozen=True)
class Step:
    """A policy to write, or a command to run."""

    kind: str
    text: str
    status: int = 0


def steps(page: str) -> Iterator[Step]:
    """Every policy and every command of a page, in its order. A comment `# exit N` states another status than 0."""
    for kind, text in _BLOCK.findall((PAGES / page).read_text(encoding="utf-8")):
        if kind == "toml":
            yield Step(kind, text)
            continue
        for line in text.splitlines():
            assert line.startswith("$ "), line
            stated = _EXIT.search(line)
            yield Step(kind, _COMMENT.sub("", line.removeprefix("$ ")), int(stated[1]) if stated else 0)


@dataclass(frozen=True)
class Project:
    """A new project of a new user, with a shell whose exported variables last."""

    folder: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def new(cls, root: Path) -> Project:
        project = cls(root / "project", root / "home")
        programs = root / "programs"
        for folder in (project.folder, project.home, programs):
            folder.mkdir()
        command = programs / "qlangc"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m qlang.compiler.cli "$@"\n')
        command.chmod(0o755)
        given = {"HOME": str(project.home), "XDG_STATE_HOME": str(project.home / "state"), "NO_COLOR": "1"}
        project.variables.update(given, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
        return project

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A command line as the page shows it."""
        exported = _EXPORT.match(command)
        shown = f'{command} && printf %s "${exported[1]}"' if exported else command
        done = subprocess.run(
            ["/bin/sh", "-c", shown],
            cwd=self.folder,
            env=os.environ | self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if exported:
            self.variables[exported[1]], done.stdout = done.stdout, ""
        return done

    def follow(self, page: list[Step]) -> list[str]:
        """Do what a page says; returns what its commands wrote. Fails where a status is not the stated one."""
        written = []
        for step in page:
            if step.kind == "toml":
                (self.folder / POLICY_FILE).write_text(step.text)
                continue
            done = self.run(step.text)
            assert done.returncode == step.status, f"{step.text}\n{done.stdout}{done.stderr}"
            assert "Traceback" not in done.stderr
            written.append(done.stdout + done.stderr)
        return written
