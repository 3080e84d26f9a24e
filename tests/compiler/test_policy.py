"""Policies as a user meets them: diagnostics, the plan, the cache, the verb `policy`."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.compiler.authority import Authority
from qlang.compiler.driver import Compilation, Options, compile_source
from qlang.compiler.plan_report import plan_report
from qlang.syntax.source import Source
from qlang.trust.policy.load import load_policy
from tests.conftest import Answer

Command = Callable[..., Answer]

JOB = """\
circuit bell() {
  qubit[2] q;
  h q[0];
  cx q[0], q[1];
}
job pair {
  run     bell();
  sample  q;
  shots   100;
  seed    1;
  backend sim, sim like ibm.guadalupe;
  crypto  hybrid;
}
"""

FORBIDDEN = {
    "mode": ("[defaults]\nmodes = ['pqc_required', 'classical']\n", JOB),
    "mode-unsaid": ("[defaults]\nmodes = ['hybrid']\n", JOB.replace("  crypto  hybrid;\n", "")),
    "algorithms": ("[defaults]\nalgorithms = ['ed25519']\n", JOB),
    "tenant": ("[tenants.lab]\n[tenants.vault]\n", JOB),
    "backends": ("[defaults]\nbackends = ['ibm.*']\n", JOB),
    "backends-by-two-rules": ("[defaults]\nbackends = ['sim']\n[tenants.default]\nbackends = ['sim like *']\n", JOB),
    "calibration": (
        "[defaults]\nmax_calibration_age = '1d'\n",
        JOB.replace("sim, sim like", "sim like"),
    ),
    "qkd": ("[defaults]\n", JOB.replace("hybrid", "qkd")),
}


def authority(folder: Path, rules: str, tenant: str = "default") -> Authority:
    path = folder / "qlang-policy.toml"
    path.write_text(f"schema = 1\n{rules}", encoding="utf-8")
    return Authority(load_policy(path), tenant, path)


def compiled(folder: Path, rules: str, text: str = JOB, tenant: str = "default", **options: str) -> Compilation:
    source = Source("job.qjob", text)
    return compile_source(source, Options(**options), authority=authority(folder, rules, tenant))  # type: ignore[arg-type]  # all are text


def plan_of(compilation: Compilation) -> dict[str, object]:
    assert compilation.ok, [d.message() for d in compilation.diagnostics]
    assert compilation.plan is not None and compilation.plan_hash is not None
    return plan_report(compilation.plan, compilation.plan_hash)


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_forbidden_is_a_diagnostic_that_names_the_rule(
    qlangc: Command, in_workspace: Path, golden: Callable[[str, str], None], name: str
) -> None:
    rules, text = FORBIDDEN[name]
    Path("qlang-policy.toml").write_text(f"schema = 1\n\n{rules}", encoding="utf-8")
    Path("job.qjob").write_text(text, encoding="utf-8")
    answer = qlangc("plan", "job.qjob")
    assert (answer.status, answer.out) == (1, "")
    unwrapped = re.sub(r"\n {11}(?=\S)", " ", answer.err)  # where lines break depends on the age, which grows
    golden(re.sub(r"is [0-9.e+]+ d,", "is N d,", unwrapped), f"policy-{name}.txt")


def test_the_policy_chooses_what_signs(tmp_path: Path) -> None:
    report = plan_of(compiled(tmp_path, "[defaults]\nsign.hybrid = ['ml-dsa-87', 'ecdsa-p256']\n"))
    assert report["sign"] == {
        "crypto": "hybrid",
        "algorithms": ["ecdsa-p256", "ml-dsa-87"],
        "tenant": "default",
        "policy": authority(tmp_path, "[defaults]\nsign.hybrid = ['ml-dsa-87', 'ecdsa-p256']\n").policy.digest,
    }


def test_tenants_sign_as_their_sections_say(tmp_path: Path) -> None:
    rules = "[tenants.lab]\n[tenants.vault]\nrequire.hybrid = ['slh-dsa-sha2-128f']\n"
    signs = {t: plan_of(compiled(tmp_path, rules, tenant=t))["sign"]["algorithms"] for t in ("lab", "vault")}  # type: ignore[index]  # a mapping
    assert signs == {"lab": ["ed25519", "ml-dsa-65"], "vault": ["ed25519", "slh-dsa-sha2-128f"]}


def test_a_forbidden_candidate_is_passed_over_with_its_reason(tmp_path: Path) -> None:
    report = plan_of(compiled(tmp_path, "[defaults]\nbackends = ['sim like *']\n"))
    assert report["backend"] == "sim like ibm.guadalupe"
    assert report["schedule"]["rejected"] == [  # type: ignore[index]  # a mapping
        {"backend": "sim", "text": "policy: backend `sim` is not one of `sim like *` (defaults.backends)"}
    ]


def test_the_layout_of_the_file_does_not_change_the_plan(tmp_path: Path) -> None:
    rules = "[defaults]\nbackends = ['sim like *']\n"
    one, two = compiled(tmp_path, rules), compiled(tmp_path, f"\n# more\n\n{rules}")
    assert one.plan_hash == two.plan_hash
    other = compiled(tmp_path, rules + "modes = ['hybrid']\n")
    assert other.plan_hash != one.plan_hash


def test_an_algorithm_that_no_named_provider_has_is_no_key(tmp_path: Path) -> None:
    compilation = compiled(tmp_path, "[defaults]\nproviders = ['pyca']\nsign.hybrid = ['slh-dsa-sha2-128s']\n")
    (problem,) = compilation.diagnostics
    assert problem.code == "QJ0802"
    assert "slh-dsa-sha2-128s" in problem.label()


def test_the_policy_stage_can_be_watched(qlangc: Command, in_workspace: Path) -> None:
    Path("job.qjob").write_text(JOB, encoding="utf-8")
    answer = qlangc("plan", "job.qjob", "--print-after", "apply-policy", "--tenant", "lab")
    (settings,) = [line for line in answer.err.splitlines() if "job.settings" in line]
    assert 'tenant = "lab"' in settings and 'policy = "sha256:' in settings and '["ed25519", "ml-dsa-65"]' in settings


def test_a_cached_plan_is_one_of_this_policy_and_tenant(qlangc: Command, in_workspace: Path) -> None:
    Path("job.qjob").write_text(JOB, encoding="utf-8")

    def plan(*options: str) -> dict[str, object]:
        found: dict[str, object] = qlangc("plan", "job.qjob", "--json", *options).data
        return found

    plain = plan()
    assert plan()["plan_hash"] == plain["plan_hash"]
    assert plan("--tenant", "lab")["sign"]["tenant"] == "lab"  # type: ignore[index]  # a mapping
    Path("qlang-policy.toml").write_text("schema = 1\n[defaults]\nsign.hybrid = ['ml-dsa-87']\n", encoding="utf-8")
    assert plan()["sign"]["algorithms"] == ["ed25519", "ml-dsa-87"]  # type: ignore[index]  # a mapping
    Path("qlang-policy.toml").write_text("schema = 1\n[defaults]\nmodes = ['classical']\n", encoding="utf-8")
    assert qlangc("plan", "job.qjob").status == 1
    Path("qlang-policy.toml").unlink()
    assert plan()["plan_hash"] == plain["plan_hash"]


def test_the_tenant_of_the_project_file_counts(qlangc: Command, in_workspace: Path) -> None:
    Path("job.qjob").write_text(JOB, encoding="utf-8")
    Path("qlang.toml").write_text('[project]\nname = "x"\ntenant = "lab"\n', encoding="utf-8")
    assert qlangc("plan", "job.qjob", "--json").data["sign"]["tenant"] == "lab"
    assert qlangc("plan", "job.qjob", "--json", "--tenant", "other").data["sign"]["tenant"] == "other"
    for wrong in ("3", "'a/b'", "''", "["):
        Path("qlang.toml").write_text(f"[project]\ntenant = {wrong}\n", encoding="utf-8")
        assert qlangc("plan", "job.qjob").status == 2
    assert "is not a tenant's name" in qlangc("plan", "job.qjob", "--tenant", 'a"\n').err


def test_a_plan_that_depends_on_the_date_is_not_kept(qlangc: Command, in_workspace: Path) -> None:
    Path("job.qjob").write_text(JOB.replace("sim, sim like", "sim like"), encoding="utf-8")
    for limit, kept in (("99999d", 0), (None, 1)):
        rules = f"[defaults]\nmax_calibration_age = '{limit}'\n" if limit else ""
        Path("qlang-policy.toml").write_text(f"schema = 1\n{rules}", encoding="utf-8")
        assert qlangc("plan", "job.qjob").status == 0
        assert len(list(Path(".qlang/cache").rglob("*.mlir"))) == kept


@pytest.mark.parametrize("verb", ["plan", "run", "policy"])
def test_nothing_is_done_under_a_policy_that_cannot_be_read(qlangc: Command, in_workspace: Path, verb: str) -> None:
    Path("job.qjob").write_text(JOB, encoding="utf-8")
    Path("qlang-policy.toml").write_text("schema = 1\n[defaults]\nmodez = []\n", encoding="utf-8")
    answer = qlangc(verb, *(["explain"] if verb == "policy" else []), "job.qjob")
    assert answer.status == 2
    assert "qlang-policy.toml:3: defaults.modez: unknown key `modez`; did you mean `modes`?" in answer.err
    assert not Path(".qlang/runs").exists()


def test_a_run_that_cannot_be_signed_is_not_begun(qlangc: Command, in_workspace: Path) -> None:
    Path("job.qjob").write_text(JOB, encoding="utf-8")
    rules = "schema = 1\n[defaults]\nproduction = true\nsigners = ['nobody here']\n"
    Path("qlang-policy.toml").write_text(rules, encoding="utf-8")
    answer = qlangc("run", "job.qjob")
    assert answer.status == 3
    assert "is not one of `nobody here` (defaults.signers, qlang-policy.toml:4)" in answer.err
    assert re.search(r"has custody `development` .*\(defaults.production, qlang-policy.toml:3\)", answer.err)
    assert not Path(".qlang/runs").exists(), "nothing was executed"
    Path("qlang-policy.toml").write_text("schema = 1\n[defaults]\ncustody = ['development']\n", encoding="utf-8")
    assert qlangc("run", "job.qjob").status == 0
    assert qlangc("policy", "explain", "last").status == 0
    Path("qlang-policy.toml").write_text("schema = 1\n[defaults]\ncustody = ['token-native']\n", encoding="utf-8")
    assert qlangc("policy", "explain", "last").status == 1


def test_a_replayed_run_is_compiled_under_the_policy_of_then(qlangc: Command, in_workspace: Path) -> None:
    Path("job.qjob").write_text(JOB, encoding="utf-8")
    rules = "schema = 1\n[defaults]\nbackends = ['sim like *']\nsign.hybrid = ['ecdsa-p256']\n[tenants.lab]\n"
    Path("qlang-policy.toml").write_text(rules, encoding="utf-8")
    run = qlangc("run", "job.qjob", "--tenant", "lab", "--json").data
    Path("qlang-policy.toml").unlink()
    replayed = qlangc("replay", "last", "--json").data
    assert (replayed["ok"], replayed["plan_hash"]) == (True, run["plan_hash"])


def test_the_python_api_is_bound_too(in_workspace: Path) -> None:
    import qlang

    Path("qlang-policy.toml").write_text("schema = 1\n[tenants.lab]\nbackends = ['sim']\n", encoding="utf-8")
    program = qlang.compile(JOB)
    with pytest.raises(qlang.CompileError) as caught:
        program.plan()
    assert [d.code for d in caught.value.diagnostics] == ["QJ0804"]
    assert program.plan(tenant="lab").report["sign"]["tenant"] == "lab"


def test_init_check_show_and_explain(qlangc: Command, in_workspace: Path, golden: Callable[[str, str], None]) -> None:
    assert qlangc("policy", "check").status == 2
    assert qlangc("policy", "init").status == 0
    assert "exists already" in qlangc("policy", "init").err
    assert qlangc("policy", "check", "--json").data["ok"] is True
    rules = (
        "[defaults]\nmodes = ['hybrid', 'classical']\ncustody = ['development']\n[tenants.lab]\nbackends = ['sim']\n"
    )
    Path("qlang-policy.toml").write_text(f"schema = 1\n{rules}", encoding="utf-8")
    Path("job.qjob").write_text(JOB, encoding="utf-8")
    calls = [
        ("show",),
        ("check",),
        ("explain",),
        ("explain", "--tenant", "lab", "job.qjob"),
        ("explain", "--tenant", "lab", "--mode", "pqc_required", "--backend", "ibm.boston"),
        ("explain", "--mode", "qkd", "--tenant", "lab"),
        ("explain", "--mode", "hybird"),
        ("show", "--mode", "hybrid"),
    ]
    told = []
    for call in calls:
        answer = qlangc("policy", *call)
        told.append(f"$ policy {' '.join(call)}\n{answer.out}{answer.err}[{answer.status}]\n")
    golden("\n".join(told), "policy-verb.txt")


def test_the_same_as_data(qlangc: Command, in_workspace: Path) -> None:
    Path("qlang-policy.toml").write_text("schema = 1\n[defaults]\nbackends = ['sim']\n", encoding="utf-8")
    shown = qlangc("policy", "show", "--json").data
    assert shown["content"] == {"schema": 1, "defaults": {"backends": ["sim"]}}
    explained = json.loads(qlangc("policy", "explain", "--backend", "ibm.x", "--json").out)
    assert explained["allowed"] is False and explained["policy"] == shown["policy"]
    (backend,) = [subject for subject in explained["subjects"] if subject["kind"] == "backend"]
    assert backend["rules"][0]["place"] == "qlang-policy.toml:3"
    assert [subject["name"] for subject in explained["subjects"] if subject["kind"] == "mode"] == [
        "classical",
        "hybrid",
        "pqc_required",
    ]
    Path("qlang-policy.toml").write_text("schema = 1\n[defaults]\nbackend = ['sim']\n", encoding="utf-8")
    broken = qlangc("policy", "check", "--json")
    assert broken.status == 1
    assert json.loads(broken.out)["problem"]["line"] == 3


def test_no_name_reaches_the_terminal_as_a_command_to_it(qlangc: Command, in_workspace: Path) -> None:
    answer = qlangc("policy", "explain", "--backend", "a\x1b[31m")
    assert "a" in answer.out and "\x1b" not in answer.out + answer.err
    Path("qlang-policy.toml").write_text('schema = 1\n[defaults]\n"mo\\u001b[31m" = 1\n', encoding="utf-8")
    answer = qlangc("policy", "check")
    assert answer.status == 1 and "\x1b" not in answer.out + answer.err


def test_doctor_looks_at_the_policy(qlangc: Command, in_workspace: Path) -> None:
    def findings() -> list[tuple[str, str]]:
        told = json.loads(qlangc("doctor", "--json").out)["findings"]
        return [(entry["state"], entry["detail"]) for entry in told if entry["name"] == "policy"]

    (none,) = findings()
    assert none[0] == "ok" and "qlangc policy init" in none[1]
    path = Path("qlang-policy.toml")
    path.write_text("schema = 1\n[defaults]\nmodes = ['hybrid']\nalgorithms = ['ed25519']\n", encoding="utf-8")
    assert [state for state, _ in findings()] == ["ok", "warning"]
    path.write_text("schema = 1\n[tokens.hsm]\nlabel = 'x'\n", encoding="utf-8")
    ((state, detail),) = findings()
    assert state == "fault" and "qlang-policy.toml:2: tokens.hsm.module: is missing" in detail


HEAVY = ("tomllib", "cryptography", "rfc8785", "qlang.trust")


@pytest.mark.parametrize("policy", [False, True])
def test_checking_loads_no_policy(tmp_path: Path, policy: bool) -> None:
    (tmp_path / "job.qjob").write_text(JOB, encoding="utf-8")
    if policy:
        (tmp_path / "qlang-policy.toml").write_text("schema = 1\n", encoding="utf-8")
    code = (
        "import sys; from qlang.compiler.cli import main; main(['check', 'job.qjob']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_planning_without_a_policy_file_reads_no_toml(tmp_path: Path) -> None:
    (tmp_path / "job.qjob").write_text(JOB, encoding="utf-8")
    (tmp_path / "qlang.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    code = (
        "import sys; from qlang.compiler.cli import main; main(['plan', 'job.qjob', '-q']);"
        "print([n for n in ('tomllib', 'qlang.trust.policy.load', 'qlang.trust.qkd.client') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
