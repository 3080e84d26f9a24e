"""How circuits look: golden files of text, of ASCII and of SVG."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qlang.compiler.drawing import circuit_html, draw_svg, draw_text
from qlang.compiler.drawing.build import _HANDLERS, NOTHING
from qlang.compiler.render.cells import text_width
from qlang.syntax import tree
from tests.drawing.circuits import CIRCUITS, circuit

Golden = Callable[[str, str], None]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", CIRCUITS)
def test_text(name: str, golden: Golden) -> None:
    text = draw_text(circuit(CIRCUITS[name]))
    golden(text, f"{name.replace(' ', '-')}.txt")
    assert max(map(text_width, text.splitlines())) <= 100


@pytest.mark.parametrize("name", CIRCUITS)
def test_ascii(name: str, golden: Golden) -> None:
    text = draw_text(circuit(CIRCUITS[name]), ascii=True, width=72)
    assert text.isascii()
    if name in ("symbols", "control"):
        golden(text, f"{name}-ascii.txt")


@pytest.mark.parametrize("name", CIRCUITS)
def test_svg(name: str, golden: Golden) -> None:
    text = draw_svg(circuit(CIRCUITS[name]))
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title") is not None and root.find(f"{SVG}desc") is not None
    x, y, width, height = map(float, root.attrib["viewBox"].split())
    assert (x, y) == (0, 0)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {"svg", "title", "desc", "g", "path", "rect", "circle", "text"}
        assert not any(key.startswith("on") or "href" in key for key in element.attrib)
        for key, limit in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            if key in element.attrib:
                assert 0 <= float(element.attrib[key]) <= limit
    assert not re.search(r"#[0-9a-f]{3,6}|rgb|url\(|import", text), "colours are the page's own"
    if name in ("bell", "control"):
        golden(text + "\n", f"{name}.svg")


def test_the_same_circuit_is_drawn_the_same() -> None:
    for text in CIRCUITS.values():
        assert draw_text(circuit(text)) == draw_text(circuit(text))
        assert draw_svg(circuit(text)) == draw_svg(circuit(text))


def test_arguments_fill_in_what_is_open() -> None:
    text = CIRCUITS["open size"]
    open_size = draw_text(circuit(text))
    assert "q[n]:" in open_size and "register q is one line" in open_size
    bound = draw_text(circuit(text), {"n": 3})
    assert "circuit ghz(n = 3)" in bound and "q[2]:" in bound and "one line" not in bound
    angle = "circuit c(float t) { qubit q; rx(2*t) q; }"
    assert "Rx(2*t)" in draw_text(circuit(angle))
    assert "Rx(π/2)" in draw_text(circuit(angle), {"t": 0.7853981633974483})


def test_what_is_left_out_is_said() -> None:
    long = "qubit q;\n" + "x q;\n" * 500
    for text in (draw_text(circuit(long), limit=20), draw_svg(circuit(long), limit=20)):
        assert "480 more statements are not drawn: the limit is 20 operations" in text
    assert draw_text(circuit(long), limit=20).count("┤X├") == 20
    assert "not drawn" not in draw_text(circuit(long), limit=500)
    nested = "qubit q;\nfor int i in [0:1] {\n" + "x q;\n" * 30 + "}\nh q;\n"
    assert "21 more statements are not drawn" in draw_text(circuit(nested), limit=10)


def test_a_page_of_a_notebook() -> None:
    page = circuit_html(circuit(CIRCUITS["bell"]))
    root = ElementTree.fromstring(page)
    assert root.tag == "div" and root[0].tag == f"{SVG}svg"


def test_every_statement_is_drawn_or_known_to_do_nothing() -> None:
    kinds = {
        kind
        for kind in vars(tree).values()
        if isinstance(kind, type) and issubclass(kind, tree.Statement) and kind is not tree.Statement
    }
    assert kinds == _HANDLERS.keys() | NOTHING
    assert not _HANDLERS.keys() & NOTHING


def test_the_page_about_drawings_shows_what_is_drawn() -> None:
    page = (Path(__file__).parents[2] / "docs" / "drawing.md").read_text(encoding="utf-8")
    program, shut, opened = re.findall(r"```\w+\n(.*?)```", page, re.DOTALL)
    assert draw_text(circuit(program)) == shut
    assert draw_text(circuit(program), expand=True) == opened
