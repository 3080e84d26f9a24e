"""Names mean what they mean in Python: variables of the function, data from outside as it is at decoration."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import qlang as ql
from tests.embedding.python_programs import by_us, defined, registers_of

pytestmark = pytest.mark.filterwarnings("ignore::qlang.problems.CompileWarning")


def codes(text: str, **names: object) -> list[tuple[str, str]]:
    """Code and blamed text of every mistake in a function `program`."""
    with pytest.raises(ql.CompileError) as caught:
        ql.circuit(defined(text, **names))
    return [(each.code, each.span.text) for each in caught.value.diagnostics]


def test_a_variable_of_a_branch_lives_on() -> None:
    text = """
def program(n: int):
    q = ql.qubits(2)
    if ql.measure(q[0]):
        k = 1
    else:
        k = n
    r0 = ql.bits(3)
    for j in range(3):
        r0[j] = (k >> j) & 1 == 1
"""
    assert by_us(text, 5) == {"r0": 5}


def test_a_variable_that_may_have_no_value_is_found() -> None:
    text = """
def program(n: int):
    q = ql.qubits(2)
    if n > 1:
        k = 1
    for i in range(n):
        last = i
    ql.x(q[k])
    ql.x(q[last])
    ql.x(q[i])
    ql.x(q[later])
    later = 1
"""
    assert codes(text) == [("QJ0583", "k"), ("QJ0583", "last"), ("QJ0583", "i"), ("QJ0583", "later")]


def test_a_variable_keeps_its_kind() -> None:
    text = """
def program(n: int):
    q = ql.qubits(2)
    k = 1
    k = 2.5
    t = n > 1
    t = n
    x = 0.5
    x = n
    m = ql.measure(q[0])
    m = n
    q = 3
"""
    assert codes(text) == [("QJ0584", "k"), ("QJ0584", "t"), ("QJ0584", "m"), ("QJ0584", "q")]


def test_a_name_from_outside_that_the_function_assigns_is_not_read() -> None:
    """Python raises UnboundLocalError; the value from outside would be a wrong result."""
    text = """
def program():
    q = ql.qubits(2)
    ql.x(q[k])
    k = 1
"""
    assert codes(text, k=0) == [("QJ0583", "k")]


def test_data_from_outside_is_frozen() -> None:
    data, scale = [1, 2], 0.5
    text = """
def program():
    q = ql.qubits(4)
    for d in data:
        ql.x(q[d])
    if scale < 1:
        ql.x(q[len(data) + 1])
    c = ql.measure(q)
"""
    circuit = ql.circuit(defined(text, data=data, scale=scale))
    data.append(0)
    data[0] = 3
    assert registers_of(ql.job(circuit()))["c"] == {0b1110: 1.0}


@pytest.mark.parametrize(
    ("line", "names", "blamed"),
    [
        ("data.append(1)", {"data": [1]}, ("QJ0580", "data.append(1)")),
        ("data[0] = 1", {"data": [1]}, ("QJ0580", "data[0] = 1")),
        ("ql.x(q[name])", {"name": "a"}, ("QJ0582", "name")),
        ("ql.x(q[table])", {"table": {0: 1}}, ("QJ0582", "table")),
        ("ql.rx(f'{n}', q)", {}, ("QJ0580", "f'{n}'")),
        ("ql.x(q[helper(n)])", {"helper": lambda n: n}, ("QJ0587", "helper")),
        ("ql.x(q[missing(n)])", {}, ("QJ0214", "missing")),
        ("ql.x(q[missing])", {}, ("QJ0201", "missing")),
        ("k = n and 3", {}, ("QJ0580", "n and 3")),
        ("k = round(2.5)", {}, ("QJ0580", "round(2.5)")),
        ("k = 2.5 // 2", {}, ("QJ0580", "2.5 // 2")),
        ("k = 2.5 % 2", {}, ("QJ0580", "2.5 % 2")),
        ("k = [n, 2]", {}, ("QJ0580", "[n, 2]")),
        ("k = ~True", {}, ("QJ0580", "~True")),
        ("ql.x(*q)", {}, ("QJ0580", "*q")),
        ("if q: pass", {}, ("QJ0580", "q")),
        ("t = n > 0 and ql.measure(q) == 1", {}, ("QJ0580", "ql.measure(q)")),
        ("ql.ctrl(q[0])", {}, ("QJ0580", "ql.ctrl")),
        ("ql.h", {}, ("QJ0580", "ql.h")),
        ("print(n)", {}, ("QJ0580", "print(n)")),
        ("import math", {}, ("QJ0580", "import math")),
        ("lambda: 1", {}, ("QJ0580", "lambda: 1")),
        ("return n", {}, ("QJ0580", "return n")),
        ("ql.qubits(2)", {}, ("QJ0580", "ql.qubits(2)")),
        ("ql.rx(lam=1, qubit=q[0])", {}, ("QJ0211", "lam")),
        ("ql.rx(0.1, theta=1, qubit=q[0])", {}, ("QJ0213", "theta")),
        ("ql.x(q[0:0])", {}, ("QJ0580", "0:0")),
        ("gate = ql.qubits(1)", {}, ("QJ0580", "gate")),
        ("for i in zip(q, q): pass", {}, ("QJ0580", "zip(q, q)")),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_at_its_place(
    line: str, names: dict[str, object], blamed: tuple[str, str]
) -> None:
    found = codes(f"def program(n: int):\n    q = ql.qubits(3)\n    {line}\n", **names)
    assert found == [blamed]


def test_all_mistakes_are_reported_and_none_twice() -> None:
    text = """
def program(n):
    q = ql.qubits(3)
    k = f"{n}"
    ql.x(q[k])
    ql.cnot(q[0], q[1])
    for i in range(n):
        ql.cx(q[0])
    ql.h(q[7])
"""
    assert codes(text) == [
        ("QJ0580", 'f"{n}"'),
        ("QJ0203", "cnot"),
        ("QJ0585", "n"),
        ("QJ0401", "7"),
    ]


_ENDS = st.one_of(st.none(), st.integers(-5, 5))


@settings(max_examples=50)
@given(_ENDS, _ENDS, st.sampled_from([None, 1, 2, 3]), st.booleans())
def test_slices_select_what_python_selects(first: int | None, last: int | None, step: int | None, known: bool) -> None:
    """Ends that Python clips are refused; with parameters as ends, a slice may be empty."""
    wanted = range(4)[slice(first, last, step)]
    assume(all(end is None or -4 <= end <= 4 for end in (first, last)) and (wanted or not known))
    ends = [("" if end is None else str(end) if known else name) for name, end in (("a", first), ("b", last))]
    part = ":".join([*ends, *([] if step is None else [str(step)])])
    text = f"def program(a: int, b: int):\n    q = ql.qubits(4)\n    ql.x(q[{part}])\n    r0 = ql.measure(q)\n"
    try:
        found = by_us(text, first or 0, last or 0)
    except ql.CompileError as error:
        assert first == 4, error  # behind the last qubit
        return
    assert found == {"r0": sum(1 << k for k in wanted)}


def test_a_changed_file_is_not_believed(tmp_path: object) -> None:
    import importlib.util
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    path = tmp_path / "changing.py"
    path.write_text("def program():\n    q = ql.qubits(2)\n    ql.x(q[0])\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("changing", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.ql = ql  # type: ignore[attr-defined]  # what its text uses
    spec.loader.exec_module(module)
    path.write_text("def program():\n    q = ql.qubits(2)\n    ql.x(q[0])\n    ql.x(q[1])\n", encoding="utf-8")
    with pytest.raises(ql.CompileError, match="has changed since it was imported"):
        ql.circuit(module.program)


def test_a_loop_over_a_list_is_checked_row_by_row() -> None:
    text = """
def program():
    q = ql.qubits(3)
    for i, j in edges:
        ql.cx(q[i], q[j])
    for k, angle in enumerate(angles):
        ql.rx(angle, q[k])
"""
    assert codes(text, edges=[(0, 1), (1, 5), (2, 7)], angles=[0.1] * 4) == [("QJ0401", "j"), ("QJ0401", "k")]
    assert codes(text, edges=[(0, 1), (1, 2, 0)], angles=[0.1]) == [("QJ0580", "i, j")]


def test_long_and_interrupted_loops_over_lists_stay_loops() -> None:
    text = """
def program(stop: int):
    q = ql.qubits(1)
    r0 = ql.bits(10)
    total = 0
    for a, b in rows:
        if a == stop:
            break
        total += b
    for k, x in enumerate(scales):
        if x > 1:
            total += k
    for j in range(10):
        r0[j] = (total >> j) & 1 == 1
    return r0
"""
    rows, scales = [(k, k % 7) for k in range(100)], [0.5] * 70 + [1.5]
    circuit = ql.circuit(defined(text, rows=rows, scales=scales))
    wanted = sum(b for _, b in rows[:90]) + 70
    assert registers_of(ql.job(circuit(90)))["r0"] == {wanted: 1.0}


def test_numbers_that_do_not_fit_are_no_other_numbers(in_workspace: object) -> None:
    """In Python they would be; here they are errors, when the circuit is read or when it runs."""
    assert codes(
        "def program():\n    q = ql.qubits(1)\n    c = ql.bits(3)\n    ql.x(q)\n    c = 9\n    return c\n"
    ) == [("QJ0580", "c = 9")]
    for line in ("k = (1 << 62) * (3 - m)", "k = int((2 - m) * 1e300)", "k = 1 << (70 * (1 - m))", "k = 3 // m"):
        head = "def program():\n    q = ql.qubits(1)\n    m = ql.measure(q[0])\n"
        text = f"{head}    {line}\n    c = ql.bit()\n    c = k > 0\n"
        with pytest.raises(ql.ExecutionError) as caught:
            ql.job(ql.circuit(defined(text, "numbers.py")), shots=3).run()
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.span.text in line
