"""Programs with mistakes: an editor draws what there is while somebody types."""

import re
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.compiler import frontend
from qlang.compiler.drawing import draw_svg, draw_text
from qlang.syntax.source import Source
from tests.drawing.circuits import CIRCUITS

TOKENS = {name: re.findall(r"\w+|\s+|.", text) for name, text in CIRCUITS.items() if name != "wide"}


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A circuit with one to three tokens deleted, doubled, or replaced by one of another circuit."""
    tokens = list(TOKENS[draw(st.sampled_from(sorted(TOKENS)))])
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(tokens) - 1))
        other = TOKENS[draw(st.sampled_from(sorted(TOKENS)))]
        new = draw(st.sampled_from([[], [tokens[place]] * 2, [draw(st.sampled_from(other))]]))
        tokens[place : place + 1] = new
    return "".join(tokens)


@given(broken(), st.booleans())
@settings(max_examples=150)
def test_what_is_left_of_a_circuit_is_drawn(text: str, expand: bool) -> None:
    module = frontend.analyse(Source("broken.qjob", text)).module
    for circuit in {*module.circuits.values(), *([module.main] if module.main else [])}:
        assert draw_text(circuit, expand=expand, limit=100).startswith("circuit ")
        ElementTree.fromstring(draw_svg(circuit, expand=expand, limit=100))
