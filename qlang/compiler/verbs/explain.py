"""`qlangc explain`: what a diagnostic means, with a wrong and a right program."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.failure import Failure
from qlang.sema.errors.catalogue import catalogue
from qlang.syntax.diagnostic import Diagnostic

FAMILIES = {
    "01": "syntax",
    "02": "names",
    "03": "types and units",
    "04": "qubits",
    "05": "circuits, observables and jobs",
    "06": "mitigation",
    "07": "SLA and scheduling",
    "08": "cryptography and policy",
    "09": "backends",
    "10": "warnings",
    "99": "internal",
}
_INTERNAL = (
    "QJ9901",
    "internal error",
    "The compiler itself made a mistake. The named file says what happened and holds no secrets; please report it.",
)


_DESCRIPTION = """Explain a diagnostic: the rule, a wrong program with what the compiler says of it, a right program.

Without a code: the families of codes. A family (QJ04, qubits) lists its codes, `all` lists all of them."""


def main(argv: list[str]) -> int:
    parser = verb_parser("explain", _DESCRIPTION)
    parser.add_argument("code", nargs="?", metavar="CODE", help="as in `error[QJ0203]`; the digits alone will do")
    options = parser.parse_args(argv)
    console = console_of(options)
    console.result(_families(console) if options.code is None else _answer(options.code, console))
    return exit_codes.OK


def _answer(asked: str, console: Console) -> str:
    """What a code, a family or `all` is about. Raises: Failure for none of them."""
    if asked.lower() == "all":
        return _listing(FAMILIES, console)
    code, family = _normal(asked), _family(asked)
    if family is not None:
        return _listing([family], console)
    if code == _INTERNAL[0]:
        return f"{code}: {_INTERNAL[1]}\n\n{_wrapped(_INTERNAL[2])}\n"
    kind = catalogue().get(code)
    if kind is None:
        raise _unknown(asked, code)
    return _explanation(kind, console)


def _normal(text: str) -> str:
    """`error[qj203]`, `QJ0203` and `203` all mean QJ0203."""
    digits = "".join(character for character in text if character.isdigit())
    return f"QJ{digits:>04}" if digits else text


def _family(text: str) -> str | None:
    """`QJ04`, `4`, `qubits`: the two digits of a family."""
    words = text.strip("[]").lower().removeprefix("qj")
    if words.isdigit() and len(words) <= 2:
        return words.zfill(2) if words.zfill(2) in FAMILIES else None
    return next((digits for digits, name in FAMILIES.items() if words in (name, *name.replace(",", "").split())), None)


def _families(console: Console) -> str:
    """A line for each family, and how to go on."""
    known = [kind.code[2:4] for kind in catalogue().values()] + [_INTERNAL[0][2:4]]
    lines = []
    for digits, name in FAMILIES.items():
        count = known.count(digits)
        family = console.out.paint(f"QJ{digits}", "strong")
        lines.append(f"{family}  {name:<32} {count:>3} code{'s' if count != 1 else ''}")
    lines += ["", "`qlangc explain QJ04` lists a family, `qlangc explain all` lists all codes;"]
    lines.append("`qlangc explain QJ0401` explains one.")
    return "\n".join(lines) + "\n"


def _listing(families: Iterable[str], console: Console) -> str:
    """The codes of families with their titles."""
    known = [*((kind.code, _title(kind)) for kind in catalogue().values()), _INTERNAL[:2]]
    parts = []
    for digits in families:
        lines = [f"  {code}  {title}" for code, title in known if code[2:4] == digits]
        if lines:
            parts.append("\n".join([console.out.paint(f"QJ{digits}  {FAMILIES[digits]}", "strong"), *lines]) + "\n")
    return "\n".join(parts)


def _explanation(kind: type[Diagnostic], console: Console) -> str:
    theme = console.out
    head = theme.paint(f"{kind.severity}[{kind.code}]", kind.severity) + theme.paint(f": {_title(kind)}", "strong")
    parts = [head]
    if kind.explanation:
        parts.append(_wrapped(kind.explanation))
    if kind.example_wrong:
        parts.append(f"{theme.paint('Wrong:', 'bad')}\n\n{_indented(kind.example_wrong)}")
        said = _said(kind, console)
        if said:
            parts.append(f"{theme.paint('The compiler says:', 'strong')}\n\n{_indented(said)}")
    if kind.example_right:
        parts.append(f"{theme.paint('Right:', 'good')}\n\n{_indented(kind.example_right)}")
    return "\n\n".join(parts) + "\n"


def _said(kind: type[Diagnostic], console: Console) -> str:
    """What the check says of the wrong program; nothing where only planning finds the mistake."""
    from qlang.compiler.frontend import analyse
    from qlang.compiler.render.full import render
    from qlang.syntax.source import Source

    text = kind.example_wrong
    found = analyse(Source("wrong.qasm" if text.startswith("OPENQASM") else "wrong.qjob", text)).diagnostics
    return render([diagnostic for diagnostic in found if diagnostic.code == kind.code], console.out)


def _indented(text: str) -> str:
    return textwrap.indent(text.rstrip(), "    ")


def _title(kind: type[Diagnostic]) -> str:
    """The title without the names of its fields."""
    return re.sub(r"\{[^}]*\}", "…", kind.title)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def _unknown(asked: str, code: str) -> Failure:
    from qlang.syntax.spelling import edit_distance

    near = sorted((edit_distance(code, known, 8), known[:4] != code[:4], known) for known in catalogue())
    hint = ""
    if code.startswith("QJ") and near:
        hint = f"did you mean `{near[0][2]}`? "
    elif words := [kind.code for kind in catalogue().values() if asked.lower() in kind.title.lower()][:5]:
        hint = f"these speak of `{asked}`: {', '.join(words)}; "
    return Failure(f"there is no diagnostic `{asked}`", f"{hint}`qlangc explain` lists the families")
