"""Definitions that are much larger than their text: each is refused by name, soon."""

import pytest

import qlang as ql

DOUBLED = "".join(f" let a{k} = a{k - 1} ++ a{k - 1};" for k in range(1, 40))
OBSERVABLES = "observable o0(qubit[] q) = X(q[0]) + Z(q[1]);\n" + "".join(
    f"observable o{k}(qubit[] q) = o{k - 1}(q) * o{k - 1}(q) + o{k - 1}(q);\n" for k in range(1, 40)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"circuit c() {{ qubit[2] q; let a0 = q;{DOUBLED} h a39; }}\njob j {{ run c(); }}\n", "QJ0309"),
        (f"circuit c() {{ qubit q; bit[2] b; let a0 = b;{DOUBLED} a39[0] = 1; }}\njob j {{ run c(); }}\n", "QJ0309"),
        ("circuit c() { qubit q; array[int, 1000, 1001] a; a[0, 0] = 1; h q; }\njob j { run c(); }\n", "QJ0309"),
        (f"{OBSERVABLES}circuit c() {{ qubit[3] q; h q; }}\njob j {{ run c(); expect e = o39(q); }}\n", "QJ0521"),
    ],
    ids=["qubits", "bits", "array", "observables"],
)
def test_growth_is_refused(text: str, code: str) -> None:
    assert [each.code for each in ql.check(text) if each.severity == "error"] == [code]


def test_much_work_that_stays_within_the_limit_is_done() -> None:
    product = "prod(int i in [0:9]) (X(q[i]) + Z(q[i]))"
    text = f"circuit c() {{ qubit[10] q; h q; }}\njob j {{ run c(); expect e = {product} * {product}; }}\n"
    assert [each.code for each in ql.check(text)] == ["QJ0521"]
    assert not ql.check(text.replace(f" * {product}", ""))
