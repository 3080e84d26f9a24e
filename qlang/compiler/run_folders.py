"""Finding recorded runs: by id, by the beginning of an id, as `last`, or by path.

Nothing here believes what a folder says; `qlangc verify` is for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qlang.compiler import exit_codes
from qlang.compiler.failure import Failure
from qlang.compiler.workspace import STATE, find_workspace
from qlang.trust.canonical import MAX_BYTES
from qlang.trust.envelope import parse_envelope
from qlang.trust.errors import EnvelopeError, FileRefused, ManifestError
from qlang.trust.files import read_file
from qlang.trust.manifest import MANIFEST_NAME, Statement, parse_statement

RUNS = Path(STATE) / "runs"
LEDGER = Path(STATE) / "ledger.jsonl"
LAST = "last"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run as its folder presents itself; `problem` says why there is no statement."""

    path: Path
    statement: Statement | None
    problem: str | None

    @property
    def created_at(self) -> str:
        """When it was sealed; empty for a run that was not."""
        return "" if self.statement is None else self.statement.predicate.facts.created_at


def read_run(path: Path) -> RunFolder:
    """The manifest of a run folder, unverified."""
    try:
        envelope = parse_envelope(read_file(path / MANIFEST_NAME, limit=MAX_BYTES))
        return RunFolder(path, parse_statement(envelope.payload), None)
    except FileRefused as error:
        reason = "not finished: it has no manifest" if error.missing else f"{MANIFEST_NAME} {error.reason}"
        return RunFolder(path, None, reason)
    except (EnvelopeError, ManifestError) as error:
        return RunFolder(path, None, f"{MANIFEST_NAME}: {error}")


def all_runs(workspace: Path) -> list[RunFolder]:
    """Every run of a workspace, the oldest first, unfinished ones before all others."""
    return sorted(map(read_run, _folders(workspace)), key=lambda run: (run.created_at, run.path.name))


def find_run(text: str, start: Path) -> Path:
    """The folder of a run that has a manifest. Raises: Failure with what would help."""
    workspace = find_workspace(start)
    path = _newest(workspace) if text == LAST else _named(text, workspace)
    if not (path / MANIFEST_NAME).exists():
        message = f"{path} is no finished run: it has no {MANIFEST_NAME}"
        raise Failure(message, "a run that was stopped leaves such a folder", exit_codes.DIAGNOSTICS)
    return path


def ledger_of(run: Path) -> Path:
    """The ledger that a run was entered in: it lies beside the folder of runs."""
    return run.absolute().parent.parent / LEDGER.name


def _named(text: str, workspace: Path) -> Path:
    if not text or "\0" in text:
        raise Failure("a run is named by its id, the beginning of its id, `last`, or its folder")
    if any(separator in text for separator in "/\\") or text in (".", ".."):
        return _by_path(text)
    names = [path.name for path in _folders(workspace)]
    found = [text] if text in names else [name for name in names if name.startswith(text)]
    if len(found) == 1:
        return workspace / RUNS / found[0]
    if found:
        more = ", …" if len(found) > _SHOWN else ""
        raise Failure(f"`{text}` begins {len(found)} runs", f"{', '.join(found[:_SHOWN])}{more}")
    if Path(text).is_dir():
        return _by_path(text)
    raise Failure(f"there is no run `{text}` in {workspace / RUNS}", "`qlangc runs` lists all")


def _by_path(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise Failure(f"{text} is not the folder of a run", "`qlangc runs` lists all")
    return path


def _newest(workspace: Path) -> Path:
    finished = [run for run in all_runs(workspace) if run.statement is not None]
    if not finished:
        raise Failure(f"there is no finished run in {workspace / RUNS}", "`qlangc run FILE` makes one")
    return finished[-1].path


def _folders(workspace: Path) -> list[Path]:
    runs = workspace / RUNS
    if not runs.is_dir():
        return []
    return sorted(path for path in runs.iterdir() if path.is_dir() and not path.name.startswith("."))
