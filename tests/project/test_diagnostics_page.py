"""`docs/errors.md` lists every diagnostic, as the catalogue knows it (`--update-golden` rewrites it)."""

from pathlib import Path

import pytest

from qlang.compiler.verbs.explain import FAMILIES
from qlang.sema.errors.catalogue import catalogue

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
HEAD = """\
# Diagnostics

Every mistake that the compiler reports, by code; `qlangc explain CODE` adds a wrong and a right program. Words in
braces are filled in. Codes are never reused. This page is generated: `pytest tests/project --update-golden`.
"""


def page() -> str:
    parts = [HEAD]
    for digits, family in FAMILIES.items():
        kinds = [kind for code, kind in catalogue().items() if code[2:4] == digits]
        if kinds:
            parts.append(f"\n## QJ{digits}: {family}\n")
        parts.extend(f"\n**{kind.code}** {kind.title}  \n{kind.explanation}\n" for kind in kinds)
    return "".join(parts)


def test_the_page_is_up_to_date(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_family_has_a_name() -> None:
    assert {code[2:4] for code in catalogue()} <= FAMILIES.keys()
