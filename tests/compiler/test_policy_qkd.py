"""`crypto qkd` is planned only under a policy whose key management entity answers now; nothing else takes its place."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.compiler.authority import Authority
from qlang.compiler.compile_cache import compile_cached
from qlang.compiler.driver import Compilation, Options, compile_source
from qlang.compiler.plan_report import plan_report
from qlang.runtime.cache import CompileCache
from qlang.syntax.source import Source
from qlang.trust.policy.load import load_policy
from tests.conftest import Answer
from tests.trust.qkd.conftest import Papers, Site, papers, site  # noqa: F401 - fixtures

JOB = """\
circuit bell() { qubit[2] q; h q[0]; cx q[0], q[1]; }
job pair { run bell(); sample q; shots 100; seed 1; backend sim where crypto == "qkd"; crypto qkd; }
"""
SOURCE = Source("job.qjob", JOB)


def authority(site: Site) -> Authority:  # noqa: F811 - the fixture
    """A policy beside the SAE's certificates."""
    path = site.folder / "qlang-policy.toml"
    path.write_text("schema = 1\n" + site.config_file().read_text(), encoding="utf-8")
    return Authority(load_policy(path), file=path)


def refusal(compilation: Compilation) -> str:
    (problem,) = compilation.diagnostics
    assert problem.code == "QJ0802"
    return problem.label()


def test_with_a_kme_that_answers_the_job_is_planned(site: Site) -> None:  # noqa: F811 - the fixture
    compilation = compile_source(SOURCE, authority=authority(site))
    assert compilation.plan is not None and compilation.plan_hash is not None
    sign = plan_report(compilation.plan, compilation.plan_hash)["sign"]
    assert (sign["crypto"], sign["algorithms"]) == ("qkd", ["ed25519", "ml-dsa-65"])
    assert [path for _, path in site.simulator.requests] == ["/api/v1/keys/sae-b/status"], "no key is taken to plan"


def test_a_kme_without_keys_refuses_the_job(site: Site) -> None:  # noqa: F811 - the fixture
    site.simulator.stored = 1
    assert "QKD_UNAVAILABLE: the KME has 1 keys, 2 are needed" in refusal(
        compile_source(SOURCE, authority=authority(site))
    )


def test_a_configuration_that_is_wrong_refuses_the_job(site: Site) -> None:  # noqa: F811 - the fixture
    chosen = authority(site)
    assert chosen.file is not None
    chosen.file.write_text("schema = 1\n[qkd]\nurl = 'http://kme'\n", encoding="utf-8")
    assert "qkd.ca is missing" in refusal(compile_source(SOURCE, authority=chosen))


def test_every_compilation_asks_anew(site: Site, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    chosen, cache = authority(site), CompileCache(tmp_path / "cache")
    assert compile_cached(SOURCE, Options(), cache, chosen).ok
    site.simulator.stored = 0
    assert "QKD_UNAVAILABLE" in refusal(compile_cached(SOURCE, Options(), cache, chosen))


def test_a_recorded_run_is_compiled_again_without_its_kme(site: Site) -> None:  # noqa: F811 - the fixture
    chosen = authority(site)
    first = compile_source(SOURCE, authority=chosen)
    site.simulator.stored = 0
    again = replace(chosen, file=None, at="2026-11-21T14:00:00Z")
    assert compile_source(SOURCE, authority=again).plan_hash == first.plan_hash


def test_explain_asks_the_kme(
    site: Site,  # noqa: F811 - the fixture
    papers: Papers,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
    qlangc: Callable[..., Answer],
) -> None:
    monkeypatch.chdir(authority(site).file.parent)  # type: ignore[union-attr]  # it has a file
    monkeypatch.setenv("HOME", str(papers.home))
    monkeypatch.setenv("XDG_STATE_HOME", str(papers.home / "state"))
    shown = []
    for stored in (2, 0):
        site.simulator.stored = stored
        answer = qlangc("policy", "explain", "--mode", "qkd", "--json")
        rules = {rule["rule"]: rule for subject in json.loads(answer.out)["subjects"] for rule in subject["rules"]}
        assert rules["qkd"]["place"] == "qlang-policy.toml:3"
        shown.append((answer.status, rules["qkd"]["allowed"]))
    assert shown == [(0, True), (1, False)]
    assert "`qkd`" in qlangc("policy", "explain").out, "offered where it is configured"
