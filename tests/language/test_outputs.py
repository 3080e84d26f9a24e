"""`output` and `input`: what a run reports of them, and what a program without a job says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
Call = Callable[..., Any]


def counts(qlangc: Call, folder: Path, text: str, name: str = "test.qasm") -> dict[str, dict[str, int]]:
    path = folder / name
    path.write_text(HEADER + text if name.endswith("qasm") else text, encoding="utf-8")
    found: dict[str, dict[str, int]] = qlangc("run", path, "--shots", 50, "--seed", 1, "--json").data["counts"]
    return found


def test_outputs_are_written_as_values(qlangc: Call, tmp_path: Path) -> None:
    text = (
        "output int[8] k; output uint[3] u; output float f; output float[32] g; output angle[4] a; output bool b;\n"
        "output bit[2] c; bit hidden; qubit q; x q; hidden = measure q;\n"
        "k = -3 * hidden; u = 12 + hidden; f = 0.1 * hidden; g = 0.1 * hidden;\n"
        "a[2] = hidden; b = !hidden; c[0] = hidden;\n"
    )
    assert counts(qlangc, tmp_path, text) == {
        "k": {"-3": 50},
        "u": {"5": 50},
        "f": {"0.1": 50},
        "g": {"0.10000000149011612": 50},
        "a": {"1.5707963267948966": 50},
        "b": {"false": 50},
        "c": {"01": 50},
    }


def test_outputs_that_nothing_measures_are_reported(qlangc: Call, tmp_path: Path) -> None:
    assert counts(qlangc, tmp_path, "output int k; qubit q; x q; k = 7;\n") == {"k": {"7": 50}}


def test_jobs_sample_outputs(qlangc: Call, tmp_path: Path) -> None:
    text = (
        "circuit c(int n) { output int[8] k; qubit q; x q; bit b = measure q; k = n * b; }\n"
        "job j { run c(-5); sample k, k[0:1] as low; shots 50; }\n"
    )
    assert counts(qlangc, tmp_path, text, "test.qjob") == {"k": {"-5": 50}, "low": {"11": 50}}


def test_arrays_are_no_outputs(qlangc: Call, tmp_path: Path) -> None:
    path = tmp_path / "array.qasm"
    path.write_text(HEADER + "output array[int, 2] k; qubit q; x q; k[0] = 7;\n", encoding="utf-8")
    answer = qlangc("run", path)
    assert answer.status == 1
    assert "QJ0504" in answer.err
    assert "an `output` of its own" in answer.err


def test_an_input_without_a_value_says_how_to_give_one(qlangc: Call, tmp_path: Path) -> None:
    path = tmp_path / "angle.qasm"
    path.write_text(HEADER + "input float theta; qubit q; bit b; rx(theta) q; b = measure q;\n", encoding="utf-8")
    answer = qlangc("run", path)
    assert answer.status == 1
    assert "theta" in answer.err
    assert 'import "angle.qasm" as program;' in answer.err
    assert "job j { run program(theta = …); }" in answer.err
    job = 'import "angle.qasm" as program;\njob j { run program(theta = 3.141592653589793); sample b; shots 50; }\n'
    assert counts(qlangc, tmp_path, job, "job.qjob") == {"b": {"1": 50}}
