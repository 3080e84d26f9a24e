"""What completion offers, mostly in texts that do not parse."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.compiler.editor.analysis import Analysis, analyse
from qlang.compiler.editor.completion import complete

Mark = Callable[[str], tuple[Analysis, int]]

CASES = [
    # in circuits
    ("circuit c() { qubit[2] a; |", {"h", "rzz", "a", "for", "measure", "if"}, {"run", "job", "fidelity"}),
    ("circuit c() { qubit[2] a; h a\n  c|", {"cx", "cswap"}, set()),
    ("circuit c() { qubit[2] a; bit k; h |", {"a"}, {"k", "h", "n"}),
    ("circuit c() { qubit[2] a; cx a[0], |", {"a"}, {"h", "n"}),
    ("circuit c() { qubit[2] a; rx(0.1) |", {"a"}, {"h", "n"}),
    ("circuit c(float t) { qubit[2] a; rx(|", {"t", "n", "pi", "sin"}, {"h", "run"}),
    ("circuit c() { qubit a; ctrl @ |", {"x", "inv"}, {"a", "for"}),
    ("circuit c() { qubit a; ctrl @ x |", {"a"}, {"x"}),
    ("circuit c() { qubit[2] a; { qubit b; } h |", {"a"}, {"b"}),
    ("circuit c() { qubit[2] a; for int i in {0, 1} { h a[|", {"i", "n"}, {"h"}),
    ("circuit d() { qubit lost; }\ncircuit c() { qubit a; h |", {"a"}, {"lost", "q"}),
    ("circuit c() { qubit a; bit k; k = |", {"measure", "k"}, {"h", "for"}),
    ("gate g(t) a, b { cx |", {"a", "b"}, {"t", "q"}),
    ("gate g(t) a, b { rx(|", {"t"}, {"run"}),
    # at the top
    ("|", {"circuit", "job", "observable", "noise", "import", "h"}, {"run", "sla"}),
    ("import std.|", {"std.observables", "std.families"}, {"h"}),
    ("import std.states;\njob j { run |", {"chain", "ghz"}, {"ghz_on"}),
    ("import std.states;\njob j { run ghz(3); sample |", {"q"}, {"ghz"}),
    ("import std.states;\ncircuit c() { qubit[3] q; gh|", {"ghz_on"}, {"ghz"}),
    ('include "|', {"stdgates.inc", "qelib1.inc"}, {"h"}),
    ("observable o(qubit[] q) = |", {"X", "Z", "sum", "mag", "q"}, {"h", "run"}),
    # in jobs
    ("job j { |", {"run", "sweep", "backend", "sla"}, {"h", "circuit"}),
    ("job j {\n  run chain(steps = 1)\n  mit|", {"mitigate", "shots"}, {"h"}),
    ("job j { run |", {"chain"}, {"h", "mag", "lab"}),
    ("job j { run chain(|", {"steps", "J", "n"}, {"q"}),
    ("job j { run chain(steps = |); sweep k in 0:3;", {"k", "n"}, {"steps"}),
    ("job j { run chain(steps = 1); sweep |", {"steps", "J"}, {"h"}),
    ("job j { run chain(steps = 1); sweep J in |", {"linspace"}, {"h"}),
    ("job j { run chain(steps = 1); expect e = |", {"X", "mag", "q", "sum"}, {"e", "b", "h"}),
    ("job j { expect e = mag(|); run chain(steps = 1); }", {"q"}, {"h"}),
    ("job j { run chain(steps = 1); sample |", {"q", "b"}, {"n", "h"}),
    ("job j { run chain(steps = 1); state |", {"q"}, {"b"}),
    ("job j { shots |", {"auto"}, {"run"}),
    ("job j { mitigate |", {"auto", "none", "readout", "zne"}, {"pec", "run"}),
    ("job j { mitigate readout, |", {"zne"}, {"auto", "none"}),
    ("job j { mitigate auto |", {"within"}, {"zne"}),
    ("job j { backend |", {"sim", "ibm.*", "ibm.guadalupe", "iqm.garnet"}, {"lab"}),
    ("job j { backend ibm.gua|", {"ibm.guadalupe"}, {"run"}),
    ("job j { backend sim |", {"like", "with"}, {"ibm.guadalupe"}),
    ("job j { backend sim like |", {"ibm.guadalupe"}, {"lab"}),
    ("job j { backend sim with |", {"lab"}, {"ibm.guadalupe"}),
    ("job j { backend ibm.* where |", {"qubits", "calibrated"}, {"ibm.guadalupe"}),
    ("job j { crypto |", {"classical", "hybrid", "pqc_required"}, {"run", "qkd"}),
    ("job j { precision |", {"infidelity"}, {"run"}),
    # in sla and noise blocks
    ("job j { sla { |", {"fidelity", "stderr", "error", "cost", "latency"}, {"run", "h"}),
    ("job j { expect e = Z(q[0]), f = X(q[0]); sla { stderr(|", {"e", "f"}, {"fidelity", "n"}),
    ("job j { sla { fidelity |", {">="}, {"<="}),
    ("job j { sla { cost <= 25 |", {"usd", "eur"}, {"fidelity"}),
    ("noise m { |", {"depolarizing", "thermal", "readout"}, {"h", "zne"}),
    ("noise m { depolarizing(0.1) on |", {"1q", "2q", "cx"}, {"thermal"}),
    # nowhere
    ("// |", set(), {"job", "h"}),
    ("circuit c() { /* | */ }", set(), {"h"}),
    ('job j { label k = "|', set(), {"h", "run"}),
]


@pytest.mark.parametrize(("marked", "offered", "absent"), CASES, ids=[case[0] for case in CASES])
def test_offers(at_mark: Mark, marked: str, offered: set[str], absent: set[str]) -> None:
    labels = {item.label for item in complete(*at_mark(marked)).items}
    assert offered <= labels
    assert not absent & labels


def replaced(at_mark: Mark, marked: str) -> str:
    analysis, offset = at_mark(marked)
    found = complete(analysis, offset)
    return analysis.source.text[found.start : found.end]


def test_the_whole_dotted_name_is_replaced(at_mark: Mark) -> None:
    assert replaced(at_mark, "job j { backend ibm.gua|dalupe; }") == "ibm.guadalupe"
    assert replaced(at_mark, "job j { backend ibm.|") == "ibm."
    assert replaced(at_mark, 'include "std|') == "std"
    assert replaced(at_mark, "job j { sh| }") == "sh"


def test_gates_come_with_their_operands(at_mark: Mark) -> None:
    items = {item.label: item for item in complete(*at_mark("circuit c() { |")).items}
    assert items["rzz"].snippet == "rzz(${1:θ}) ${2:a}, ${3:b};"
    assert items["cx"].snippet == "cx ${1:a}, ${2:b};"


def test_circuits_come_with_the_arguments_that_they_need(at_mark: Mark) -> None:
    items = {item.label: item for item in complete(*at_mark("job j { run |")).items}
    assert items["chain"].snippet == "chain(steps = ${1:steps})"


def test_qkd_is_offered_where_a_key_management_entity_is_configured(tmp_path: Path) -> None:
    text = "job j { crypto "
    texts = {"url": "https://kme", "ca": "c", "certificate": "c", "key": "k", "master_sae": "a", "slave_sae": "b"}
    kme = "".join(f"{name} = '{value}'\n" for name, value in {**texts, "kind": "vendor"}.items())
    for policy, offered in (("schema = 1\n", False), (f"schema = 1\n[qkd]\n{kme}", True), ("not toml", True)):
        (tmp_path / "qlang-policy.toml").write_text(policy, encoding="utf-8")
        items = complete(analyse(str(tmp_path / "a.qjob"), text, {}), len(text)).items
        assert ("qkd" in {item.label for item in items}) is offered
