"""The textual form of every dialect reads back to itself, with and without spans."""

from pathlib import Path

import pytest
from xdsl.utils.exceptions import ParseError, VerifyException

from qlang.ir.circuit import RunOp
from qlang.ir.packed import LONGEST_READABLE, pack
from qlang.ir.text import parse_ir, print_ir

EXAMPLE = (Path(__file__).parent / "example.mlir").read_text(encoding="utf-8")


@pytest.mark.parametrize("spans", [False, True])
def test_round_trip(spans: bool) -> None:
    module = parse_ir(EXAMPLE)
    module.verify()
    text = print_ir(module, spans=spans)
    assert print_ir(parse_ir(text), spans=spans) == text


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("circuit.return %q0, %q0 : !circuit.reg<2>, !circuit.reg<2>", "more than once"),
        ("circuit.return", "never used"),
    ],
)
def test_cloned_or_lost_registers_are_refused(body: str, complaint: str) -> None:
    text = (
        "builtin.module { circuit.func @f() -> (!circuit.reg<2>) {\n"
        f"  %q0 = circuit.alloc : !circuit.reg<2>\n  {body}\n}} }}"
    )
    with pytest.raises(VerifyException, match=complaint):
        parse_ir(text).verify()


def test_a_register_captured_by_a_loop_is_refused() -> None:
    text = """builtin.module { circuit.func @f(%n : i64) -> (!circuit.reg<1>) {
      %q0 = circuit.alloc : !circuit.reg<1>
      %q2 = scf.for %i = %n to %n step %n iter_args(%j = %n) -> (i64) : i64 {
        %q1 = circuit.run <x 0> %q0 : !circuit.reg<1>
        scf.yield %j : i64
      }
      circuit.return
    } }"""
    with pytest.raises(VerifyException, match="nested region"):
        parse_ir(text).verify()


RUN = """builtin.module {{ circuit.func @f() -> (!circuit.reg<3>) {{
  %q = circuit.alloc : !circuit.reg<3>
  %r = circuit.run {run} %q : !circuit.reg<3>
  circuit.return %r : !circuit.reg<3>
}} }}"""


@pytest.mark.parametrize("count", [1, LONGEST_READABLE, LONGEST_READABLE + 1, 20_000])
def test_long_runs_read_back(count: int) -> None:
    gates = pack([(k % 15, (k % 3,), (0.1 * k,) if 11 <= k % 15 <= 14 else ()) for k in range(count)])
    text = RUN.format(run=str(gates).removeprefix("#circuit.gates"))
    (run,) = [op for op in parse_ir(text).walk() if isinstance(op, RunOp)]
    assert run.gates == gates


@pytest.mark.parametrize(
    "body", ['"AAA", "AA==", ""', '"%%", "", ""', '"AAA=", "", ""', '"AAE=", "AAAA", ""', "nogate 0", "cx 0", "rz 0"]
)
def test_broken_runs_are_refused(body: str) -> None:
    text = RUN.format(run=f"<{body}>")
    with pytest.raises((ParseError, VerifyException)):
        parse_ir(text).verify()
