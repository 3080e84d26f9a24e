"""No text makes the editor fail, and nothing heavy is loaded on the way."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.compiler.editor.analysis import analyse
from qlang.compiler.editor.completion import complete
from qlang.compiler.editor.hover import hover
from qlang.compiler.editor.layout import formatted
from qlang.compiler.editor.navigation import definition_at
from qlang.compiler.editor.outline import outline
from qlang.compiler.editor.problems import problems

EXAMPLES = Path(__file__).parents[2] / "examples"
SEEDS = sorted(path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.qjob"))
PIECES = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    '"',
    "/*",
    "job j {",
    "sla {",
    "ibm.",
    "@",
    "|",
    "σ",
    "🦆",
    "\r\n",
    "1e",
    "5 ",
]


@st.composite
def broken_texts(draw: st.DrawFn) -> str:
    """A stretch of an example with pieces put in or cut out."""
    text = draw(st.sampled_from(SEEDS))
    start = draw(st.integers(0, len(text)))
    text = text[start : start + draw(st.integers(0, 400))]
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 3)) :]
    return text


def ask_everything(text: str, offset: int) -> None:
    analysis = analyse("/project/a.qjob", text, {})
    for problem in problems(analysis):
        assert 0 <= problem.start <= problem.end <= len(text)
    completions = complete(analysis, offset)
    assert completions.start <= offset <= completions.end
    for item in completions.items:
        if callable(item.documentation) and item.kind == "gate":
            item.documentation()
    found = hover(analysis, offset)
    assert found is None or found.start <= offset <= found.end
    definition_at(analysis, offset)
    for entry in outline(analysis):
        assert entry.start <= entry.name_start <= entry.name_end <= entry.end
    formatted(analysis)


@settings(max_examples=150)
@given(broken_texts(), st.data())
def test_broken_texts(text: str, data: st.DataObject) -> None:
    ask_everything(text, data.draw(st.integers(0, len(text))))


@settings(max_examples=100)
@given(st.text(max_size=60), st.data())
def test_any_text(text: str, data: st.DataObject) -> None:
    ask_everything(text, data.draw(st.integers(0, len(text))))


@pytest.mark.parametrize(
    "text", ["(" * 5000, "{" * 5000, "circuit c() {" * 500, "[" * 3000 + "]" * 3000, "\0", "\ud800"]
)
def test_extreme_texts(text: str) -> None:
    ask_everything(text, len(text))


def test_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from qlang.compiler.editor import analysis, completion, hover, layout, navigation, outline, problems\n"
        f"text = {SEEDS[0]!r}\n"
        "found = analysis.analyse('/project/a.qjob', text, {})\n"
        "problems.problems(found), outline.outline(found), layout.formatted(found)\n"
        "for offset in range(0, len(text), 40):\n"
        "    hover.hover(found, offset), completion.complete(found, offset), navigation.definition_at(found, offset)\n"
        "heavy = {'numpy', 'xdsl', 'cryptography', 'lark', 'pygls', 'qiskit'} & set(sys.modules)\n"
        "sys.exit(f'loads {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_compiler_is_not_loaded_before_the_client_has_its_answer() -> None:
    script = (
        "import sys\n"
        "from qlang.lsp.server import create\n"
        "create()\n"
        "early = {name for name in sys.modules if name.startswith(('qlang.syntax', 'qlang.sema', 'qlang.compiler'))}\n"
        "sys.exit(f'loads {early}' if early else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
