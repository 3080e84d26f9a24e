"""The tables of plans and runs, from reports with everything in them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from qlang.compiler.plan_table import plan_table
from qlang.compiler.render.theme import PLAIN
from qlang.compiler.run_table import run_table
from qlang.compiler.tables import duration, facts, quantity, table

Golden = Callable[[str, str], None]
DIGEST = "sha256:" + "0123456789abcdef" * 4

PLAN = {
    "job": "quench",
    "plan_hash": DIGEST,
    "seed": "18446744073709551615",
    "backend": "sim like ibm.guadalupe",
    "points": {"names": ["h", "J"], "rows": [[0.1, 1.0], [0.2, 2.0]]},
    "schedule": {
        "snapshot": DIGEST,
        "snapshot_date": "2021-04-20T10:00:00+00:00",
        "layout": list(range(20, 0, -1)),
        "score": 0.87321,
        "cost": {"value": None, "low": None, "high": None},
        "latency": {"value": 75.0, "low": 0.0, "high": 150.0},
        "fidelity": {"value": 0.87, "low": 0.84, "high": 0.9},
        "rejected": [
            {"backend": "ibm.boston", "text": "no adapter"},
            {"backend": "sim", "text": "score 0.1 is below 0.9"},
        ],
    },
    "mitigation": {
        "method": "zne[1,3],linear",
        "reason": "smallest predicted MSE",
        "scales": [1.0, 3.0],
        "shots": [9600, 7300],
        "stderr": {"mz": 0.00951, "zz": 0.02},
        "bias": {"mz": 0.01, "zz": -0.02},
        "considered": [
            {"method": "none", "overhead": 1.0, "bias": 0.3, "stderr": 0.004, "mse": 0.09, "fidelity": 0.7},
            {"method": "zne[1,3],linear", "overhead": 4.0, "bias": 0.1, "stderr": 0.01, "mse": 0.02, "fidelity": 0.87},
            {"method": "zne[1,3,5],linear", "overhead": 30.0, "rejected": "too few shots"},
        ],
    },
    "kernel": {"target": "cpu.numpy", "precision": "f64", "digest": DIGEST},
    "execute": {"settings": ["ZZ", "XX"]},
    "sign": {"crypto": "hybrid", "algorithms": ["ed25519", "ml-dsa-65"]},
    "sla": [
        {
            "metric": "fidelity",
            "argument": "",
            "relation": ">=",
            "value": 0.85,
            "unit": "",
            "predicted": {"value": 0.87, "low": 0.84, "high": 0.9},
            "verdict": "missed",
        },
        {
            "metric": "stderr",
            "argument": "mz",
            "relation": "<=",
            "value": 0.01,
            "unit": "",
            "predicted": {"value": 0.00951, "low": 0.00951, "high": 0.00951},
            "verdict": "met",
        },
        {
            "metric": "cost",
            "argument": "",
            "relation": "<=",
            "value": 25.0,
            "unit": "usd",
            "predicted": {"value": None, "low": None, "high": None},
            "verdict": "unknown",
        },
        {
            "metric": "latency",
            "argument": "",
            "relation": "<=",
            "value": 1800.0,
            "unit": "s",
            "predicted": {"value": 75.0, "low": 0.0, "high": 150.0},
            "verdict": "met",
        },
    ],
}

RUN = {
    "run_id": "20261121-100000-000-aaaaaaaa",
    "run_dir": ".qlang/runs/20261121-100000-000-aaaaaaaa",
    "job": "quench",
    "backend": "sim",
    "seed": "7",
    "plan_hash": DIGEST,
    "result_digest": DIGEST,
    "expect": {
        "mz": {"value": 0.5, "stderr": 0.01, "method": "readout"},
        "one_shot": {"value": -1.0, "stderr": None, "method": "none"},
    },
    "counts": {
        "c": {format(k, "05b"): 100 - k for k in range(20)},
        "many": {"file": "counts-0-1.npy", "digest": DIGEST, "entries": 70000},
    },
    "probabilities": {"p": {"0": 0.25, "1": 0.75}},
    "states": {"q": {"amplitudes": [[1.0, 0.0], [0.0, 0.0]]}, "big": {"file": "s.npy", "entries": 65536}},
    "points": [],
    "sla": [
        {
            "metric": "latency",
            "argument": "",
            "relation": "<=",
            "value": 60.0,
            "unit": "s",
            "source": "measured",
            "found": 75.0,
            "verdict": "missed",
        },
        {
            "metric": "error",
            "argument": "mz",
            "relation": "<=",
            "value": 0.1,
            "unit": "",
            "source": "predicted",
            "found": None,
            "verdict": "unknown",
        },
    ],
    "not_applied": [{"method": "readout", "outputs": ["c"], "not_applied": "histograms are not mitigated"}],
    "timings": {"compile_s": 0.0123, "execute_s": 125.0, "sign_s": 2e-5},
}
SWEEP = RUN | {
    "points": [
        {
            "parameters": {"h": k / 10},
            "counts": {"c": {"0": 1}},
            "expect": {"mz": {"value": k / 100, "stderr": 0.01, "method": "none"}},
        }
        for k in range(60)
    ]
}


@pytest.mark.parametrize(("name", "text"), [("plan", plan_table), ("run", run_table), ("sweep", run_table)])
def test_tables(name: str, text: Callable[..., str], golden: Golden) -> None:
    report = {"plan": PLAN, "run": RUN, "sweep": SWEEP}[name]
    golden(text(report, PLAIN), f"table-{name}.txt")
    assert "\x1b[" in text(report, replace(PLAIN, color=True))


def test_nothing_in_a_report_steers_the_terminal() -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07"
    assert "\x1b" not in run_table(RUN | {"job": hostile, "counts": {hostile: {hostile: 1}}}, PLAIN)
    assert "\x1b" not in plan_table(PLAN | {"job": hostile, "backend": hostile}, PLAIN)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (35e-9, "35 ns"),
        (80e-6, "80 us"),
        (0.0123, "12.3 ms"),
        (59.0, "59 s"),
        (180, "3 min"),
        (9000, "2.5 h"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_columns_line_up_whatever_is_in_them() -> None:
    text = table(["name", "n"], [["量子", "1"], ["a", "1000"]], right=(1,))
    assert text == "name     n\n量子     1\na     1000\n"
    assert facts([("a", "x\ny"), ("longer", "z")]) == "a       x\n        y\nlonger  z\n"
    assert quantity(None) == "-"
    assert quantity(0.00012345, "usd") == "0.000123 usd"
