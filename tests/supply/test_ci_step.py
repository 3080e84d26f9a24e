"""Steps of continuous integration, run in a copy of the tools beside a repository of their own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git repository with the tools in it."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "source.txt").write_text("first\n")
    (tmp_path / ".gitignore").write_text("build/\n__pycache__/\n")
    _git(tmp_path, "init", "-q")
    _commit(tmp_path)
    return tmp_path


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True, timeout=60)


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "commit", "-qm", "state")


def _step(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.ci_step", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_steps_are_attested_and_verified(checkout: Path) -> None:
    for name in ("lint", "fast"):
        done = _step(
            checkout, name, "--product", f"{name}.xml", "--", "sh", "-c", f"echo {name}; : > build/ci/{name}.xml"
        )
        assert (done.returncode, done.stdout) == (0, f"{name}\n"), done.stderr
    verified = _step(checkout, "--verify", "lint", "fast")
    assert (verified.returncode, verified.stdout) == (0, "2 steps attested: lint, fast\n")


def test_a_failed_step_keeps_its_status_and_leaves_no_link(checkout: Path) -> None:
    assert _step(checkout, "fast", "--", "true").returncode == 0
    assert _step(checkout, "fast", "--", "sh", "-c", "exit 5").returncode == 5
    verified = _step(checkout, "--verify", "fast")
    assert verified.returncode == 1
    assert "fast.link.dsse.json: does not exist" in verified.stdout


def test_changed_products_and_sources_are_noticed(checkout: Path) -> None:
    assert _step(checkout, "lint", "--", "echo", "fine").returncode == 0
    (checkout / "build/ci/lint.log").write_text("finer\n")
    assert "lint.log is not what the step made" in _step(checkout, "--verify", "lint").stdout
    assert _step(checkout, "lint", "--", "echo", "fine").returncode == 0
    (checkout / "source.txt").write_text("second\n")
    _commit(checkout)
    assert _step(checkout, "fast", "--", "echo", "fine").returncode == 0
    assert "did not see the same sources" in _step(checkout, "--verify", "lint", "fast").stdout


def test_a_link_of_one_step_is_no_link_of_another(checkout: Path) -> None:
    assert _step(checkout, "lint", "--", "true").returncode == 0
    links = checkout / "build" / "ci"
    shutil.copy(links / "lint.link.dsse.json", links / "slow.link.dsse.json")
    assert "slow: the link is of another step" in _step(checkout, "--verify", "slow").stdout


def test_links_of_another_build_are_strangers(checkout: Path) -> None:
    assert _step(checkout, "lint", "--", "true").returncode == 0
    for name in ("keys", "state"):
        shutil.rmtree(checkout / "build" / "ci" / name)
    assert _step(checkout, "fast", "--", "true").returncode == 0
    assert "lint: no valid signature of a trusted key" in _step(checkout, "--verify", "lint", "fast").stdout


def test_outside_a_repository_the_step_runs_and_says_so(checkout: Path) -> None:
    shutil.rmtree(checkout / ".git")
    done = _step(checkout, "lint", "--", "echo", "fine")
    assert done.returncode == 0
    assert "step lint is not attested" in done.stdout
    verified = _step(checkout, "--verify", "lint")
    assert verified.returncode == 0, "`make test` of an unpacked archive must not fail at its end"
    assert "1 steps are not attested" in verified.stdout


def test_wrong_usage(checkout: Path) -> None:
    for arguments in ((), ("lint",), ("a", "b", "--", "true")):
        assert _step(checkout, *arguments).returncode == 2
