"""Running a compilation in a workspace: executed, signed and recorded."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from qlang.compiler.driver import Compilation
from qlang.compiler.frontend import project_of
from qlang.ir import plan
from qlang.ir.values import plain
from qlang.runtime.progress import Progress
from qlang.runtime.record import CompileInfo, Imported, RunRecord, SourceInfo, execute_plan
from qlang.syntax.source import Source
from qlang.trust.keys.development import default_key_paths, development_signer
from qlang.trust.policy.content import policy_content
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
        source=SourceInfo(
            source.name,
            source.text,
            imports,
            overrides,
            compilation.embedded,
            policy_content(compilation.authority.policy),
        ),
        compiled=CompileInfo(__version__, compilation.timings, compilation.passes),
        signer=development_signer(default_key_paths(), tuple(map(str, algorithms))),
        progress=progress,
    )


def _as_imported(loaded: Source, source: Source) -> str:
    """The path of an imported file from the folder of the source, wherever both lie on this machine."""
    folder = project_of(source) if "<" in source.name else Path(source.name).parent
    return Path(os.path.relpath(Path(loaded.name).resolve(), folder.resolve())).as_posix()
