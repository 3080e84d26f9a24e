"""The shipped tables are those of the grammar, and nothing heavy is needed to use them."""

import json
import subprocess
import sys

import lark
import pytest

from qlang.syntax import tables


def test_shipped_tables_belong_to_the_grammar() -> None:
    shipped = json.loads(tables.TABLES.read_text(encoding="utf-8"))
    built = tables.build(tables.GRAMMAR.read_bytes())
    assert shipped["lark"] == lark.__version__
    assert shipped == built, "the grammar changed: run `python -m qlang.syntax.tables`"


def test_a_grammar_that_changed_is_built_in_memory(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "grammar.lark"
    changed.write_text(tables.GRAMMAR.read_text(encoding="utf-8") + "\n// changed\n", encoding="utf-8")
    monkeypatch.setattr(tables, "GRAMMAR", changed)
    assert tables.load.__wrapped__().rules == tables.load().rules


def test_the_grammar_has_no_conflicts() -> None:
    """Lark raises on reduce/reduce conflicts; of shift/reduce conflicts it only writes to its log."""
    from lark.parsers import lalr_analysis

    messages: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lalr_analysis.logger, "debug", lambda text, *values: messages.append(text % values))
        tables.build(tables.GRAMMAR.read_bytes())
    assert not [message for message in messages if "conflict" in message]


def test_parsing_needs_neither_lark_nor_other_heavy_modules() -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "from qlang.syntax.parser import parse; from qlang.syntax.source import Source\n"
        "from qlang.syntax.format import format_source\n"
        "assert not parse(Source('t', 'x q;')).diagnostics\n"
        "print(*(set(sys.modules) - before))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.split(".")[0] for name in shown.stdout.split()}
    assert loaded.isdisjoint({"lark", "pickle", "numpy", "xdsl", "difflib", "asyncio", "email", "urllib"})
