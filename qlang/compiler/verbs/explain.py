"""`qlangc explain`: what a diagnostic means, with a wrong and a right program."""

from __future__ import annotations

import re
import textwrap

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


def main(argv: list[str]) -> int:
    parser = verb_parser("explain", "Explain a diagnostic; without a code, list all codes.")
    parser.add_argument("code", nargs="?", metavar="CODE", help="as in `error[QJ0203]`; the digits alone will do")
    options = parser.parse_args(argv)
    console = console_of(options)
    if options.code is None:
        console.result(_listing())
        return exit_codes.OK
    code = _normal(options.code)
    if code == _INTERNAL[0]:
        console.result(f"{code}: {_INTERNAL[1]}\n\n{_wrapped(_INTERNAL[2])}\n")
        return exit_codes.OK
    kind = catalogue().get(code)
    if kind is None:
        raise _unknown(options.code, code)
    console.result(_explanation(kind, console))
    return exit_codes.OK


def _normal(text: str) -> str:
    """`error[qj203]`, `QJ0203` and `203` all mean QJ0203."""
    digits = "".join(character for character in text if character.isdigit())
    return f"QJ{digits:>04}" if digits else text


def _listing() -> str:
    lines: list[str] = []
    family = ""
    known = [(kind.code, _title(kind)) for kind in catalogue().values()]
    for code, title in (*known, _INTERNAL[:2]):
        if code[2:4] != family:
            family = code[2:4]
            lines += ["", f"QJ{family}  {FAMILIES[family]}"]
        lines.append(f"  {code}  {title}")
    return "\n".join(lines[1:]) + "\n"


def _explanation(kind: type[Diagnostic], console: Console) -> str:
    theme = console.out
    head = theme.paint(f"{kind.severity}[{kind.code}]", kind.severity) + theme.paint(f": {_title(kind)}", "strong")
    parts = [head]
    if kind.explanation:
        parts.append(_wrapped(kind.explanation))
    for title, program in (("Wrong:", kind.example_wrong), ("Right:", kind.example_right)):
        if program:
            parts.append(f"{theme.paint(title, 'strong')}\n\n{textwrap.indent(program.rstrip(), '    ')}")
    return "\n\n".join(parts) + "\n"


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
    return Failure(f"there is no diagnostic `{asked}`", f"{hint}`qlangc explain` lists all codes")
