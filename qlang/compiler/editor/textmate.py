"""The TextMate grammar of VS Code and others, made from the tables of the parser.

`python -m qlang.compiler.editor.textmate > editors/vscode/syntaxes/qjob.tmLanguage.json` writes it; a test fails
where the file and the tables differ. Soft words (`run`, `state`, `in`, …) are coloured everywhere: a grammar of
regular expressions does not know where they are names.
"""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from qlang.compiler.editor.gate_facts import GATES
from qlang.compiler.editor.place import TYPE_WORDS
from qlang.compiler.editor.vocabulary import CONSTANTS, FUNCTIONS, SLA_TERMS
from qlang.syntax.lexer import UNITS
from qlang.syntax.tables import load
from qlang.syntax.words import JOB_WORDS, TOP_WORDS

_CONTROL = ("break", "case", "continue", "default", "else", "end", "for", "if", "in", "return", "switch", "while")
_LITERAL = ("true", "false")
_DEFINING = (*TOP_WORDS, "gate", "def", "extern", "opaque", "include", "const", "input", "output", "let", "OPENQASM")


def grammar() -> dict[str, Any]:
    """The grammar as JSON values."""
    keywords = {word for word in load().literals if re.fullmatch(r"[A-Za-z]\w+", word)}
    keywords |= {"cal", "defcal"}
    placed = {*_CONTROL, *_LITERAL, *_DEFINING, *JOB_WORDS, *TYPE_WORDS, *FUNCTIONS, "sum", "prod"}
    return {
        "name": "qlang",
        "scopeName": "source.qjob",
        "fileTypes": ["qjob", "qasm"],
        "patterns": [
            _match("comment.line.double-slash.qjob", r"//.*$"),
            {"name": "comment.block.qjob", "begin": r"/\*", "end": r"\*/"},
            _match("string.quoted.double.qjob", r'"[^"\n]*"'),
            _match("string.quoted.single.qjob", r"'[^'\n]*'"),
            _match("meta.annotation.qjob", r"^\s*@\w+.*$"),
            _match("keyword.control.directive.qjob", r"^\s*#?pragma\b.*$"),
            _match("constant.other.device.qjob", r"\b[A-Za-z_]\w*(?:\.(?:[\w?*]|-(?=\w))+)+"),
            _match("constant.numeric.qjob", _number()),
            _match("variable.other.hardware-qubit.qjob", r"\$\d+"),
            _words("storage.type.definition.qjob", _DEFINING),
            _words("storage.type.qjob", TYPE_WORDS),
            _words("keyword.control.qjob", _CONTROL),
            _words("keyword.other.job.qjob", JOB_WORDS),
            _words("keyword.other.qjob", keywords - placed),
            _words("constant.language.qjob", (*_LITERAL, *CONSTANTS)),
            _words("support.variable.sla.qjob", SLA_TERMS),
            _words("support.function.gate.qjob", GATES),
            {"name": "support.function.qjob", "match": rf"{_any((*FUNCTIONS, 'sum', 'prod'))}(?=\s*\()"},
            {"name": "support.function.pauli.qjob", "match": r"\b[XYZI](?=\s*\()"},
            _match("keyword.operator.qjob", r"->|\+\+|\*\*|&&|\|\||[=!<>]=|<<|>>|[-+*/%&|^~!<>=@]"),
        ],
    }


def _match(name: str, pattern: str) -> dict[str, str]:
    return {"name": name, "match": pattern}


def _words(name: str, words: Iterable[str]) -> dict[str, str]:
    return _match(name, _any(words))


def _any(words: Iterable[str]) -> str:
    """Whole words; `\\b` is of no use beside Greek letters in every engine."""
    return rf"(?<![\w.])(?:{'|'.join(sorted(words))})(?!\w)"


def _number() -> str:
    units = "|".join(sorted(UNITS, key=lambda unit: (-len(unit), unit)))
    digits = r"\d(?:_?\d)*"
    whole = r"0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d+q(?!\w)"
    decimal = (
        rf"(?:{digits}(?:\.(?:{digits})?)?|\.{digits})(?:[eE][+-]?{digits})?(?:[ \t]*(?:{units}|im)(?!\w)|[ \t]*%)?"
    )
    return rf"(?<![\w.])(?:{whole}|{decimal})"


def text() -> str:
    """The grammar as the file that is shipped."""
    return json.dumps(grammar(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
