"""A shortcut for the most frequent statement: `rz(-pi/4) q[3];`, `cx q[0], q[1];`.

Where a list of statements is on top of the stack, a run of tokens that a regular expression over token kinds
knows to be such a gate call becomes its node at once. The stacks would end up the same by 10 to 20 steps of the
automaton; the tree is the same, as a test shows. Large programs of others are little else than these lines.
"""

import re
from collections.abc import Callable
from functools import cache

from qlang.syntax.actions_expressions import float_literal, int_literal, name
from qlang.syntax.context import Context
from qlang.syntax.tables import load
from qlang.syntax.tree import BinaryOp, Expression, GateCall, Index, Name, UnaryOp


@cache
def flat_gate_pattern() -> re.Pattern[str]:
    """Over a text that has one character, `chr(kind)`, for each token."""
    kind, literals = load().kind, load().literals

    def one(*numbers: int) -> str:
        return "[" + "".join(re.escape(chr(number)) for number in numbers) + "]"

    identifier = one(kind["ID"])
    value = one(kind["ID"], kind["INTEGER"], kind["DECIMAL"])
    comma, semicolon = one(literals[","]), one(literals[";"])
    parameter = f"{one(literals['-'])}?{value}(?:{one(literals['*'], literals['/'])}{value})*+"
    parameters = f"{one(literals['('])}{parameter}(?:{comma}{parameter})*+{one(literals[')'])}"
    operand = f"{identifier}{one(literals['['])}{one(kind['INTEGER'])}{one(literals[']'])}"
    return re.compile(f"{identifier}(?:{parameters})?{operand}(?:{comma}{operand})*+{semicolon}", re.DOTALL)


def kinds_as_text(kinds: list[int]) -> str:
    """What `flat_gate_pattern` searches; empty where a token could not be read."""
    return "".join(map(chr, kinds)) if min(kinds) >= 0 else ""


def flat_gate(c: Context, kinds: list[int], first: int, stop: int) -> GateCall:
    """The node of the gate call that the tokens from `first` up to `stop` are."""
    texts, starts, ends = c.texts, c.starts, c.ends
    position = first + 1
    parameters: list[Expression] = []
    if texts[position] == "(":
        while texts[position] != ")":
            parameter, position = _parameter(c, kinds, position + 1)
            parameters.append(parameter)
        position += 1
    operands: list[Expression] = []
    while position < stop:
        start = starts[position]
        register = Name(start, ends[position], texts[position])
        operands.append(Index(start, ends[position + 3], register, [int_literal(c, [position + 2])]))
        position += 5
    gate = Name(starts[first], ends[first], texts[first])
    return GateCall(gate.start, ends[stop - 1], [], gate, parameters, operands, None)


def _parameter(c: Context, kinds: list[int], position: int) -> tuple[Expression, int]:
    """`-pi / 4 * 3` and the position behind it."""
    texts, sign = c.texts, position
    if texts[sign] == "-":
        operand = _value(c, kinds, sign + 1)
        value: Expression = UnaryOp(c.starts[sign], operand.end, "-", operand)
        position += 2
    else:
        value = _value(c, kinds, position)
        position += 1
    while (operator := texts[position]) in ("*", "/"):
        right = _value(c, kinds, position + 1)
        value = BinaryOp(value.start, right.end, operator, value, right)
        position += 2
    return value, position


def _value(c: Context, kinds: list[int], token: int) -> Expression:
    return _builders()[kinds[token]](c, [token])


@cache
def _builders() -> dict[int, Callable[[Context, list[int]], Expression]]:
    kind = load().kind
    return {kind["ID"]: name, kind["INTEGER"]: int_literal, kind["DECIMAL"]: float_literal}
