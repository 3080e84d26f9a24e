"""The look of diagnostics: golden files for every case that a renderer gets wrong."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.compiler.render.full import render
from qlang.compiler.render.theme import ASCII, PLAIN
from qlang.syntax.source import Source, Span

Golden = Callable[[str, str], None]

ISING = "\n" * 23 + (
    "  run       quench(steps = 10, h = h);\n"
    "  sweep     h in linspace(0.2, 1.4, 7);\n" + "\n" * 9 + "  fidelity   >= 0.85;\n"
)
BELL = Source("bell.qjob", "qubit[2] q;\nbit[2] c;\nh q[0];\ncx q[0], q[0];\nc = measure q;\ncnot q[0], q[1];\n")


def test_the_example_of_the_language_page(make) -> None:
    source = Source("ising.qjob", ISING)
    diagnostic = make.diagnostic(
        make.span(source, "fidelity   >= 0.85;"),
        what="no backend meets the SLA of job `ising_quench`",
        under="best predicted: 0.79 ± 0.03 (ibm.boston, zne[1,3,5])",
        others=(make.label(make.span(source, "run       quench(steps = 10, h = h)"), "70 two-qubit gates per point"),),
        ways=("`steps = 6` would fit (0.87 ± 0.02), or `mitigate auto within 25x`",),
    )
    assert render([diagnostic], PLAIN) == (
        "error[QJ0203]: no backend meets the SLA of job `ising_quench`\n"
        "   ┌─ ising.qjob:35:3\n"
        "35 │   fidelity   >= 0.85;\n"
        "   │   ^^^^^^^^^^^^^^^^^^^ best predicted: 0.79 ± 0.03 (ibm.boston, zne[1,3,5])\n"
        "   ├─ ising.qjob:24:3\n"
        "24 │   run       quench(steps = 10, h = h);\n"
        "   │   ----------------------------------- 70 two-qubit gates per point\n"
        "   = help: `steps = 6` would fit (0.87 ± 0.02), or `mitigate auto within 25x`\n"
    )


def cases(make) -> dict[str, list[object]]:
    """Name of the golden file → diagnostics."""
    span, label, diagnostic = make.span, make.label, make.diagnostic
    tabs = Source("tabs.qjob", "\tcx\tq[0],\tq[1];\n")
    wide = Source("wide.qjob", 'label 所有者 = "量子", e\u0301 = 1; x q[9];\n')
    long = Source("long.qjob", "x q[0]; " * 60 + "cnot q[0], q[1]; " + "x q[0]; " * 60 + "\n")
    crlf = Source("crlf.qjob", "qubit q;\r\nx r;\r\n")
    loop = Source("loop.qjob", "for int i in [0:2] {\n  h q[i];\n}\nx q[0]; if (c) {\n" + "  y q[0];\n" * 9 + "}\n")
    stdlib = Source("<std>/stdgates.inc", "gate cx a, b { ctrl @ x a, b; }\n")
    hostile = Source("bad\x1b[31m.qjob", "x \x1b]0;owned\x07q; // \u202egnp\n")
    cell = Source("cell In[3]", "x q[5];", first_line=7)
    last = Source("end.qjob", "job a {\n")
    return {
        "several-labels": [
            diagnostic(
                span(BELL, "q[0]", 2),
                what="the same qubit twice in `cx`",
                under="again here",
                others=(label(span(BELL, "q[0]", 1), "first used here"), label(span(BELL, "cx"), "takes two qubits")),
            )
        ],
        "overlapping-labels": [
            diagnostic(
                span(BELL, "cx q[0], q[0]"),
                under="the whole call",
                others=(label(span(BELL, "q[0]", 1), "one operand"), label(span(BELL, "q[0]", 2), "another")),
            )
        ],
        "same-span-twice": [
            diagnostic(span(BELL, "cx"), under="first word", others=(label(span(BELL, "cx"), "second word"),))
        ],
        "near-and-far": [
            diagnostic(
                span(BELL, "cx"),
                under="here",
                others=(label(span(BELL, "h "), "one line before"), label(span(BELL, "qubit"), "three lines before")),
            )
        ],
        "another-file": [
            diagnostic(
                span(BELL, "cx q[0]"),
                under="takes two qubits",
                others=(label(span(stdlib, "a, b"), "declared here"),),
            )
        ],
        "multi-line": [
            diagnostic(span(loop, loop.text[:34]), what="a loop from its first column", under="this loop", others=()),
            diagnostic(
                span(loop, loop.text[loop.text.index("if") : -1]),
                what="a block from the middle of a line",
                under="ends here",
                others=(label(span(loop, "x q[0];"), "before it"),),
            ),
            diagnostic(
                span(loop, loop.text[:34]),
                what="two that overlap",
                under="first",
                others=(label(Span(loop, 23, loop.text.index("if (c)") + 6), "second"),),
            ),
        ],
        "tabs": [diagnostic(span(tabs, "q[1]"), under="here", others=(label(span(tabs, "\tq[0]"), "and here"),))],
        "wide-characters": [
            diagnostic(span(wide, "量子"), under="both columns of both"),
            diagnostic(span(wide, "q[9]"), under="after a combining accent"),
        ],
        "long-line": [diagnostic(span(long, "cnot"), under="in the middle of a long line")],
        "crlf": [diagnostic(span(crlf, "r", 0), under="no carriage return here"), diagnostic(span(crlf, "\r\n", 1))],
        "end-of-file": [
            diagnostic(Span(last, len(last.text), len(last.text)), what="expected `}`", under="the file ends here"),
            diagnostic(Span(Source("e.qjob", "x q"), 3, 3), what="expected `;`", under="after this"),
            diagnostic(Span(Source("empty.qjob", ""), 0, 0), what="the file is empty"),
        ],
        "control-characters": [diagnostic(span(hostile, "q;"), what="quoted \x1b[2J text", under="\x1b[0m words")],
        "notebook-cell": [diagnostic(span(cell, "q[5]"), under="index 5 of 2")],
        "fixes": [
            diagnostic(
                span(BELL, "cnot"),
                what="unknown gate `cnot`",
                facts=("gates are looked up in `stdgates.inc`\nand in the prelude",),
                ways=("the controlled X is called `cx`",),
                repairs=(
                    make.fix("use `cx`", (make.edit(span(BELL, "cnot"), "cx"),)),
                    make.fix("reset first", (make.edit(Span(BELL, 61, 61), "reset q; "),), "maybe"),
                    make.fix("remove it", (make.edit(span(BELL, "cnot q[0], q[1];"), ""),), "maybe"),
                    make.fix("declare it", (make.edit(Span(BELL, 0, 0), "gate cnot a, b {\n}\n"),), "placeholder"),
                ),
            ),
            make.warning(span(BELL, "bit[2] c"), what="a warning too"),
        ],
    }


NAMES = [
    "several-labels",
    "overlapping-labels",
    "same-span-twice",
    "near-and-far",
    "another-file",
    "multi-line",
    "tabs",
    "wide-characters",
    "long-line",
    "crlf",
    "end-of-file",
    "control-characters",
    "notebook-cell",
    "fixes",
]


@pytest.mark.parametrize("name", NAMES)
def test_look(name: str, make, golden: Golden) -> None:
    golden(render(cases(make)[name], PLAIN), f"full-{name}.txt")


def test_every_case_is_tested(make) -> None:
    assert set(cases(make)) == set(NAMES)


def test_ascii_frames(make, golden: Golden) -> None:
    found = cases(make)
    text = render(
        [*found["several-labels"], *found["multi-line"], *found["another-file"]], replace(PLAIN, glyphs=ASCII)
    )
    golden(text, "full-ascii.txt")
    assert text.isascii()


def test_color_adds_nothing_but_escapes(make) -> None:
    for diagnostics in cases(make).values():
        plain = render(diagnostics, PLAIN)
        colored = render(diagnostics, replace(PLAIN, color=True))
        assert "\x1b[" in colored
        assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_rows_keep_to_the_width(make) -> None:
    for width in (60, 80, 100):
        text = render(cases(make)["long-line"], replace(PLAIN, width=width))
        source_rows = [row for row in text.splitlines() if "cnot" in row]
        assert source_rows
        assert all(len(row) <= width for row in source_rows)


@given(
    text=st.text(alphabet="ab \t\r\n量e\u0301\x00\u202eé;", max_size=60),
    bounds=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=4),
    width=st.integers(40, 90),
)
def test_any_span_renders(make, text: str, bounds: list[tuple[int, int]], width: int) -> None:
    """Whatever the spans, there is a row with marks and nothing that steers a terminal."""
    source = Source("any.qjob", text)
    spans = [Span(source, min(a, b, len(text)), min(max(a, b), len(text))) for a, b in bounds]
    diagnostic = make.diagnostic(
        spans[0], under="primary", others=tuple(make.label(s, f"label {i}") for i, s in enumerate(spans[1:]))
    )
    shown = render([diagnostic], replace(PLAIN, width=width))
    assert all(character == "\n" or character.isprintable() or character in "\u0301" for character in shown)
    if text:
        assert "primary" in shown
        assert all(f"label {i}" in shown for i in range(len(spans) - 1))


def test_at_most_a_hundred_of_a_file(make) -> None:
    source = Source("many.qjob", "x\n" * 137)
    other = Source("other.qjob", "x\n")
    diagnostics = [make.diagnostic(Span(source, 2 * i, 2 * i + 1)) for i in range(137)]
    text = render([*diagnostics, make.diagnostic(Span(other, 0, 1))], PLAIN)
    assert text.count("error[") == 101
    assert text.endswith("many.qjob: 37 more are not shown\n")


def test_the_same_diagnostic_is_shown_once(make) -> None:
    diagnostic = make.diagnostic(Span(BELL, 0, 5))
    assert render([diagnostic, diagnostic], PLAIN) == render([diagnostic], PLAIN)


def test_a_line_of_a_megabyte_is_not_laid_out_a_hundred_times(make) -> None:
    """Work is counted, not timed: characters that are laid out."""
    text = "é x q; " * 100_000
    source = Source("long.qjob", text)
    spots = range(7, len(text), len(text) // 90)
    shown = render([make.diagnostic(Span(source, at, at + 3), what=f"number {at}") for at in spots], PLAIN)
    rows = [row for row in shown.splitlines() if row.startswith("1 │")]
    assert len(rows) == len(spots)
    assert all(len(row) <= 140 and "…" in row for row in rows)
    wide = render([make.diagnostic(Span(source, 14, len(text) - 5), under="nearly all")], PLAIN)
    assert "nearly all" in wide and max(map(len, wide.splitlines())) < 200


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_fix_of_several_lines_shows_what_goes_and_what_comes(make, end: str) -> None:
    source = Source("a.qjob", end.join(["qubit q;", "if (c) {", "  x q;", "}", "h q;", ""]))
    first, last = make.span(source, "if (c) {"), make.span(source, "}")
    fix = make.fix("unwrap", (make.edit(first, "// if"), make.edit(Span(source, last.start, last.end), "")))
    shown = render([make.diagnostic(first, repairs=(fix,))], PLAIN)
    assert shown.partition("= fix: unwrap\n")[2] == "2 - if (c) {\n3 -   x q;\n4 - }\n2 + // if\n3 +   x q;\n4 +\n"
    long = make.fix("all", (make.edit(Span(source, 0, len(source.text)), "x;\n" * 50),))
    assert render([make.diagnostic(first, repairs=(long,))], PLAIN).endswith("= fix: all\n")


def test_long_notes_are_wrapped(make) -> None:
    words = "every good note deserves a line of its own and " * 6
    shown = render([make.diagnostic(make.span(BELL, "cx"), ways=(words,))], replace(PLAIN, width=60))
    rows = shown.partition("= help: ")[2].splitlines()
    assert len(rows) > 4 and all(len(row) <= 60 for row in rows[1:])
    assert " ".join(" ".join(rows).split()) == words.strip()
