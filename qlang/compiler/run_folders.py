"""Finding recorded runs: by id, by the beginning of an id, as `last`, or by path.

Nothing here believes what a folder says; `qlangc verify` is for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qlang.compiler import exit_codes
from qlang.compiler.failure import Failure
from qlang.compiler.workspace import find_workspace
from qlang.runtime.run_folder import LEDGER, PARTIAL, RUNS, list_runs, partial_runs
from qlang.trust.canonical import MAX_BYTES
from qlang.trust.envelope import parse_envelope
from qlang.trust.errors import EnvelopeError, FileRefused, ManifestError
from qlang.trust.files import read_file
from qlang.trust.manifest import MANIFEST_NAME, Statement, parse_statement

LAST = "last"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run as its folder presents itself; `problem` says why there is no statement."""

    path: Path
    statement: Statement | None
    problem: str | None

    @property
    def run_id(self) -> str:
        """The id that the folder's name says."""
        return self.path.name.removeprefix(PARTIAL)


def read_run(path: Path) -> RunFolder:
    """The manifest of a run folder, unverified."""
    try:
        envelope = parse_envelope(read_file(path / MANIFEST_NAME, limit=MAX_BYTES))
        return RunFolder(path, parse_statement(envelope.payload), None)
    except FileRefused as error:
        return RunFolder(path, None, f"{MANIFEST_NAME} {error.reason}")
    except (EnvelopeError, ManifestError) as error:
        return RunFolder(path, None, f"{MANIFEST_NAME}: {error}")


def all_runs(workspace: Path) -> list[RunFolder]:
    """Every complete run of a workspace, the oldest first: ids sort by time."""
    return [read_run(run.path) for run in list_runs(workspace)]


def stopped_runs(workspace: Path) -> list[RunFolder]:
    """Runs whose process went away before their end; what is left of them is no evidence of anything."""
    return [RunFolder(path, None, "stopped before its end") for path in partial_runs(workspace)]


def find_run(text: str, start: Path) -> Path:
    """The folder of a run that has a manifest. Raises: Failure with what would help."""
    workspace = find_workspace(start)
    path = _newest(workspace) if text == LAST else _named(text, workspace)
    if not (path / MANIFEST_NAME).exists():
        message = f"{path} is no finished run: it has no {MANIFEST_NAME}"
        raise Failure(message, "a run that was stopped leaves such a folder", exit_codes.DIAGNOSTICS)
    return path


def expected_ledger(run: Path) -> Path | None:
    """The ledger beside the folder of runs, which must be there; None for a run that was copied elsewhere."""
    runs = run.absolute().parent
    beside = runs.parent / LEDGER.name
    at_home = (runs.parent.name, runs.name) == RUNS.parts
    return beside if at_home or beside.exists() else None


def expected_id(run: Path) -> str | None:
    """The id of the run that a folder of a workspace must hold: its name. None for a run that was copied elsewhere."""
    whole = run.absolute()
    return whole.name if (whole.parent.parent.name, whole.parent.name) == RUNS.parts else None


def _named(text: str, workspace: Path) -> Path:
    if not text or "\0" in text:
        raise Failure("a run is named by its id, the beginning of its id, `last`, or its folder")
    if any(separator in text for separator in "/\\") or text in (".", ".."):
        return _by_path(text)
    names = [run.run_id for run in list_runs(workspace)]
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
    runs = list_runs(workspace)
    if not runs:
        raise Failure(f"there is no finished run in {workspace / RUNS}", "`qlangc run FILE` makes one")
    return runs[-1].path
