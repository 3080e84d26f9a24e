"""Running a compilation in a workspace, and replaying a recorded run."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qlang.compiler.driver import Compilation, Options, compile_source
from qlang.compiler.frontend import TextLoader, project_of
from qlang.ir import plan
from qlang.ir.values import plain
from qlang.runtime.progress import Progress
from qlang.runtime.record import CompileInfo, Imported, RunRecord, SourceInfo, execute_plan
from qlang.runtime.replay import replay_run
from qlang.runtime.run_folder import StoredRun, load_run
from qlang.syntax.diagnostic import errors_of
from qlang.syntax.source import Source
from qlang.trust.keys.development import default_key_paths, development_signer
from qlang.version import __version__


def run_compilation(compilation: Compilation, workspace: Path, *, progress: Progress | None = None) -> RunRecord:
    """Execute a plan, sign it with this user's keys and record it under the workspace.

    Raises what `qlang.runtime.record.execute_plan` raises; nothing is recorded then.
    """
    assert compilation.module is not None and compilation.plan is not None
    source, options = compilation.source, asdict(compilation.options)
    overrides = {name: options[name] for name in ("job", "shots", "backend", "crypto")}
    imports = tuple(Imported(_as_imported(loaded, source), loaded.text) for loaded in compilation.loaded)
    (sign,) = [op for op in compilation.plan.body.block.ops if isinstance(op, plan.SignOp)]
    algorithms = plain(sign.attributes["algorithms"])
    assert isinstance(algorithms, list)
    return execute_plan(
        compilation.module,
        compilation.plan,
        workspace=workspace,
        source=SourceInfo(source.name, source.text, imports, overrides, compilation.embedded),
        compiled=CompileInfo(__version__, compilation.timings, compilation.passes),
        signer=development_signer(default_key_paths(), tuple(map(str, algorithms))),
        progress=progress,
    )


def _as_imported(loaded: Source, source: Source) -> str:
    """The path of an imported file from the folder of the source, wherever both lie on this machine."""
    folder = project_of(source) if "<" in source.name else Path(source.name).parent
    return Path(os.path.relpath(Path(loaded.name).resolve(), folder.resolve())).as_posix()


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What compiling and executing a recorded run again gave."""

    ok: bool
    plan_hash: str
    """Of the plan compiled now from the recorded source and inputs; as recorded where the source is in Python."""
    result_digest: str
    differences: tuple[str, ...]


def replay(run_dir: Path) -> ReplayReport:
    """Compile the recorded source again, execute the recorded plan again, and compare both with the record.

    Raises BadRun for a folder that cannot be read, and what executing raises.
    """
    run = load_run(run_dir)
    recorded = replay_run(run_dir)
    compiled, problem = _recompiled(run, recorded.plan_hash)
    differences = list(recorded.differences)
    if problem is not None:
        differences.append(f"source: {problem}")
    elif compiled != recorded.plan_hash:
        differences.append(f"plan hash: recorded {recorded.plan_hash}, compiled now {compiled}")
    return ReplayReport(not differences, compiled or "", recorded.result_digest, tuple(differences))


def _recompiled(run: StoredRun, recorded: str) -> tuple[str | None, str | None]:
    """The plan hash of the recorded source and inputs as compiled today, or why there is none.

    A Python function is not compiled again: what it saw of its program is gone, and nothing recorded is ever executed
    as Python. Its plan, which was signed with it, stands.
    """
    inputs = run.json("inputs.json")
    if inputs.get("embedded"):
        return recorded, None
    ending = "qasm" if str(inputs["file"]).endswith(".qasm") else "qjob"
    source = Source(str(inputs["file"]), run.text(f"source.{ending}"))
    overrides: dict[str, Any] = dict(inputs["overrides"])
    options = Options(seed=int(str(inputs["seed"]), 0), **overrides)
    loader = TextLoader({str(entry["name"]): str(entry["text"]) for entry in inputs["imports"]})
    compilation = compile_source(source, options, loader=loader)
    if compilation.plan_hash is None:
        first = errors_of(compilation.diagnostics)[0]
        return None, f"does not compile any more: {first.code} {first.message()}"
    return compilation.plan_hash, None
