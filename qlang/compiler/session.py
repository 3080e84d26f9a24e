"""Running a compilation in a workspace: executed, signed and recorded."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from qlang.backends.targets import chosen_targets
from qlang.compiler.driver import Compilation
from qlang.compiler.frontend import project_of
from qlang.compiler.preflight import refuse_unsignable
from qlang.compiler.signers import signer_for
from qlang.compiler.tuning_stage import stated_tuning
from qlang.runtime.progress import Progress
from qlang.runtime.record import CompileInfo, Imported, RunRecord, SourceInfo, execute_plan
from qlang.syntax.source import Source
from qlang.trust.policy.content import policy_content
from qlang.trust.signing.request import ManifestSigner
from qlang.version import __version__


def run_compilation(
    compilation: Compilation,
    workspace: Path,
    *,
    progress: Progress | None = None,
    signer: ManifestSigner | None = None,
) -> RunRecord:
    """Execute a plan, have it signed and record it under the workspace.

    `signer`: None is the one of the workspace, see `signers.signer_for`.

    Raises what `qlang.runtime.record.execute_plan` raises; no run is recorded then.
    """
    if signer is not None:
        return _executed(compilation, workspace, progress, signer)
    with signer_for(workspace) as own:
        return _executed(compilation, workspace, progress, own)


def _executed(
    compilation: Compilation, workspace: Path, progress: Progress | None, signer: ManifestSigner
) -> RunRecord:
    assert compilation.module is not None and compilation.plan is not None
    refuse_unsignable(compilation, signer)
    source, options = compilation.source, asdict(compilation.options)
    overrides = {name: options[name] for name in ("job", "shots", "backend", "crypto")}
    overrides["target"] = ",".join(chosen_targets(options["target"]))  # replaying elsewhere chooses among the same
    overrides["tuning"] = stated_tuning(compilation.plan)  # and with the same options of native code
    imports = tuple(Imported(_as_imported(loaded, source), loaded.text) for loaded in compilation.loaded)
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
        signer=signer,
        progress=progress,
    )


def _as_imported(loaded: Source, source: Source) -> str:
    """The path of an imported file from the folder of the source, wherever both lie on this machine."""
    folder = project_of(source) if "<" in source.name else Path(source.name).parent
    return Path(os.path.relpath(Path(loaded.name).resolve(), folder.resolve())).as_posix()
