"""Every block of docs/python.md runs, in order, and every mistake in it looks as shown."""

import linecache
import re
from pathlib import Path
from typing import Any

import pytest

import qlang as ql

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(python|python error|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_page_is_true(in_workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "notes"}
    blocks = BLOCK.findall(PAGE)
    shown = None
    for number, (kind, text) in enumerate(blocks):
        if kind == "text":
            assert text == shown
            continue
        filename = "notes.py" if kind == "python error" else f"notes-{number}.py"
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        code = compile(text, filename, "exec")
        if kind == "python":
            exec(code, names)
            continue
        with pytest.raises(ql.CompileError) as caught:
            exec(code, names)
        shown = str(caught.value).lstrip("\n")
    assert sum(kind == "python" for kind, _ in blocks) >= 7 and shown is not None
    assert "mz" in capsys.readouterr().out
