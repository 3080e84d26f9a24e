"""What the editor says about the word under the cursor."""

from collections.abc import Callable

import pytest

from qlang.compiler.editor.analysis import Analysis
from qlang.compiler.editor.hover import hover

Mark = Callable[[str], tuple[Analysis, int]]

CASES = [
    ("circuit c() { qubit q; s|x q; }", ["gate sx a", "square root of X", "1/2 · [ 1+i  1-i ]"]),
    ("circuit c() { qubit[2] q; r|zz(0.1) q[0], q[1]; }", ["gate rzz(θ) a, b", "e^(-iθ/2)", "|ab⟩"]),
    ("gate mine a { h a; x a; }\ncircuit c() { qubit q; min|e q; }", ["gate mine a", "h a; x a;"]),
    ("circuit c() { qubit[n|] q; h q; }", ["const int n = 3;"]),
    ("circuit c() { qubit[n] reg; h re|g; }", ["qubit[3] reg"]),
    ("circuit c(float angle_) { qubit q; rx(an|gle_) q; }", ["float angle_"]),
    ("circuit c() { qubit broken; h bro|ken", ["qubit broken"]),
    ("circuit c() { qubit q; rx(p|i) q; }", ["3.14159"]),
    ("circuit c() { delay[10|0ns] q; }", ["nanoseconds"]),
    ("circuit c() { for| int i in [0:1] { } }", ["both ends"]),
    ("job j { ru|n chain(steps = 1); sample q; }", ["What runs"]),
    ("job j { run cha|in(steps = 1); sample q; }", ["circuit chain(int steps, float J = 1.0)"]),
    ("job j { run chain(steps = 1); sample q|; }", ["qubit[n] q"]),
    ("job j { run chain(steps = 1); expect e = ma|g(q); }", ["observable mag(qubit[] r) = Z(r[0]);"]),
    ("job j { run chain(steps = 1); expect e = |Z(q[0]); }", ["Pauli Z"]),
    ("job j { mitigate zn|e; }", ["Zero-noise extrapolation"]),
    ("job j { mitigate pe|c; }", ["Not offered in this version"]),
    ("job j { mitigate auto within 1|0x; }", ["multiples of the raw shots"]),
    ("job j { crypto hyb|rid; }", ["ML-DSA-65"]),
    ("job j { backend sim like ibm.gua|dalupe; }", ["16 qubits", "median 2-qubit error", "calibrated 2021-04-20"]),
    ("job j { backend ibm.g|*; }", ["`ibm.guadalupe`"]),
    ("job j { backend sim with la|b; }", ["noise lab", "depolarizing(0.01)"]),
    ("job j { sla { fide|lity >= 0.9; } }", ["Hellinger"]),
    ("job j { sla { laten|cy <= 30 min; } }", ["queue included"]),
    ("job j { sla { latency <= 30 m|in; } }", ["minutes"]),
    ("job j { sla { cost <= 2|5 eur; } }", ["euros"]),
    ("import std.states;\njob j { run gh|z(5); }", ["circuit ghz(int n)", "`ghz_on` on n qubits", "ghz(5);"]),
    ("// Two\n// turns.\ngate mine a { h a; x a; }\ncircuit c() { qubit q; min|e q; }", ["gate mine a", "Two turns."]),
    ("noise m { ther|mal(t1 = 80us, t2 = 60us); }", ["Relaxation"]),
]


@pytest.mark.parametrize(("marked", "parts"), CASES, ids=[case[0] for case in CASES])
def test_says(at_mark: Mark, marked: str, parts: list[str]) -> None:
    found = hover(*at_mark(marked))
    assert found is not None
    for part in parts:
        assert part in found.text


@pytest.mark.parametrize("marked", ["// h| q;", "circuit c() { qubit q; h q |  ; }", 'include "std|gates.inc";', "|"])
def test_says_nothing(at_mark: Mark, marked: str) -> None:
    assert hover(*at_mark(marked)) is None


def test_the_range_is_the_word(at_mark: Mark) -> None:
    analysis, offset = at_mark("job j { backend ibm.gua|dalupe; }")
    found = hover(analysis, offset)
    assert found is not None
    assert analysis.source.text[found.start : found.end] == "ibm.guadalupe"
