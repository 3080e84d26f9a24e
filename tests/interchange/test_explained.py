"""The examples of the diagnostics of interchange do what they say."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

import qlang as ql
from qlang.sema.errors.catalogue import catalogue, found_by

SHOWN = {code: kind for code, kind in catalogue().items() if found_by(kind) == "convert"}


def attempt(text: str, folder: Path) -> Callable[[], object]:
    """What an example is: Python, Stim, or a program that is converted."""
    if text.startswith(("import", "from")):
        path = folder / "example.py"
        path.write_text(text)
        return lambda: runpy.run_path(str(path))
    if text.startswith("// qlangc convert --to stim"):
        return lambda: ql.compile(text, "example.qasm").to_stim()
    return lambda: ql.from_stim(text)


@pytest.mark.parametrize("code", SHOWN)
def test_wrong_and_right(code: str, tmp_path: Path) -> None:
    with pytest.raises(ql.CompileError) as caught:
        attempt(SHOWN[code].example_wrong, tmp_path)()
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code]
    attempt(SHOWN[code].example_right, tmp_path)()
