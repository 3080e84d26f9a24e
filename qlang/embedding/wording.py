"""Ways out in the words of Python: what the checker advises is spelled in the language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from qlang.embedding.relocation import answering
from qlang.operations import GATES
from qlang.syntax.diagnostic import Diagnostic, Fix

_RESET = re.compile(r"`reset ([^`;]+);`")
_MEASURE = re.compile(r"`bit (\w+) = measure ([^`;]+);`")
_ONLY_OURS = re.compile(r"[;{]| @ |`def |`let |`gate |include|import|call it as|ranges include|sizeof|\bconst\b")
_WORD = re.compile(r"-?\w+")
_NO_SIGNATURES: Mapping[str, str] = {}
_INSTEAD = {
    "QJ0503": "use `@ql.circuit` with parameters annotated `ql.Qubits` or `ql.Qubit`",
    "QJ0401": "`range(n)` ends before `n`",
}
"""Code → what to say where the checker's advice is about the language's spelling."""


_DOUBTS = frozenset({"QJ1001", "QJ1004", "QJ1007", "QJ1015", "QJ1016"})
"""Warnings that mean the same in Python; others may be about text that we wrote ourselves."""


def is_about_python(diagnostic: Diagnostic) -> bool:
    """Whether a diagnostic of a tree read from Python concerns what its author wrote."""
    return diagnostic.severity == "error" or diagnostic.code in _DOUBTS


def in_python(diagnostic: Diagnostic, signatures: Mapping[str, str] = _NO_SIGNATURES) -> Diagnostic:
    """The diagnostic with advice that fits a Python function; `signatures` are those of gates of its author's own."""
    fixes = tuple(fix for fix in diagnostic.fixes() if _fits(fix))
    helps = tuple(_advice(diagnostic, signatures))
    if fixes == tuple(diagnostic.fixes()) and helps == tuple(diagnostic.helps()):
        return diagnostic
    return answering(diagnostic, fixes=fixes, helps=helps)


def _fits(fix: Fix) -> bool:
    """Whether a fix replaces a name or number by another, which is the same in both languages."""
    words = (text for edit in fix.edits for text in (edit.span.text, edit.text))
    return all(_WORD.fullmatch(text) for text in words)


def _advice(diagnostic: Diagnostic, signatures: Mapping[str, str]) -> Iterator[str]:
    gate: str = getattr(diagnostic, "gate", "")
    if diagnostic.code in ("QJ0501", "QJ0502") and gate in signatures:
        yield f"call it as `{signatures[gate]}`"
        return
    if diagnostic.code in ("QJ0501", "QJ0502") and gate in GATES:
        standard = GATES[gate]
        yield f"call it as `ql.{gate}({', '.join((*standard.parameters, *standard.qubits))})`"
        return
    for text in diagnostic.helps():
        text = _MEASURE.sub(r"`\1 = ql.measure(\2)`", _RESET.sub(r"`ql.reset(\1)`", text))
        if not _ONLY_OURS.search(text):
            yield text
        elif diagnostic.code in _INSTEAD:
            yield _INSTEAD[diagnostic.code]
