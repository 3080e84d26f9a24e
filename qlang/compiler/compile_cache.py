"""Compilations kept from one command to the next, by the content of everything that decides them.

The key covers the text, its name, the options, the tenant, the policy's digest, the compiler's version, the shipped
snapshots, the size of this machine, its simulators and what was tuned on it; an entry names the files that the text
imports with their digests. A seed that nobody stated is a fresh one each time and is no part of the key. Not kept:
compilations with warnings, so that these are seen again, those that may come out differently tomorrow, and those that
need a key management entity's answer.
"""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path
from secrets import randbits

from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.utils.exceptions import ParseError

from qlang.backends.limits import most_qubits
from qlang.backends.targets import default_targets
from qlang.catalogue.store import shipped_digest
from qlang.compiler.authority import DEVELOPMENT, Authority
from qlang.compiler.driver import Compilation, Options, compile_source
from qlang.compiler.tuning_stage import tuned_here
from qlang.ir import plan
from qlang.ir.job import CandidateOp, SettingsOp
from qlang.ir.text import parse_ir, print_ir, text_digest
from qlang.ir.values import plain
from qlang.runtime.cache import CompileCache, Entry, cache_key
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source
from qlang.syntax.source_files import read_source
from qlang.trust.canonical import Json, sha256_digest
from qlang.trust.crypto_modes import MODES
from qlang.version import __version__


def compile_cached(
    source: Source, options: Options, cache: CompileCache, authority: Authority = DEVELOPMENT
) -> Compilation:
    """As `compile_source`, from the cache where it has the same compilation.

    Raises CannotRecord where the cache cannot be written.
    """
    started = time.perf_counter()
    key = _key(source, options, authority)
    entry = cache.get(key)
    restored = _restored(source, options, authority, entry) if entry is not None else None
    if restored is not None:
        return replace(restored, timings=(("cache", time.perf_counter() - started),))
    compilation = compile_source(source, options, authority=authority)
    if _keepable(compilation):
        assert compilation.module is not None
        imports: Json = [{"name": loaded.name, "digest": _digest(loaded)} for loaded in compilation.loaded]
        metadata: dict[str, Json] = {"imports": imports, "fixed_seed": compilation.fixed_seed}
        metadata["passes"] = list(compilation.passes)
        cache.put(key, Entry(print_ir(compilation.module, spans=True), metadata))
    return compilation


def _key(source: Source, options: Options, authority: Authority) -> str:
    chosen = {name: value for name, value in asdict(options).items() if name != "verify_each"}
    chosen["seed"] = None if options.seed is None else str(options.seed)
    chosen |= {"name": source.name, "qubits": most_qubits(noisy=False), "targets": list(default_targets())}
    chosen |= {"tenant": authority.tenant, "policy": authority.policy.digest}
    chosen["providers"] = list(authority.policy.providers)
    chosen["tuned"] = tuned_here()
    return cache_key(source=source.text, options=chosen, version=__version__, snapshots={"shipped": shipped_digest()})


def _digest(source: Source) -> str:
    return sha256_digest(source.text.encode())


def _keepable(compilation: Compilation) -> bool:
    if compilation.plan is None or compilation.module is None or compilation.diagnostics:
        return False
    if any(MODES[str(plain(op.attributes["crypto"]))].needs_kme for op in _settings(compilation.module)):
        return False
    return not any("perishable" in op.attributes for op in compilation.module.walk() if isinstance(op, CandidateOp))


def _settings(module: ModuleOp) -> list[SettingsOp]:
    return [op for op in module.walk() if isinstance(op, SettingsOp)]


def _restored(source: Source, options: Options, authority: Authority, entry: Entry) -> Compilation | None:
    """The compilation of an entry, or `None` where a file that it imports has changed."""
    loaded = _unchanged(entry)
    if loaded is None:
        return None
    try:
        module = parse_ir(entry.text)
    except ParseError:  # written by a version with the same number and another IR: compile again
        return None
    (job,) = [op for op in module.ops if isinstance(op, plan.JobOp)]
    fixed = bool(entry.metadata["fixed_seed"])
    if not fixed:
        seed = StringAttr(str(randbits(63)))
        job.properties["seed"] = seed
        for settings in _settings(module):
            settings.attributes["seed"] = seed
    passes = entry.metadata["passes"]
    assert isinstance(passes, list)
    ran = tuple(str(each) for each in passes)
    return Compilation(source, loaded, options, module, job, text_digest(job), (), (), fixed, ran, authority)


def _unchanged(entry: Entry) -> tuple[Source, ...] | None:
    """The imported files as they are now, if they are as they were."""
    imports = entry.metadata["imports"]
    assert isinstance(imports, list)
    sources = []
    for record in imports:
        assert isinstance(record, dict)
        found = read_source(Path(str(record["name"])), str(record["name"]))
        if isinstance(found, Diagnostic) or _digest(found) != record["digest"]:
            return None
        sources.append(found)
    return tuple(sources)
