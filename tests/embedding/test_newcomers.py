"""The four mistakes of newcomers in a Python function: found when it is decorated, with places and ways out."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import qlang as ql
from tests.embedding.python_programs import defined

ERRORS = """\
def program(n: int):
    q = ql.qubits(3)
    ql.h(q[3])
    ql.cnot(q[0], q[1])
    ql.cx(q[0])
    ql.rx(q[1])
    for i in range(3):
        ql.cx(q[i], q[i + 1])
    ql.h(register[0])
    k = 1
    k = 0.5
"""
REUSE = """\
def program():
    q = ql.qubits(2)
    ql.h(q)
    m = ql.measure(q[0])
    ql.cx(q[0], q[1])
    return m
"""
CALLS = """\
def program():
    q = ql.qubits(2)
    bell()
    helper(q[0])
    layer(q[0], t=1.0)
    coupling(q[0], q[1])
    layer(q, s=1.0)
"""


def test_errors(golden: Callable[[str, str | Path], None]) -> None:
    with pytest.raises(ql.CompileError) as caught:
        ql.circuit(defined(ERRORS, "newcomer.py"))
    golden(str(caught.value), "newcomer.txt")


def test_reuse_after_measurement_is_a_warning(golden: Callable[[str, str | Path], None]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ql.circuit(defined(REUSE, "reuse.py"))
    (warning,) = caught
    assert (warning.filename, warning.lineno, warning.category) == ("reuse.py", 5, ql.CompileWarning)
    golden(str(warning.message), "reuse.txt")


def test_calls_of_other_functions(golden: Callable[[str, str | Path], None]) -> None:
    bell = ql.circuit(defined("def bell():\n    q = ql.qubits(2)\n    ql.h(q)\n", "bell.py"))
    layer = ql.circuit(defined("def layer(q: ql.Qubits, t: float):\n    ql.rx(t, q)\n", "layer.py"))
    coupling = ql.gate(defined("def coupling(theta: float, a, b):\n    ql.rzz(theta, a, b)\n", "coupling.py"))
    names = {"bell": bell, "layer": layer, "coupling": coupling, "helper": len}
    with pytest.raises(ql.CompileError) as caught:
        ql.circuit(defined(CALLS, "calls.py", **names))
    golden(str(caught.value), "calls.txt")


def test_no_frames_of_ours_hide_the_line() -> None:
    with pytest.raises(ql.CompileError) as caught:
        ql.circuit(defined("def program():\n    ql.h(q)\n"))
    frames = caught.traceback
    assert len(frames) <= 3 and str(frames[0].path) == __file__


def test_what_is_no_function_to_read_is_named() -> None:
    import functools

    @functools.wraps(test_errors)
    def wrapped(*arguments: object) -> None:
        pass

    with pytest.raises(ql.CompileError, match="put other decorators above"):
        ql.circuit(wrapped)
    with pytest.raises(ql.CompileError, match="define a function by `def`"):
        ql.circuit(lambda: None)
    with pytest.raises(TypeError, match="functions that are written in Python"):
        ql.circuit(len)
    with pytest.raises(ql.CompileError, match="write a loop"):
        ql.circuit(defined("def again(q: ql.Qubits, n: int):\n    again(q, n - 1)\n"))


def test_each_of_the_four_mistakes_has_a_place_and_a_fix() -> None:
    with pytest.raises(ql.CompileError) as caught, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ql.circuit(defined(ERRORS, "newcomer.py"))
    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always")
        ql.circuit(defined(REUSE, "reuse.py"))
    found = {each.code: each for each in reversed(caught.value.diagnostics)}
    index, gate, arity, reuse = found["QJ0401"], found["QJ0203"], found["QJ0501"], doubts[0].message.diagnostic  # type: ignore[union-attr]  # ours
    assert [label.span.text for label in index.labels()] == ["q"]
    assert [label.span.text for label in reuse.labels()] == ["m = ql.measure(q[0])"]
    edits = [next(iter(each.fixes())).edits[0] for each in (index, gate, arity, reuse)]
    assert [edit.text for edit in edits] == ["2", "cx", ", target", "ql.reset(q[0])\n    "]
