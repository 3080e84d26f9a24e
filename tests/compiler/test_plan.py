"""Planning: what is decided, what is refused, what is proposed; hashes; spans."""

import dataclasses
from pathlib import Path

import pytest
from xdsl.dialects.builtin import ModuleOp

from qlang.catalogue.store import match
from qlang.compiler.driver import Compilation, Options, compile_source, pass_names
from qlang.ir import plan
from qlang.ir.spans import place_of
from qlang.ir.text import parse_ir, print_ir
from qlang.ir.values import plain
from qlang.syntax.source import Source
from tests.compiler.programs import circuit_of, codes

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.q*"))

JOB = """
circuit ladder(int steps, float a = 0.3) {{
  qubit[4] q;
  for int s in [1:steps] {{ for int i in [0:2] {{ cx q[i], q[i+1]; }} rx(a) q; }}
}}
noise lab {{ depolarizing(0.01) on 2q; readout(p01 = 0.02, p10 = 0.04); }}
job j {{
  run ladder(steps = {steps});
  expect z = Z(q[3]), zz = Z(q[0]) * Z(q[1]) + 0.5 * X(q[2]);
  shots {shots};
  seed 3;
  mitigate {mitigate};
  backend {backend};
  {more}
}}
"""


def text(**changes: object) -> str:
    values: dict[str, object] = {"steps": 4, "shots": 4000, "mitigate": "auto", "backend": "sim with lab", "more": ""}
    return JOB.format(**{**values, **changes})


def planned(**changes: object) -> Compilation:
    compilation = compile_source(Source("test.qjob", text(**changes)))
    assert compilation.ok, [(d.code, d.message(), *d.notes()) for d in compilation.diagnostics]
    return compilation


def stage(compilation: Compilation, kind: type) -> dict[str, object]:
    assert compilation.plan is not None
    op = next(op for op in compilation.plan.body.block.ops if isinstance(op, kind))
    return {name: plain(value) for name, value in (op.attributes | op.properties).items()}


def test_the_chosen_arm_has_the_smallest_predicted_error() -> None:
    policy = stage(planned(), plan.PolicyOp)
    admitted = [arm for arm in policy["considered"] if "rejected" not in arm]  # type: ignore[attr-defined]  # a list
    assert policy["method"] == min(admitted, key=lambda arm: arm["mse"])["method"]
    assert any(arm["method"] == "none" for arm in admitted)
    assert sum(policy["shots"]) == 4000  # type: ignore[arg-type]  # a list


def test_few_shots_are_not_extrapolated() -> None:
    """Help or harm: with 30 shots and little noise the variance of an extrapolation outweighs its bias."""
    assert "zne" not in str(stage(planned(shots=30, steps=1), plan.PolicyOp)["method"])
    assert "zne" in str(stage(planned(shots=200_000, steps=1), plan.PolicyOp)["method"])


def test_an_overhead_beyond_the_limit_is_not_taken() -> None:
    policy = stage(planned(shots=10**6, mitigate="auto within 2x"), plan.PolicyOp)
    assert policy["overhead"] <= 2  # type: ignore[operator]  # a number
    rejected = [arm for arm in policy["considered"] if "rejected" in arm]  # type: ignore[attr-defined]  # a list
    assert rejected and all("exceeds 2x" in arm["rejected"] for arm in rejected)


def test_a_listed_method_is_applied_whatever_it_costs() -> None:
    policy = stage(planned(mitigate="readout, zne(scales = [1, 3], fit = linear)"), plan.PolicyOp)
    assert policy["applied"] == ["readout", "zne[1,3],linear"]
    assert policy["reason"] == "the job lists it"


def test_an_exact_backend_is_not_mitigated() -> None:
    policy = stage(planned(backend="sim"), plan.PolicyOp)
    assert (policy["method"], policy["bias"]) == ("none", {"z": 0.0, "zz": 0.0})


def test_the_exact_candidate_scores_higher_and_the_others_are_named() -> None:
    schedule = stage(planned(backend="ibm.*, sim with lab, sim"), plan.ScheduleOp)
    assert schedule["backend"] == "sim"
    reasons = {entry["backend"]: entry["text"] for entry in schedule["rejected"]}  # type: ignore[attr-defined]  # a list
    assert set(reasons) == {"ibm.*", "sim with lab"}
    assert "no adapter" in reasons["ibm.*"] and "score" in reasons["sim with lab"]


def test_conditions_filter_candidates() -> None:
    schedule = stage(planned(backend='sim where vendor == "ibm", sim with lab'), plan.ScheduleOp)
    assert schedule["backend"] == "sim with lab"


def test_a_pattern_of_simulated_devices_is_all_that_match() -> None:
    """Each with its own verdict; those that are named elsewhere once."""
    schedule = stage(planned(backend="sim like ibm.*, sim like ibm.lima where qubits >= 1000"), plan.ScheduleOp)
    rejected = {entry["backend"] for entry in schedule["rejected"]}  # type: ignore[attr-defined]  # a list
    assert {schedule["backend"], *rejected} == {f"sim like {name}" for name in match("ibm.*")}
    assert schedule["backend"] != "sim like ibm.lima"
    assert codes(text(backend="sim like nobody.*")) == ["QJ0702"]


@pytest.mark.parametrize("mode", ["classical", "hybrid", "pqc_required"])
def test_a_condition_on_crypto_asks_what_can_be_signed(mode: str) -> None:
    assert stage(planned(backend=f"sim where crypto == {mode}"), plan.ScheduleOp)["backend"] == "sim"
    assert codes(text(backend=f"sim where crypto != {mode}")) == ["QJ0702"]
    assert codes(text(backend='sim where crypto == "qkd"')) == ["QJ0702"]


def test_a_candidate_that_a_condition_excludes_is_out_whatever_its_namesake_is() -> None:
    schedule = stage(planned(backend="sim where qubits >= 1000, sim with lab, sim"), plan.ScheduleOp)
    reasons = [entry["text"] for entry in schedule["rejected"] if entry["backend"] == "sim"]  # type: ignore[attr-defined]  # a list
    assert len(reasons) == 1 and "wanted >= 1000" in reasons[0]


def test_listed_methods_are_never_dropped_silently() -> None:
    """Where nothing can be mitigated the plan says so; what is not offered is refused there too."""
    listed = "readout, zne(scales = [1, 3], fit = linear)"
    policy = stage(planned(backend="sim", mitigate=listed), plan.PolicyOp)
    assert policy["method"] == "none"
    assert [entry["method"] for entry in policy["not_applied"]] == ["readout", "zne[1,3],linear"]  # type: ignore[attr-defined]  # a list
    assert all("exact" in entry["reason"] for entry in policy["not_applied"])  # type: ignore[attr-defined]  # a list
    histograms = text(mitigate="LIST", more="sample q;").replace(
        "expect z = Z(q[3]), zz = Z(q[0]) * Z(q[1]) + 0.5 * X(q[2]);", ""
    )
    compilation = compile_source(Source("test.qjob", histograms.replace("LIST", "readout")))
    assert "histograms" in str(stage(compilation, plan.PolicyOp)["not_applied"])
    assert codes(histograms.replace("LIST", "twirl(32)")) == codes(text(backend="sim", mitigate="pec")) == ["QJ0650"]
    assert "not_applied" not in stage(planned(mitigate=listed), plan.PolicyOp)


def test_automatic_shots_meet_the_bound_and_hardly_more() -> None:
    compilation = planned(shots="auto", mitigate="none", more="sla { stderr(z) <= 0.01; }")
    shots = stage(compilation, plan.ExecuteOp)["shots"]
    assert shots == [10_000]


REFUSED = [
    ({"backend": "ibm.boston"}, "QJ0702"),
    ({"backend": "ibm.*, iqm.garnet"}, "QJ0702"),
    ({"backend": "ibm.nowhere"}, "QJ0703"),
    ({"backend": "sim like ibm.nowhere"}, "QJ0703"),
    ({"more": "sla { fidelity >= 0.999; }"}, "QJ0701"),
    ({"more": "sla { stderr(z) <= 0.0001; }"}, "QJ0701"),
    ({"more": "crypto qkd;"}, "QJ0802"),
    ({"mitigate": "pec"}, "QJ0650"),
    ({"shots": "auto", "more": "sla { cost <= 1 usd; }"}, "QJ0753"),
    ({"more": "precision 1e-15;"}, "QJ0754"),
    ({"more": "precision infidelity 1e-30;"}, "QJ0754"),
    ({"shots": 1, "mitigate": "zne(scales = [1, 3, 5], fit = richardson)"}, "QJ0650"),
    ({"backend": "sim like ibm.manila", "mitigate": "none", "more": "state q;"}, "QJ0906"),
]


def test_the_plan_says_what_rounding_can_do() -> None:
    """Longer circuits, foldings and density matrices can err more; what is promised is what is demanded or less."""

    def bound(**changes: object) -> float:
        found = stage(planned(more="precision 1e-6;", **changes), plan.LowerOp)["l2_bound"]
        assert isinstance(found, float) and 0 < found <= 1e-6
        return found

    assert bound(backend="sim", steps=40) == pytest.approx(10 * bound(backend="sim", steps=4))
    assert bound(mitigate="zne(scales = [1, 3], fit = linear)") == pytest.approx(3 * bound(mitigate="none"))
    assert bound(mitigate="none") > bound(backend="sim")


def test_a_loop_without_a_known_end_bounds_no_rounding() -> None:
    loop = "circuit c() { qubit q; bit b; h q; b = measure q; while (b) { h q; b = measure q; } }\n"
    job = "job j { run c(); sample b; shots 10; backend sim; PRECISION }\n"
    assert codes(loop + job.replace("PRECISION", "")) == []
    assert codes(loop + job.replace("PRECISION", "precision 1e-3;")) == ["QJ0754"]


@pytest.mark.parametrize(("changes", "code"), REFUSED, ids=[str(c) for c, _ in REFUSED])
def test_what_cannot_be_met_is_a_compile_error(changes: dict[str, object], code: str) -> None:
    assert codes(text(**changes)) == [code]


def test_an_impossible_sla_shows_its_places_and_the_nearest_jobs() -> None:
    changes = {"steps": 40, "more": "sla { fidelity >= 0.8; stderr(z) <= 0.1; }"}
    compilation = compile_source(Source("test.qjob", text(**changes)))
    (diagnostic,) = compilation.diagnostics
    assert diagnostic.span.text.startswith("fidelity >= 0.8")
    (run,) = diagnostic.secondary()
    assert run.span.text.startswith("run ladder(steps = 40)")
    assert "120 two-qubit gates" in run.text
    (help_text,) = diagnostic.helps()
    assert "`steps = " in help_text
    proposed = int(help_text.split("`steps = ")[1].split("`")[0])
    assert compile_source(Source("test.qjob", text(**{**changes, "steps": proposed}))).ok
    assert not compile_source(Source("test.qjob", text(**{**changes, "steps": proposed + 1}))).ok


def test_more_shots_are_proposed_where_they_help() -> None:
    compilation = compile_source(Source("test.qjob", text(mitigate="none", more="sla { stderr(z) <= 0.005; }")))
    (diagnostic,) = compilation.diagnostics
    assert "`shots 40000` would fit" in next(iter(diagnostic.helps()))


def test_the_same_text_has_the_same_hash_and_another_seed_another() -> None:
    assert planned().plan_hash == planned().plan_hash
    source = Source("test.qjob", text())
    assert compile_source(source, Options(seed=4)).plan_hash != planned().plan_hash
    elsewhere = dataclasses.replace(source, name="other/folder.qjob")
    assert compile_source(elsewhere).plan_hash == planned().plan_hash


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_stage_verifies_keeps_its_spans_and_reads_back(path: Path) -> None:
    seen: list[str] = []

    def look(name: str, module: ModuleOp) -> None:
        seen.append(name)
        assert print_ir(parse_ir(print_ir(module, spans=True)), spans=True) == print_ir(module, spans=True)
        without = [op.name for op in module.walk() if op is not module and place_of(op) is None]
        assert not without, f"after {name}: no span on {without}"

    source = Source(str(path), path.read_text(encoding="utf-8"))
    compilation = compile_source(source, Options(verify_each=True, seed=1), on_pass=look)
    assert compilation.ok
    assert tuple(seen) == pass_names()


def test_timings_name_every_pass() -> None:
    names = [name for name, _ in planned().timings]
    assert [name for name in names if name in pass_names()] == list(pass_names())


def test_plain_xdsl_opt_knows_our_dialects_and_passes() -> None:
    from xdsl.universe import Universe

    universe = Universe.get_multiverse()
    assert {"circuit", "job", "plan", "kernel"} <= set(universe.all_dialects)
    assert set(pass_names()) - {"resolve-candidates", "apply-policy", "apply-tuning"} <= set(universe.all_passes)


@pytest.mark.parametrize(
    ("loop", "sweep", "most", "bounded"),
    [
        ("[0:n]", "n in 0:6", 7, True),
        ("[n:6]", "n in 0:6", 7, True),
        ("[6:-2:n]", "n in [5, 1, 3]", 3, True),
        ("[1:n * (6 - n)]", "n in 0:6", 9, True),
        ("[n:m]", "zip(n, m) in zip([0, 3], [3, 9])", 7, True),
        ("[n:m]", "n in 2:4; sweep m in 5:6", 5, True),
        ("[n:1000]", "n in 0:999", 1001, False),
        ("[0:3]", "n in 0:999", 4, True),
    ],
)
def test_a_swept_loop_counts_as_its_longest(loop: str, sweep: str, most: int, bounded: bool) -> None:
    m = ", m = m" if "m in" in sweep or "m)" in sweep else ""
    source = f"""circuit c(int n, int m = 0) {{ qubit q; for int i in {loop} {{ sx q; }} }}
        job j {{ run c(n = n{m}); sweep {sweep}; expect z = Z(q); }}"""
    compilation = compile_source(Source("test.qjob", source), stop_after="count-resources")
    resources = plain(circuit_of(compilation).attributes["resources"])
    assert isinstance(resources, dict)
    assert resources["gates"] == {"sx": most} and resources["bounded"] is bounded
