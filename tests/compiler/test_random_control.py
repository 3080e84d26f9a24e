"""Random programs with every kind of jump do what an independent interpreter says."""

from collections.abc import Iterable

import pytest
from xdsl.dialects.builtin import ModuleOp

from qlang.backends.protocol import Request, SampleSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.authority import DEVELOPMENT
from qlang.compiler.converting import exported
from qlang.compiler.driver import compile_source
from qlang.compiler.frontend import analyse
from qlang.compiler.jobs import chosen_job
from qlang.compiler.lowering.circuit import lower_circuit
from qlang.ir.circuit import FuncOp
from qlang.ir.dialects import context
from qlang.ir.values import plain
from qlang.passes.count_resources import CountResources
from qlang.syntax.source import Source
from tests.compiler.programs import SEEDED, kernel_of
from tests.compiler.random_control import QUBITS, Interpreter, program, text


def executed(written: str) -> tuple[int, ...]:
    """The qubits, `m` and `r` at the end, each certain."""
    compilation = compile_source(Source("test.qasm", written), SEEDED, stop_after="kernel")
    assert compilation.ok, [(d.code, d.message(), d.span.text) for d in compilation.diagnostics]
    samples = (SampleSpec("q", tuple(range(QUBITS))), SampleSpec("m", bits="m"), SampleSpec("r", bits="r"))
    outcome = ReferenceBackend().execute(kernel_of(compilation), Request(samples=samples))
    found = []
    for sample in outcome.samples:
        ((value, probability),) = [(v, p) for v, p in (sample.probabilities or {}).items() if p > 1e-12]
        assert abs(probability - 1) < 1e-9
        found.append(value)
    return tuple(found)


def agree(seeds: Iterable[int]) -> None:
    for seed in seeds:
        tree = program(seed)
        assert executed(text(tree)) == Interpreter(tree).run(), f"seed {seed}:\n{text(tree)}"


@pytest.mark.parametrize("part", range(4))
def test_random_control_flow(part: int) -> None:
    agree(range(40 * part, 40 * part + 40))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(16))
def test_much_random_control_flow(part: int) -> None:
    agree(range(1000 + 100 * part, 1100 + 100 * part))


def test_the_programs_jump() -> None:
    """The test is worth something only if most of its programs leave something early."""
    texts = [text(program(seed)) for seed in range(200)]
    for word in ("break;", "continue;", "end;", "return", "while", "switch", "for int", " f(q"):
        assert sum(word in each for each in texts) > 40, word


def test_random_control_flow_is_the_same_when_written_as_openqasm() -> None:
    """What the exporter makes of flags and guarded code, read back and run."""
    for seed in range(60, 85):
        tree = program(seed)
        analysis = analyse(Source("test.qasm", text(tree)))
        assert analysis.module.main is not None
        written = exported(analysis.module.main, {}, "qasm3")
        assert executed(written) == Interpreter(tree).run(), f"seed {seed}:\n{written}"


def test_counts_of_gates_are_no_less_than_what_runs() -> None:
    """Exact where they say so, and a bound where they say that."""
    exact = bounded = 0
    for seed in range(200, 270):
        tree = program(seed)
        job = chosen_job(analyse(Source("test.qasm", text(tree))), None, None, None, None, DEVELOPMENT)
        module = ModuleOp([lower_circuit(job)])
        CountResources().apply(context(), module)
        func = next(op for op in module.ops if isinstance(op, FuncOp))
        resources = plain(func.attributes["resources"])
        interpreter = Interpreter(tree)
        interpreter.run()
        counted = resources["gates"].get("x", 0)
        exact, bounded = exact + resources["exact"], bounded + resources["bounded"]
        if resources["exact"]:
            assert counted == interpreter.flips, f"seed {seed}:\n{text(tree)}"
        if resources["bounded"]:
            assert counted >= interpreter.flips, f"seed {seed}:\n{text(tree)}"
    assert exact > 8
    assert bounded > 25
