"""The playbook of docs/trust/migration.md, executed: its policies are written, its commands run, in its order."""

import sys
from pathlib import Path

import pytest

from tests.supply.pages import Project, steps

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pages show commands of a POSIX shell")


@pytest.mark.slow
def test_the_playbook_does_what_it_says(tmp_path: Path) -> None:
    project, page = Project.new(tmp_path), list(steps("migration.md"))
    assert len(project.follow(page)) > 20
    classical, *_, last = (path.name for path in sorted((project.folder / ".qlang" / "runs").iterdir()))
    old_policy = next(step.text for step in page if step.kind == "toml")
    (project.folder / "old.toml").write_text(old_policy)
    assert project.run(f"qlangc verify {classical} --policy old.toml").returncode == 0, "the past stays verifiable"
    assert project.run(f"qlangc verify {classical} --policy qlang-policy.toml").returncode == 1
    assert project.run(f"qlangc verify {last} --policy old.toml").returncode == 1
