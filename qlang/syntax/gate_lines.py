"""Lines of plain gate calls, cut out of the text as one piece: `rz(-pi/4) q[3];`, `cx q[0], q[1];`.

Large programs of others are little else. The lexer takes a run of them as one token, the parser as one node
(`GateRun`), and nobody looks at single gates unless something is wrong; `gate_runs.py` makes the calls of it that
the grammar would. A test compares the two. Every pattern here is possessive: linear, and without backtracking.
"""

import re

from qlang.syntax.tables import load
from qlang.syntax.tree import GateRun

SHORTEST = 8
"""Gate calls that make a run worth while."""
LONGEST = 4096
"""A mistake makes single calls of one run only."""

_NAME = r"[^\W\d]\w*+"
_NUMBER = r"(?:[0-9]{1,17}+(?:\.[0-9]{0,40}+)?|\.[0-9]{1,40}+)(?:[eE][+-]?[0-9]{1,2}+)?(?![\w.])"
_FACTOR = rf"(?:{_NUMBER}|{_NAME}(?![.(\[]))"
_PARAMETER = rf"\s*+-?+\s*+{_FACTOR}\s*+(?:[*/]\s*+{_FACTOR}\s*+)*+"
_PARAMETERS = rf"\({_PARAMETER}(?:,{_PARAMETER})*+\)"
_OPERAND = rf"{_NAME}\s*+\[\s*+[0-9]{{1,9}}+\s*+\]"
_OPERANDS = rf"{_OPERAND}(?:\s*+,\s*+{_OPERAND})*+"
_LINE = r"(?:(?<=\n)|(?<=\n {2})|(?<=\n {4})|(?<=\n\t)|(?<=\n {8}))"
"""A run begins a line, indented or not: behind `if (…)` the first call belongs to that."""


def run_pattern() -> str:
    """What the lexer looks for at the beginning of a word."""
    words = sorted({*(word for word in load().literals if word[0].isalpha()), "pragma", "cal", "defcal"})
    call = rf"(?!(?:{'|'.join(words)})(?!\w)){_NAME}(?:\s*+{_PARAMETERS})?+\s*+{_OPERANDS}\s*+;"
    return rf"{_LINE}{call}(?:\s*+{call}){{{SHORTEST - 1},{LONGEST - 1}}}+"


_CALL = re.compile(rf"({_NAME})(?:\s*+({_PARAMETERS}))?+\s*+({_OPERANDS})\s*+;")
_WORD = re.compile(_NAME)


def is_run(name: str) -> bool:
    """Whether a token that begins like a name is a whole run."""
    return name[-1] == ";"


def gate_run(text: str, start: int) -> GateRun | None:
    """The node of a run that begins at an offset; `None` where a keyword stands for one of its names."""
    found = list(_CALL.finditer(text))
    parts = [match.groups("") for match in found]
    gates, parameters, operands = ([part[column] for part in parts] for column in range(3))
    words = set(_WORD.findall(" ".join({*gates, *operands}))) | set(_WORD.findall(" ".join(set(parameters))))
    if not words.isdisjoint(load().literals):
        return None
    starts = [start + match.start() for match in found]
    ends = [start + match.end() for match in found]
    return GateRun(start, ends[-1], text, gates, parameters, operands, starts, ends, None)
