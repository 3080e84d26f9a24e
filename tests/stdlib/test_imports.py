"""Imports of the library: what they cost, how names meet, and that programs of the library stay small."""

import time

import pytest
from stdlib_harness import compiled

from qlang.compiler.frontend import analyse
from qlang.ir.circuit import FuncOp
from qlang.ir.values import plain
from qlang.sema.standard_modules import standard_module
from qlang.syntax.source import Source

OWN = "circuit c() { qubit[2] q; h q; }\njob j { run c(); sample q; }\n"


def seconds(text: str, module_cache: bool) -> float:
    if not module_cache:
        standard_module.cache_clear()
    start = time.process_time()
    assert analyse(Source("test.qjob", text)).ok
    return time.process_time() - start


def test_an_import_costs_little() -> None:
    """Less than 100 ms of one core the first time, the best of five, and next to nothing while the editor is open."""
    text = f"import std.families;\n{OWN}"
    seconds(text, False)
    alone = min(seconds(OWN, True) for _ in range(5))
    assert min(seconds(text, False) for _ in range(5)) - alone < 0.1
    assert min(seconds(text, True) for _ in range(5)) - alone < 0.02


def test_own_definitions_come_first() -> None:
    text = "import std.states;\ncircuit ghz(int n) { qubit[n] mine; h mine; }\njob j { run ghz(2); sample mine; }\n"
    found = analyse(Source("test.qjob", text))
    assert found.diagnostics == ()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("job j { run ghz(3); sample q; }\n", "`ghz` comes with `import std.states;`"),
        ("circuit c() { qubit[2] q; givens(1) q[0], q[1]; }\n", "`givens` comes with `import std.gates;`"),
        ("circuit c() { qubit[2] q; siswap q[0], q[1]; }\n", "`siswap` comes with `import std.gates;`"),
        ("circuit c() { qubit[2] q; ghz_on(q); }\n", "`ghz_on` comes with `import std.states;`"),
        (OWN.replace("sample q;", "expect e = magnetization(q);"), "comes with `import std.observables;`"),
        (
            OWN.replace("sample q;", "sample q; shots 9; backend sim with ion_trap_2023;"),
            "comes with `import std.noise;`",
        ),
    ],
)
def test_what_is_not_imported_is_named(text: str, hint: str) -> None:
    (found,) = analyse(Source("test.qjob", text)).diagnostics
    assert any(hint in each for each in found.helps())
    assert list(found.fixes()) == []  # a gate that is near in spelling would be another one


def test_sizes_of_calls_are_checked_in_the_library() -> None:
    text = "import std.arithmetic;\ncircuit c() { qubit[5] q; cuccaro_on(q[0], q[1:2], q[3:3], q[4]); }\n"
    found = analyse(Source("test.qjob", text)).diagnostics
    assert {each.code for each in found} == {"QJ0401"}
    assert {call.name for each in found for call in each.calls()} == {"cuccaro_on"}


def resources(call: str) -> dict[str, object]:
    text = f"import std.families;\njob j {{ run {call}; state q; }}\n"
    module = compiled(text, "count-resources").module
    assert module is not None
    func = next(op for op in module.ops if isinstance(op, FuncOp))
    found = plain(func.attributes["resources"])
    assert isinstance(found, dict)
    return found


def test_gates_are_counted_exactly() -> None:
    """Three iterations of search for |1011⟩: a zero bit in the oracle, four in the diffusion, each flipped twice."""
    found = resources("grover(4, marked = 11)")
    assert found["gates"] == {"cccz": 6, "h": 4 + 3 * 8, "x": 3 * (2 + 8)}
    assert found["exact"] is True
    assert resources("qft(5, x = 3)")["gates"] == {"cp": 10, "h": 5, "swap": 2, "x": 2}


@pytest.mark.parametrize(
    "call",
    ["ghz({n})", "ising({n}, 1.0, {n})", "qft({n})", "xxz({n}, 1.0, {n}, order = 2)", "bernstein_vazirani({n}, 5)"],
)
def test_four_times_as_large_is_as_long(call: str) -> None:
    """The IR has no more operations for more qubits: loops stay loops."""
    counts = []
    for n in (30, 120):
        text = f"import std.families;\njob j {{ run {call.format(n=n)}; expect z = Z(q[0]); }}\n"
        module = compiled(text, "ir").module
        assert module is not None
        counts.append(sum(1 for _ in module.walk()))
    assert counts[0] == counts[1] < 200
