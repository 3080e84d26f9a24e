"""Layout: every operation once, in the order of the program, nothing over anything else, in linear time."""

import re
import time
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.compiler.drawing.layout import Layout, lay_out
from qlang.compiler.drawing.model import Operation, Picture, operations
from qlang.compiler.drawing.svg import render as svg
from qlang.compiler.drawing.text import render as text
from tests.drawing.circuits import picture

QUBITS = 4
_SIMPLE = ("h {a};", "rz(pi/4) {a};", "cx {a}, {b};", "cz {a}, {b};", "swap {a}, {b};", "rzz(0.3) {a}, {b};",
           "ccx {a}, {b}, {d};", "ctrl @ negctrl @ y {a}, {b}, {d};", "barrier {a}, {b};", "reset {a};", "barrier q;",
           "c[0] = measure {a};", "c = measure q;", "h q;", "cx q[0:1], q[2:3];", "gphase(0.1);")  # fmt: skip


@st.composite
def statement(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.integers(0, 6)) if depth else 0
    if kind >= 3:
        body = " ".join(draw(st.lists(statement(depth=depth - 1), max_size=4)))
        heads = (
            "for int i in [0:3] {{ {body} x q[i]; }}",
            "if (c[1] == 1) {{ {body} }}",
            "if (c == 2) {{ {body} }} else {{ h q[0]; }}",
            "while (c[0] == 0) {{ {body} c[0] = measure q[1]; }}",
        )
        return draw(st.sampled_from(heads)).format(body=body)
    a, b, d = draw(st.permutations(range(QUBITS)))[:3]
    return draw(st.sampled_from(_SIMPLE)).format(a=f"q[{a}]", b=f"q[{b}]", d=f"q[{d}]")


programs = st.lists(statement(depth=2), max_size=12).map(
    lambda lines: f"qubit[{QUBITS}] q;\nbit[{QUBITS}] c;\nh q[0];\n" + "\n".join(lines)
)


def cells(layout: Layout) -> list[tuple[int, int]]:
    """Every (line, column) that an operation or the edge of a block keeps to itself."""
    taken = [(line, p.column) for p in layout.placed for line in range(p.operation.top, p.operation.bottom + 1)]
    for each in layout.blocks:
        taken += [(line, edge) for edge in each.edges for line in range(each.block.top, each.block.bottom + 1)]
    return taken


@given(programs)
@settings(max_examples=80)
def test_nothing_overlaps_and_order_is_kept(program: str) -> None:
    drawn = picture(program)
    layout = lay_out(drawn)
    taken = cells(layout)
    assert len(taken) == len(set(taken))
    assert [p.operation for p in layout.placed] == list(operations(drawn.items))
    last = [-1] * len(drawn.lines)
    for placed in layout.placed:
        for line in range(placed.operation.top, placed.operation.bottom + 1):
            assert placed.column > last[line], "on every line, columns follow the program"
            last[line] = placed.column
    for each in layout.blocks:
        inner = {id(op) for part in each.block.parts for op in operations(part.items)}
        for placed in layout.placed:
            if id(placed.operation) in inner:
                assert each.edges[0] < placed.column < each.edges[-1]


@given(programs, st.sampled_from([60, 100, 100_000]))
@settings(max_examples=60)
def test_every_symbol_can_be_read_back_from_the_text(program: str, width: int) -> None:
    """What the page shows, counted, is what the picture has: nothing is painted over or cut by wrapping."""
    drawn = picture(program)
    page = text(drawn, width=width, ascii=False)
    marks = [mark for operation in operations(drawn.items) for mark in operation.marks]
    ports = [port for o in operations(drawn.items) if o.frame for _, port in o.frame.ports]
    for shape, symbol in (("dot", "●"), ("ring", "○"), ("plus", "⊕"), ("cross", "╳"), ("land", "╩")):
        assert page.count(symbol) == sum(mark.shape == shape for mark in marks) + ports.count(symbol)
    assert page.count("┤M├") == sum(mark.shape == "meter" for mark in marks)
    for label in ("H", "Rz(π/4)", "|0⟩", "Y"):
        assert page.count(f"┤{label}├") == sum(mark.text == label for mark in marks if mark.shape == "box")
    for label in ("x q[i]", "Rzz(0.3)", "gphase(0.1)"):
        frames = [o.frame for o in operations(drawn.items) if o.frame is not None]
        assert page.count(label) == sum(frame.text == label for frame in frames)
    for header in ("for i in [0:3]", "if (c[1] == 1)", "while (c[0] == 0)", "─ else ─"):
        assert page.count(header) == _headers(drawn, header.strip("─ "))


def _headers(drawn: Picture, header: str) -> int:
    def count(items: object) -> int:
        found = 0
        for item in items:  # type: ignore[attr-defined]  # a tuple of items
            if not isinstance(item, Operation):
                found += sum((part.header == header) + count(part.items) for part in item.parts)
        return found

    return count(drawn.items)


@given(programs)
@settings(max_examples=40)
def test_the_svg_has_every_operation_in_order(program: str) -> None:
    drawn = picture(program)
    root = ElementTree.fromstring(svg(drawn, width=500))
    titles = [
        group[0].text for group in root.iter("{http://www.w3.org/2000/svg}g") if group.get("class") == "operation"
    ]
    bands = [operation.title for operation in operations(drawn.items)]
    assert sorted(titles) == sorted(bands)
    wide = ElementTree.fromstring(svg(drawn, width=10**6))
    assert [g[0].text for g in wide.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "operation"] == bands


@given(programs, st.integers(80, 140))
@settings(max_examples=30)
def test_text_keeps_to_the_width(program: str, width: int) -> None:
    page = text(picture(program), width=width, ascii=False)
    assert all(len(row) <= width for row in page.splitlines()[1:])


def test_time_is_linear() -> None:
    """Four times the circuit takes about four times as long; the bound of nine leaves room for a busy machine."""

    def seconds(repeats: int) -> float:
        drawn = picture("qubit[4] q;\n" + "h q[0]; cx q[0], q[1]; rz(pi/8) q[2]; swap q[1], q[3];\n" * repeats)
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            text(drawn, width=100, ascii=False)
            svg(drawn, width=900)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(2000) < 9 * seconds(500)


def test_words_are_cut_and_never_steer_a_terminal() -> None:
    long = "_".join(["very"] * 40)
    drawn = text(picture(f"gate {long} a {{ x a; }}\nqubit q;\n{long} q;\n"), width=80, ascii=False)
    assert re.search(r"┤very_very[very_]*…├", drawn)
    assert len(max(drawn.splitlines(), key=len)) < 80


def test_headers_of_nested_loops_wrap_too() -> None:
    deep = "x q[0];"
    for name in "abcdef":
        deep = f"for int counter_{name} in [0:1000] {{ {deep} }}"
    page = text(picture(f"qubit[2] q;\n{deep}"), width=80, ascii=False)
    assert all(len(row) <= 80 for row in page.splitlines())
    assert all(f"for counter_{name} in [0:1000]" in page for name in "abcdef")
