"""Runs of plain gate calls (`tree.GateRun`), checked by their distinct parts: 10⁵ lines have few of them.

A run that is right at a glance is passed; in all other cases its calls are checked one by one, which reports what
is wrong with each.
"""

import re
import sys
from functools import lru_cache

from qlang.sema.context import Context, Reporter
from qlang.sema.gates import check_gate_call
from qlang.sema.infer import infer
from qlang.sema.operands import AliasSymbol
from qlang.sema.symbols import BrokenSymbol, GateSymbol, Symbol, VariableSymbol
from qlang.sema.types import Qubit, is_real
from qlang.syntax import tree
from qlang.syntax.gate_runs import gate_calls, parameter_of

_OPERAND = re.compile(r"(\w+)\s*\[\s*([0-9]+)\s*\]")


def check_gate_run(context: Context, node: tree.GateRun) -> None:
    """Report what is wrong with the calls of a run."""
    if context.reporter.references is not None or not _is_plain(context, node):
        for call in gate_calls(node):
            check_gate_call(context, call)


@lru_cache(maxsize=1 << 14)
def operands_of(text: str) -> tuple[tuple[str, int], ...]:
    """Register and index of each operand in `q[0], q[1]`."""
    return tuple((name, int(index)) for name, index in _OPERAND.findall(text))


def parts_of(text: str) -> list[str]:
    """The parameters in `(a, pi/2)`, which hold no brackets of their own."""
    return text[1:-1].split(",") if text else []


def number_of(part: str) -> float | None:
    """The number that a parameter is, if it is one as written: most of large files' are."""
    if part[-1:].isalpha():  # `float` would read `inf` and `nan`, which are names
        return None
    try:
        return float(part)
    except ValueError:
        return None


def _is_plain(context: Context, node: tree.GateRun) -> bool:
    """Whether all gates exist and get as many real numbers and different qubits as they take."""
    shapes: dict[str, tuple[int, int]] = {}
    for name in set(node.gates):
        symbol = context.lookup(name)
        if not isinstance(symbol, GateSymbol) or (symbol.definition is not None and symbol.definition.body is None):
            return False
        shapes[name] = symbol.parameters, symbol.qubits
    used: set[Symbol] = set()
    sizes = _operand_counts(context, set(node.operands), used)
    counts = _parameter_counts(context, set(node.parameters))
    if sizes is None or counts is None:
        return False
    if any(
        counts[parameters] != shapes[name][0] for name, parameters in set(zip(node.gates, node.parameters, strict=True))
    ):
        return False
    if any(sizes[operands] != shapes[name][1] for name, operands in set(zip(node.gates, node.operands, strict=True))):
        return False
    context.used |= used
    return True


def _operand_counts(context: Context, texts: set[str], used: set[Symbol]) -> dict[str, int] | None:
    """The number of qubits in each text; `None` where one is none, is there twice, or was measured."""
    counts: dict[str, int] = {}
    registers: dict[str, tuple[VariableSymbol | None, int]] = {}
    for text in texts:
        wires = operands_of(text)
        if len(wires) > 1 and len(set(wires)) < len(wires):
            return None
        for name, index in wires:
            if name not in registers:
                found = _register(context, name)
                if found is None:
                    return None
                registers[name] = found
            symbol, size = registers[name]
            if index >= size or (context.measured and symbol is not None and (symbol, index) in context.measured):
                return None
        counts[text] = len(wires)
    used.update(symbol for symbol, _ in registers.values() if symbol is not None)
    return counts


def _register(context: Context, name: str) -> tuple[VariableSymbol | None, int] | None:
    """A register and its size; any size for a name about whose uses nothing is reported."""
    symbol = context.lookup(name)
    if isinstance(symbol, BrokenSymbol):
        return None, sys.maxsize
    if not isinstance(symbol, VariableSymbol) or type(symbol) is AliasSymbol or type(symbol.type) is not Qubit:
        return None
    return None if symbol.type.size is None else (symbol, symbol.type.size)


def _parameter_counts(context: Context, texts: set[str]) -> dict[str, int] | None:
    """The number of parameters in each text; `None` where one is no real number, or deserves a remark."""
    counts: dict[str, int] = {}
    written: set[str] = set()
    reporter, names = context.reporter, dict(context.frames[0])
    context.reporter = Reporter()
    good = True
    for text in texts:
        parts = parts_of(text)
        counts[text] = len(parts)
        written.update(parts)
    for part in written:
        if number_of(part) is None:
            good = good and is_real(infer(context, parameter_of(part))[0])
    good = good and not context.reporter.diagnostics()
    context.reporter = reporter
    if good:
        return counts
    context.frames[0].clear()  # names found missing are noted here, and have yet to be reported
    context.frames[0].update(names)
    return None
