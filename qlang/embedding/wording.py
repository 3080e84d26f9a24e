"""Ways out in the words of Python: what the checker advises is spelled in the language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from qlang.embedding.relocation import answering
from qlang.operations import GATES
from qlang.syntax.diagnostic import Diagnostic, Edit, Fix
from qlang.syntax.source import Span

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
    fixes = (*(fix for fix in diagnostic.fixes() if _fits(fix)), *_fixes(diagnostic, signatures))
    helps = tuple(_advice(diagnostic, signatures))
    if fixes == tuple(diagnostic.fixes()) and helps == tuple(diagnostic.helps()):
        return diagnostic
    return answering(diagnostic, fixes=fixes, helps=helps)


def _fits(fix: Fix) -> bool:
    """Whether a fix replaces a name or number by another, which is the same in both languages."""
    words = (text for edit in fix.edits for text in (edit.span.text, edit.text))
    return all(_WORD.fullmatch(text) for text in words)


def _fixes(diagnostic: Diagnostic, signatures: Mapping[str, str]) -> Iterator[Fix]:
    """Fixes that Python spells in its own way: a missing argument, a reset."""
    span, gate = diagnostic.span, str(getattr(diagnostic, "gate", ""))
    text = span.source.text
    if diagnostic.code == "QJ1015":
        qubit, module = getattr(diagnostic, "qubit", ""), span.text.partition(".")[0]
        indent = text[text.rfind("\n", 0, span.start) + 1 : span.start]
        if module.isidentifier() and not indent.strip():
            before = Span(span.source, span.start, span.start)
            reset = f"{module}.reset({qubit})"
            yield Fix(f"start from |0⟩: `{reset}`", (Edit(before, f"{reset}\n{indent}"),), "maybe")
        return
    names = _names(gate, signatures)
    missing = int(getattr(diagnostic, "expected", 0)) - int(getattr(diagnostic, "given", 0))
    opening = text[span.end : span.end + 1] == "("
    if diagnostic.code == "QJ0501" and 0 < missing < len(names) and opening:
        operands = getattr(diagnostic, "operands", None)
        if operands is not None:
            end = Span(span.source, operands.end, operands.end)
            added = ", ".join(names[-missing:])
            yield Fix(f"add `{added}`", (Edit(end, f", {added}"),), "placeholder")
    elif diagnostic.code == "QJ0502" and getattr(diagnostic, "given", 1) == 0 and missing <= len(names) and opening:
        added = ", ".join(names[:missing])
        after = Span(span.source, span.end + 1, span.end + 1)
        yield Fix(f"add `{added}`", (Edit(after, f"{added}, "),), "placeholder")


def _names(gate: str, signatures: Mapping[str, str]) -> list[str]:
    """The arguments of a gate in order; none for one that is not known."""
    if gate in signatures:
        return signatures[gate].partition("(")[2].rstrip(")").split(", ")
    return [*GATES[gate].parameters, *GATES[gate].qubits] if gate in GATES else []


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
