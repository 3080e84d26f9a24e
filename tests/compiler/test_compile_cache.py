"""The compile cache: the same plan with and without it, and nothing stale."""

from pathlib import Path

import pytest

from qlang.compiler.compile_cache import compile_cached
from qlang.compiler.driver import Options, compile_source
from qlang.ir.text import print_ir
from qlang.runtime.cache import CompileCache
from qlang.syntax.source import Source

JOB = """circuit c(float a) { qubit[3] q; for int i in [0:1] { cx q[i], q[i+1]; } rx(a) q; }
job j { run c(a = a); sweep a in [0.1, 0.2]; expect z = Z(q[0]); shots 100; SEED backend sim; }
"""


@pytest.fixture
def cache(tmp_path: Path) -> CompileCache:
    return CompileCache(tmp_path / "cache")


def source(seed: str = "seed 5;", name: str = "a.qjob") -> Source:
    return Source(name, JOB.replace("SEED", seed))


def entries(cache: CompileCache) -> list[Path]:
    return sorted(cache.folder.rglob("*.mlir"))


def test_the_second_time_comes_from_the_cache_and_is_the_same(cache: CompileCache) -> None:
    first, second = (compile_cached(source(), Options(), cache) for _ in range(2))
    plain = compile_source(source())
    assert first.plan_hash == second.plan_hash == plain.plan_hash
    assert [name for name, _ in second.timings] == ["cache"]
    assert first.module is not None and second.module is not None
    assert print_ir(first.module, spans=True) == print_ir(second.module, spans=True)


def test_a_fresh_seed_is_fresh_each_time(cache: CompileCache) -> None:
    hashes = {compile_cached(source(seed=""), Options(), cache).plan_hash for _ in range(4)}
    assert len(hashes) == 4
    assert len(entries(cache)) == 1


@pytest.mark.parametrize(
    "options", [Options(shots=7), Options(seed=9), Options(backend="sim like ibm.manila"), Options(crypto="hybrid")]
)
def test_other_options_are_other_entries(cache: CompileCache, options: Options) -> None:
    compile_cached(source(), Options(), cache)
    assert compile_cached(source(), options, cache).plan_hash == compile_source(source(), options).plan_hash
    assert len(entries(cache)) == 2


def test_a_changed_import_is_seen(cache: CompileCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    part = tmp_path / "part.qasm"
    main = Source("main.qjob", 'import "part.qasm" as part;\njob j { run part(); sample q; seed 1; backend sim; }\n')
    hashes = []
    for gate in ("h", "x", "h"):
        part.write_text(f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[1] q;\n{gate} q[0];\n', encoding="utf-8")
        hashes.append(compile_cached(main, Options(), cache).plan_hash)
        assert hashes[-1] == compile_source(main).plan_hash
    assert hashes[0] == hashes[2] != hashes[1]


def test_a_damaged_entry_is_made_again(cache: CompileCache) -> None:
    expected = compile_cached(source(), Options(), cache).plan_hash
    (entry,) = entries(cache)
    entry.write_bytes(entry.read_bytes()[:-40] + b"?" * 40)
    again = compile_cached(source(), Options(), cache)
    assert again.plan_hash == expected
    assert [name for name, _ in again.timings] != ["cache"]


def test_warnings_and_dated_verdicts_are_not_kept(cache: CompileCache) -> None:
    unused = source().text.replace("qubit[3] q;", "qubit[3] q; qubit idle;")
    compilation = compile_cached(Source("b.qjob", unused), Options(), cache)
    assert [d.severity for d in compilation.diagnostics] == ["warning"]
    dated = source().text.replace("backend sim;", "backend sim like ibm.manila where calibrated within 1 h, sim;")
    assert compile_cached(Source("c.qjob", dated), Options(), cache).ok
    assert entries(cache) == []


def test_mistakes_are_reported_every_time(cache: CompileCache) -> None:
    wrong = Source("d.qjob", source().text.replace("cx q", "cxx q"))
    for _ in range(2):
        assert [d.code for d in compile_cached(wrong, Options(), cache).diagnostics] == ["QJ0203"]
