"""Every case says what its marks and its golden file say, and its fixes leave only what needs a person."""

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

import qlang as ql
from qlang.sema.errors.catalogue import catalogue, found_by
from tests.ui.cases import ROOT, Case, cases, found_in, without_marks

CASES = {case.name: case for case in cases()}
ELSEWHERE = {
    "QJ0130": "stands behind a hundred others, which are shown: tests/syntax",
    "QJ0133": "a file of more than 32 MB: tests/syntax",
    "QJ0135": "a line of more than a megabyte: tests/syntax",
    "QJ0136": "a text of some megabytes: tests/syntax",
    "QJ0219": "a chain of more than 32 files: tests/sema/test_files.py",
    "QJ0405": "no target of this version forbids it by itself: tests/sema/test_files.py",
    "QJ0581": "there is no file to show: tests/embedding",
    "QJ0134": "a file that is not there: tests/compiler/test_cli_files.py",
}
"""Codes whose input cannot lie in this folder, and where their tests are."""
_OF_THIS_MACHINE = re.compile(r"(sim: `qubits` is )\d+")
"""How many qubits its memory holds."""


@pytest.fixture
def said(in_workspace: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What the command, or Python, says of a case."""
    from qlang.compiler.cli import main

    def call(case: Case, *options: str) -> str:
        case.write(in_workspace)
        if case.path.suffix == ".py":
            with pytest.raises(ql.CompileError) as caught:
                runpy.run_path(case.path.name)
            return f"{str(caught.value).strip()}\n"
        capfd.readouterr()
        verb, *rest = case.verb
        main([verb, case.path.name, *rest, *options])
        return capfd.readouterr().err

    return call


@pytest.mark.parametrize("name", CASES)
def test_a_case_says_what_it_should(name: str, said: Callable[..., str], request: pytest.FixtureRequest) -> None:
    case = CASES[name]
    shown = _OF_THIS_MACHINE.sub(r"\1N", said(case))
    found = found_in(shown)
    assert found == case.expected(), shown
    if request.config.getoption("--update-golden"):
        case.stderr.write_text(shown, encoding="utf-8")
    assert case.stderr.exists(), "no golden file: run with --update-golden and read what it writes"
    assert shown == case.stderr.read_text(encoding="utf-8")


FIXABLE = [name for name, case in CASES.items() if case.verb == ["check"] and case.path.suffix != ".py"]


@pytest.mark.parametrize("name", FIXABLE)
def test_fixes_leave_only_what_needs_a_person(
    name: str,
    said: Callable[..., str],
    request: pytest.FixtureRequest,
    in_workspace: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What `check --fix` writes is `NAME.fixed.*`, and has no mistake left that a machine could mend."""
    case = CASES[name]
    said(case, "--fix")
    target = in_workspace / case.path.name
    fixed = target.read_bytes()
    changed = fixed != without_marks(case.path.read_bytes())
    if request.config.getoption("--update-golden"):
        case.fixed.unlink(missing_ok=True)
        if changed:
            case.fixed.write_bytes(fixed)
    assert changed == case.fixed.exists(), fixed
    assert not changed or fixed == case.fixed.read_bytes()
    from qlang.compiler.cli import main

    main(["check", "--format", "json", case.path.name])
    left = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    here = [each for each in left if each["span"]["file"] == case.path.name]  # other files are not touched
    machine = [each for each in here for fix in each["fixes"] if fix["applicability"] == "machine"]
    assert machine == [], "a second run would change more"


def test_every_code_has_a_case() -> None:
    have = {code for case in CASES.values() for _, code, _ in case.expected()}
    due = {code for code, kind in catalogue().items() if found_by(kind) not in ("convert", "run")}
    assert sorted(due - have - set(ELSEWHERE)) == []
    assert sorted(have & set(ELSEWHERE)) == []


def test_there_are_cases_enough_and_nothing_without_one() -> None:
    assert len(CASES) >= 120
    assert sum(sum(case.expected().values()) for case in CASES.values()) >= 350
    assert len({case.stderr for case in CASES.values()}) == len(CASES), "two programs of one name"
    known = {path for case in CASES.values() for path in (case.path, case.stderr, case.fixed)}
    beside = {case.path.with_suffix("") for case in CASES.values()}
    stray = [
        path
        for folder in ROOT.iterdir()
        if folder.is_dir() and folder.name != "__pycache__"
        for path in folder.iterdir()
        if path not in known and path not in beside and path.name != "__pycache__"
    ]
    assert stray == []
