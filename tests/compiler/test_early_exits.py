"""break, continue, end and early return: what runs, what does not, and what jobs over such circuits give."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from xdsl.dialects import scf
from xdsl.ir import Operation

from qlang.backends.errors import NotUnitary
from qlang.backends.folding import record
from qlang.backends.interpreter import decode
from qlang.compiler.driver import compile_source
from qlang.ir.circuit import FuncOp
from qlang.passes.undoable import obstacle_in
from qlang.syntax.source import Source
from tests.compiler.programs import HEADER, SEEDED, certain, circuit_of, compiled, distribution, kernel_of
from tests.compiler.random_control import program, text
from tests.conftest import Answer

START = "qubit[4] q;\nbit[4] c;\nbit m;\n"


def bits(body: str, definitions: str = "") -> int:
    """What is measured at the end of statements on `q`."""
    return certain(f"{HEADER}{definitions}{START}{body}\nc = measure q;\n", "c")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for int i in [0:3] { if (i == 2) { break; } x q[i]; }", 0b0011),
        ("for int i in [0:3] { if (i == 2) { continue; } x q[i]; }", 0b1011),
        ("for int i in [0:3] { x q[i]; break; x q[3]; }", 0b0001),
        ("for int i in {3, 1, 0} { x q[i]; m = measure q[1]; if (m) break; }", 0b1010),
        ("for int i in [0:3] { for int j in [0:3] { if (j > i) break; x q[j]; } }", 0b1010),
        ("int k = 0; while (true) { x q[k]; k += 1; m = measure q[1]; if (m) break; }", 0b0011),
        ("int k = 0; while (k < 4) { k += 1; if (k == 2) { continue; } x q[k - 1]; }", 0b1101),
        ("x q[0]; m = measure q[0]; int k = 0; while (m) { k += 1; if (k == 3) { m = 0; continue; } x q[k]; }", 0b0111),
        ("bit[3] r = 5; for bit b in r { if (!b) { continue; } x q[0]; } x q[1];", 0b0010),
        ("for int i in [0:3] { switch (i) { case 1 { continue; } case 3 { break; } default { } } x q[i]; }", 0b0101),
        ("for int i in [0:1000000000] { x q[0]; m = measure q[0]; if (i == 2) break; }", 0b0001),
        ("for int i in [3:-1:0] { if (i == 1) break; x q[i]; }", 0b1100),
        ("array[int, 3] a = {2, 0, 1}; for int i in a { x q[i]; if (i == 0) break; }", 0b0101),
    ],
)
def test_loops_are_left(body: str, expected: int) -> None:
    assert bits(body) == expected


RETURNS = """
def first(qubit[4] a) -> int { for int i in [0:3] { bit b = measure a[i]; if (b) { return i; } } return -1; }
def sign(int k) -> int { if (k < 0) return -1; if (k == 0) { return 0; } else { return 1; } }
def upto(qubit[4] a, int k) { for int i in [0:3] { if (i == k) return; x a[i]; } }
def both(qubit[4] a) -> bit { bit b = measure a[0]; if (b) { x a[1]; return b; } x a[2]; return measure a[2]; }
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x q[2]; if (first(q) == 2) { x q[0]; }", 0b0101),
        ("if (first(q) == -1) { x q[0]; }", 0b0001),
        ("int k = -7; if (sign(k) == -1) x q[0]; if (sign(0) == 0) x q[1]; if (sign(9) == 1) x q[2];", 0b0111),
        ("m = measure q[0]; int k = m; if (sign(k - 1) == -1) x q[0]; if (sign(k) == 0) x q[1];", 0b0011),
        ("upto(q, 2);", 0b0011),
        ("m = measure q[0]; int k = m; upto(q, k + 1);", 0b0001),
        ("bit b = both(q); if (b) x q[3];", 0b1100),
        ("x q[0]; bit b = both(q); if (b) x q[3];", 0b1011),
        ("x q[first(q) + 1]; x q[1]; x q[first(q) + 1];", 0b0001),
    ],
)
def test_subroutines_return_early(body: str, expected: int) -> None:
    assert bits(body, RETURNS) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x q[0]; c = measure q; end; x q[1]; c = measure q;", 0b0001),
        ("c[3] = 1; x q; m = measure q[0]; if (m) { end; } c = measure q;", 0b1000),
        ("for int i in [0:3] { x q[i]; c[i] = measure q[i]; if (i == 1) end; } c = 0;", 0b0011),
        ("while (true) { x q[0]; c[0] = measure q[0]; if (c[0]) end; }", 0b0001),
        ("stop(q, 0); c[1] = 1; stop(q, 1); c[2] = 1;", 0b0010),
        ("c[0] = 1; c[1] = told(q); c[2] = 1;", 0b0001),
        ("c[0] = 1; if (told(q)) { c[1] = 1; } c[2] = 1;", 0b0001),
        ("c[0] = 1; while (told(q)) { c[1] = 1; } c[2] = 1;", 0b0001),
        ("c[0] = 1; for int i in [0:int(told(q))] { c[1] = 1; } c[2] = 1;", 0b0001),
        ("switch (int(told(q))) { case 0 { c[0] = 1; } default { c[1] = 1; } }", 0b0000),
        ("for int i in {0, 1, 2} { c[i] = 1; stop(q, i); }", 0b0011),
    ],
)
def test_end_leaves_the_outputs_as_they_are(body: str, expected: int) -> None:
    definitions = (
        "def stop(qubit[4] a, int k) { if (k == 1) { end; } }\n"
        "def told(qubit[4] a) -> bit { x a[0]; bit b = measure a[0]; if (b) end; return b; }\n"
    )
    assert certain(f"{HEADER}{definitions}{START}{body}\n", "c") == expected


def test_an_output_that_end_leaves_undeclared_is_zero() -> None:
    text = f"{HEADER}{START}h q[0]; m = measure q[0]; if (m) end; bit[2] d = 3; output int[4] k; k = 5;"
    found = distribution(text)
    assert found["k"] == pytest.approx({0: 0.5, 5: 0.5})


def test_only_the_shots_that_stay_go_on() -> None:
    """Repeat until success: the first 1 of a fair coin, at most three times."""
    body = "bit[2] n; for uint[2] i in [1:3] { reset q[0]; h q[0]; m = measure q[0]; if (m) { n = i; break; } }"
    assert distribution(f"{HEADER}{START}{body}")["n"] == pytest.approx({0: 1 / 8, 1: 1 / 2, 2: 1 / 4, 3: 1 / 8})


def test_code_behind_a_certain_jump_is_not_lowered() -> None:
    circuit = circuit_of(compiled(f"{HEADER}{START}x q[0]; end; for int i in [0:3] {{ h q[i]; }}"))
    assert not any(isinstance(op, (scf.ForOp, scf.IfOp)) for op in circuit.walk())


def test_many_jumps_do_not_nest() -> None:
    """Each possible end guards what follows it, one behind the other."""
    body = "\n".join(f"m = measure q[{k % 4}]; if (m) end; h q[{k % 4}];" for k in range(400))
    circuit = circuit_of(compiled(f"{HEADER}{START}{body}"))

    def depth(op: Operation, below: int = 0) -> int:
        inner = [depth(each, below + 1) for region in op.regions for block in region.blocks for each in block.ops]
        return max(inner, default=below)

    assert depth(circuit) <= 4


def test_a_loop_that_may_be_left_is_counted_as_if_it_were_not() -> None:
    whole, left = ("x q[i];", "x q[i]; m = measure q[i]; if (m) break;")
    counts = []
    for body in (whole, left):
        circuit = circuit_of(compiled(f"{HEADER}{START}for int i in [0:3] {{ {body} }}"))
        resources = circuit.attributes["resources"].data  # type: ignore[attr-defined]  # a dictionary
        counts.append((str(resources["gates"]), str(resources["exact"])))
    assert counts[0][0] == counts[1][0]
    assert (counts[0][1], counts[1][1]) == ("true", "false")


@pytest.mark.parametrize(
    ("body", "same"),
    [
        ("for int i in [0:3] { if (i == 2) { break; } x q[i]; }", "x q[0]; x q[1];"),
        ("for int i in [0:3] { if (i == 2) { continue; } x q[i]; }", "x q[0]; x q[1]; x q[3];"),
        ("int k = 0; while (k < 3) { x q[k]; k += 1; }", "x q[0]; x q[1]; x q[2];"),
        (
            "int k = 0; while (true) { if (k == 2) { break; } cx q[k], q[k + 1]; k += 1; }",
            "cx q[0], q[1]; cx q[1], q[2];",
        ),
        ("for int i in [0:9] { for int j in [0:9] { if (j == 2) { end; } x q[j]; } }", "x q[0]; x q[1];"),
        ("int k = 3; for int i in [0:3] { k -= 1; x q[k]; if (k == 1) break; }", "x q[2]; x q[1];"),
    ],
)
def test_what_is_known_before_the_run_is_counted_as_it_runs(body: str, same: str) -> None:
    one, other = (
        dict(circuit_of(compiled(f"{HEADER}{START}{each}")).attributes["resources"].data)  # type: ignore[attr-defined]  # as above
        for each in (body, same)
    )
    for name in ("gates", "one_qubit", "pairs", "pair_counts", "exact", "bounded"):
        assert str(one[name]) == str(other[name]), name


JOBS = """
noise lab { depolarizing(0.02) on cx; depolarizing(0.005) on 1q; }
observable Z0(qubit[] q) = Z(q[0]);
circuit early() { qubit[2] q; for int i in [0:5] { if (i == 3) { break; } ry(0.3) q[0]; cx q[0], q[1]; } }
circuit plain() { qubit[2] q; for int i in [0:2] { ry(0.3) q[0]; cx q[0], q[1]; } }
circuit measured() { qubit[2] q; bit m; for int i in [0:2] { ry(0.3) q[0]; m = measure q[0]; if (m) { break; } } }
circuit perhaps() { qubit[3] q; for int i in [0:1] { ry(0.3) q[i]; cx q[0], q[1]; } reset q[2]; }
circuit late() { qubit[2] q; for int i in [0:1] { h q[i]; reset q[i]; } }
job j { run CIRCUIT(); expect e = Z0(q); backend sim with lab; seed 3; REST }
"""


def ran(qlangc: Callable[..., Answer], circuit: str, rest: str) -> Answer:
    Path("job.qjob").write_text(JOBS.replace("CIRCUIT", circuit).replace("REST", rest), encoding="utf-8")
    return qlangc("run", "-q", "--no-cache", "--json", "job.qjob")


@pytest.mark.parametrize("rest", ["", "shots 5000; mitigate zne(scales = [1, 3]);"])
def test_noise_and_mitigation_see_the_gates_that_run(qlangc: Callable[..., Answer], rest: str) -> None:
    values = []
    for circuit in ("early", "plain"):
        answer = ran(qlangc, circuit, rest)
        assert answer.status == 0, answer.err
        values.append(json.loads(answer.out)["expect"]["e"]["value"])
    assert values[0] == pytest.approx(values[1], abs=1e-12)


def test_a_circuit_that_measures_inside_is_not_folded(qlangc: Callable[..., Answer]) -> None:
    chosen = ran(qlangc, "measured", "shots 5000; mitigate auto within 5x;")
    assert chosen.status == 0, chosen.err
    assert "zne" not in json.loads(chosen.out)["expect"]["e"]["method"]
    demanded = ran(qlangc, "measured", "shots 5000; mitigate zne(scales = [1, 3]);")
    assert demanded.status == 1
    assert "QJ0650" in demanded.err and "a measurement before the end" in demanded.err
    Path("exact.qjob").write_text(Path("job.qjob").read_text().replace("sim with lab", "sim"), encoding="utf-8")
    exact = qlangc("run", "-q", "--no-cache", "--json", "exact.qjob")
    assert exact.status == 0, exact.err  # nothing to mitigate


def test_folding_of_what_only_a_run_shows_to_be_undoable_is_tried(qlangc: Callable[..., Answer]) -> None:
    demanded = ran(qlangc, "perhaps", "shots 5000; mitigate zne(scales = [1, 3]);")
    assert demanded.status == 0, demanded.err
    demanded = ran(qlangc, "late", "shots 5000; mitigate zne(scales = [1, 3]);")
    assert demanded.status == 3
    assert "QJ0511" in demanded.err and "cannot be scaled by folding" in demanded.err


def test_what_is_said_about_undoing_holds() -> None:
    """Against the recorder that folding uses, over random programs."""
    undoable = refused = 0
    for seed in range(120):
        compilation = compile_source(Source("test.qasm", text(program(seed))), SEEDED, stop_after="kernel")
        assert compilation.module is not None
        func = next(op for op in compilation.module.ops if isinstance(op, FuncOp))
        obstacle = obstacle_in(func)
        if obstacle is None:
            record(decode(kernel_of(compilation)), ())
            undoable += 1
        elif obstacle.operation is not None:
            with pytest.raises(NotUnitary):
                record(decode(kernel_of(compilation)), ())
            refused += 1
    assert undoable > 5
    assert refused > 20


@pytest.mark.parametrize(
    ("body", "certain"),
    [
        ("h q[0]; m = measure q[0]; if (m) end; x q[1];", True),
        ("h q[0]; c[1] = measure q[0]; if (c[1]) { x q[1]; }", True),
        ("h q[0]; m = measure q[0]; h q[0];", True),
        ("h q[0]; reset q[0];", True),
        ("for int i in [0:1] { h q[0]; m = measure q[0]; }", True),
        ("while (m == 0) { h q[0]; m = measure q[0]; }", False),
        ("for int i in [0:3] { h q[i]; c[i] = measure q[i]; }", False),
        ("int k = 1; for int i in [0:2] { k += 1; if (k == 9) { h q[0]; reset q[0]; } }", False),
        ("h q[0]; for int i in [0:2] { x q[i + 1]; } reset q[3];", False),
    ],
)
def test_what_cannot_be_undone_for_certain(body: str, certain: bool) -> None:
    compilation = compiled(f"{HEADER}{START}{body}")
    obstacle = obstacle_in(circuit_of(compilation))
    assert obstacle is not None and (obstacle.operation is not None) == certain
    if certain:
        with pytest.raises(NotUnitary):
            record(decode(kernel_of(compilation)), ())


@pytest.mark.parametrize("call", ["fill(a, q[3]);", "fill(a) q[3];"])
def test_arrays_change_where_calls_stand_in_branches(call: str) -> None:
    fill = "def fill(mutable array[int[8], #dim = 1] a, qubit b) { x b; a[1] = 2; }\n"
    body = f"array[int[8], 2] a = {{0, 0}}; x q[0]; m = measure q[0]; if (m) {{ {call} }} x q[a[1]];"
    assert bits(body, fill) == 0b1101


def test_long_runs_of_gates_in_guarded_code_are_lowered_in_no_time() -> None:
    """What a branch may change is found without looking at each gate of a run."""
    gates = "\n".join(f"cx q[{k % 3}], q[{k % 3 + 1}];" for k in range(20_000))
    timings = dict(compiled(f"{HEADER}{START}m = measure q[0]; if (m) end;\n{gates}\n").timings)
    assert timings["lower"] < 2 * timings["check"]
