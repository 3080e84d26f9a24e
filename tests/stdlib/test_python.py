"""The library from Python: every definition has a meaning there, circuits call it, and jobs run it."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stdlib_harness import state

import qlang as ql
from qlang import std
from qlang.embedding.definition import definition_of
from qlang.sema.library import library_symbols
from qlang.sema.symbols import NoiseSymbol

EDGES = [[0, 1], [1, 2], [2, 3]]


@ql.circuit
def mixed(n: int, theta: float = 0.3):
    q = ql.qubits(n)
    std.ghz_on(q)
    std.givens(theta, q[0], q[1])
    ql.std.qft_on(q[1:])
    ql.ctrl(std.fsim)(0.2, 0.1, q[0], q[1], q[2])
    ql.rx(std.random_float(3, 4), q[0])


@ql.circuit
def counted():
    q = ql.qubits(2)
    ql.ry(0.4, q[0])
    std.set_on(q, 2)


def test_every_definition_is_there() -> None:
    names = {symbol.name for symbol in library_symbols() if not isinstance(symbol, NoiseSymbol)}
    assert set(dir(std)) == names
    for name in names:
        found = getattr(std, name)
        definition = definition_of(found)
        assert definition is not None
        assert name in repr(found) or definition.place == "circuit"
        assert inspect.getdoc(found).startswith(definition.signature)


def test_a_wrong_name_is_answered_with_the_right_one() -> None:
    with pytest.raises(AttributeError, match="Did you mean: 'grover'"):
        _ = std.grovr


def test_circuits_call_it(in_workspace: Path) -> None:
    text = "import std.families;\nimport std.gates;\ncircuit t() { qubit[3] q; ghz_on(q); givens(0.5) q[0], q[1]; "
    text += "qft_on(q[1:2]); ctrl @ fsim(0.2, 0.1) q[0], q[1], q[2]; rx(random_float(3, 4)) q[0]; }\n"
    expected = np.abs(state(f"{text}job j {{ run t(); state q; }}\n")) ** 2
    signs = 1 - 2 * np.array([[x >> k & 1 for k in range(3)] for x in range(8)])
    expect = {"all": std.magnetization("q"), **{f"z{k}": ql.Z(k) for k in range(3)}}
    found = ql.job(mixed(3, theta=0.5), expect=expect).run().expect
    assert found["all"].value == pytest.approx(expected @ signs.mean(axis=1))
    assert [found[f"z{k}"].value for k in range(3)] == pytest.approx(list(expected @ signs))


def test_jobs_run_it(in_workspace: Path) -> None:
    found = ql.job(std.ghz(4), expect={"f": std.ghz_fidelity(), "p": std.flip_parity()}).run().expect
    assert found["f"].value == pytest.approx(1)
    assert found["p"].value == pytest.approx(1)
    cut = ql.job(std.qaoa(4, EDGES, [0.5], [0.4]), expect={"cut": std.maxcut("q", np.array(EDGES))}).run().expect["cut"]
    ends, middle = (0.5 + 0.25 * np.sin(1.6) * np.sin(0.5) * (1 + np.cos(0.5)), 0.5 + 0.25 * np.sin(1.6) * np.sin(1.0))
    assert cut.value == pytest.approx(2 * ends + middle)


def test_swept_and_noisy(in_workspace: Path) -> None:
    job = ql.job(
        std.qaoa_ring(4, beta=0.4),
        expect={"cut": std.ring_cut()},
        sweep={"gamma": [0.2, 0.7]},
        shots=2000,
        seed=3,
        backend="sim with ion_trap_2023",
    )
    points = job.run().points
    for point, gamma in zip(points, (0.2, 0.7), strict=True):
        ideal = 4 * (0.5 + 0.25 * np.sin(1.6) * np.sin(2 * gamma))
        assert point["expect"]["cut"]["value"] == pytest.approx(ideal, abs=0.15)


def test_values_and_whole_numbers(in_workspace: Path) -> None:
    assert ql.job(counted(), expect={"n": std.excitations("q")}).run().expect["n"].value == pytest.approx(
        1 + np.sin(0.2) ** 2
    )


def test_it_belongs_to_circuits() -> None:
    for found in (std.ghz_on, std.givens):
        with pytest.raises(TypeError, match="describes part of a circuit"):
            found(1)
    with pytest.raises(TypeError, match="takes 1 arguments"):
        std.ghz(1, 2)


def test_wrong_calls_are_shown_in_python() -> None:
    with pytest.raises(ql.CompileError) as caught:

        @ql.circuit
        def wrong():
            q = ql.qubits(3)
            std.ghz_on(q, 1)
            std.givens(q[0], q[1])

    assert [each.span.text for each in caught.value.diagnostics] != []
    assert all(each.span.source.name == __file__ for each in caught.value.diagnostics)


def test_runs_are_verified_and_replayed(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    for bound in (std.ghz(3), mixed(3)):
        result = ql.job(bound, expect={"m": std.magnetization("q")}, shots=200, seed=5).run()
        assert qlangc("verify", result.run_dir, "--json").data["ok"]
        assert qlangc("replay", result.run_dir, "--json").data["ok"]
