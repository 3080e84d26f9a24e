"""What `qlangc explain` shows for mistakes that take more than one file, a plan, or Python: the examples are run.

Those that checking one file finds are in tests/sema/test_catalogue.py. In an example
`=== NAME ===` begins another file.
"""

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

import qlang as ql
from qlang.compiler import frontend
from qlang.sema.check import check
from qlang.sema.errors.catalogue import catalogue, found_by
from qlang.sema.loader import StandardLoader
from qlang.syntax.diagnostic import errors_of
from qlang.syntax.parser import parse
from qlang.syntax.source import Source
from tests.conftest import Answer
from tests.ui.cases import found_in

SHOWN = {code: kind for code, kind in catalogue().items() if kind.example_wrong}
WITHOUT = {"QJ0219", "QJ0581", "QJ0751"}
"""Chains of 32 files, a function without a text, and an option: no program shows these."""


def of(finder: str) -> list[str]:
    return [code for code, kind in SHOWN.items() if found_by(kind) == finder]


def laid_out(example: str, main: str) -> None:
    """Write the files of an example into the working folder."""
    parts = re.split(r"^=== (.*) ===\n", example, flags=re.MULTILINE)
    for name, text in zip([main, *parts[1::2]], parts[::2], strict=True):
        Path(name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("code", of("files"))
def test_files(code: str, in_workspace: Path) -> None:
    laid_out(SHOWN[code].example_wrong, "job.qjob")
    assert {each.code for each in frontend.analyse(frontend.load("job.qjob")).diagnostics} == {code}
    laid_out(SHOWN[code].example_right, "job.qjob")
    assert frontend.analyse(frontend.load("job.qjob")).diagnostics == ()


@pytest.mark.parametrize("code", of("plan"))
def test_plans(code: str, qlangc: Callable[..., Answer]) -> None:
    laid_out(SHOWN[code].example_wrong, "job.qjob")
    answer = qlangc("plan", "--no-cache", "job.qjob")
    assert (answer.status, {each for _, each, _ in found_in(answer.err)}) == (1, {code}), answer.err
    laid_out(SHOWN[code].example_right, "job.qjob")
    answer = qlangc("plan", "--no-cache", "job.qjob")
    assert (answer.status, answer.err) == (0, "")


@pytest.mark.parametrize("code", of("target"))
def test_targets(code: str) -> None:
    for text, codes in ((SHOWN[code].example_wrong, [code]), (SHOWN[code].example_right, [])):
        source = Source("job.qjob", text)
        found = check(parse(source).program, source, StandardLoader(), 3, forbid_reuse=True).diagnostics
        assert [each.code for each in errors_of(found)] == codes


@pytest.mark.parametrize("code", of("python"))
def test_python(code: str, in_workspace: Path) -> None:
    laid_out(SHOWN[code].example_wrong, "wrong.py")
    with pytest.raises(ql.CompileError) as caught:
        runpy.run_path("wrong.py")
    assert {each.code for each in caught.value.diagnostics} == {code}
    laid_out(SHOWN[code].example_right, "right.py")
    runpy.run_path("right.py")


def test_every_mistake_of_a_program_is_shown() -> None:
    unshown = {code for code, kind in catalogue().items() if not kind.example_wrong and not code.startswith("QJ01")}
    expected = {
        code for code in unshown if found_by(catalogue()[code]) in ("files", "plan", "target", "python", "check")
    }
    assert expected == WITHOUT


@pytest.mark.parametrize("code", SHOWN)
def test_both_programs_are_there(code: str) -> None:
    kind = SHOWN[code]
    assert kind.example_right and kind.example_right != kind.example_wrong
