"""Peephole rewriting of packed runs: one scan that lets each gate meet its neighbour.

A gate's neighbour is the gate before it on all its wires, with nothing in between on any of them. A rule looks at
such a pair and says what it becomes; after a cancellation the scan goes on with what stood before. Linear in the
number of gates.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp

from qlang.ir.circuit import RunOp
from qlang.ir.edit import remove
from qlang.ir.gates import BY_CODE
from qlang.ir.packed import Gate, PackedGates, offsets, pack

Rule = Callable[[Gate, Gate], Sequence[Gate] | None]
"""(earlier, later) on the same wires → their replacement: none or one gate; `None` where the rule does not apply."""


def runs(module: ModuleOp) -> Iterator[RunOp]:
    """Every packed run of the module's circuits, in loops and branches too."""
    return (op for op in list(module.walk()) if isinstance(op, RunOp))


@dataclass(slots=True)
class _Placed:
    gate: Gate
    span: tuple[int, int]
    before: tuple[int, ...]
    """For each wire, the position of the gate before on it; −1 where there is none."""
    alive: bool = True


def rewrite(run: RunOp, rule: Rule) -> bool:
    """Apply a rule to a run until no neighbours match; whether anything changed. An empty run is removed."""
    placed = _scan(run.gates, run.gate_spans(), rule)
    kept = [entry for entry in placed if entry.alive]
    if len(kept) == len(run.gates) and all(a.gate == b for a, b in zip(kept, run.gates.gates(), strict=True)):
        return False
    if not kept:
        run.result.replace_all_uses_with(run.qubits)
        remove(run)
        return True
    run.properties["gates"] = pack(entry.gate for entry in kept)
    if run.spans is not None:
        run.properties["spans"] = offsets(offset for entry in kept for offset in entry.span)
    return True


def _scan(gates: PackedGates, spans: list[tuple[int, int]], rule: Rule) -> list[_Placed]:
    placed: list[_Placed] = []
    last: dict[int, int] = {}
    for gate, span in zip(gates.gates(), spans, strict=True):
        wires = gate[1]
        before = tuple([last.get(wire, -1) for wire in wires])
        partner = before[0] if before else -1
        if partner >= 0 and before.count(partner) == len(before) and _same_wires(placed[partner].gate, gate):
            replacement = rule(_aligned(placed[partner].gate, gate), gate)
            if replacement is not None:
                _replace(placed, last, partner, replacement)
                continue
        for wire in wires:
            last[wire] = len(placed)
        placed.append(_Placed(gate, span, before))
    return placed


def _same_wires(earlier: Gate, later: Gate) -> bool:
    if earlier[1] == later[1]:
        return True
    symmetric = BY_CODE[earlier[0]].symmetric and BY_CODE[later[0]].symmetric
    return symmetric and sorted(earlier[1]) == sorted(later[1])


def _aligned(earlier: Gate, later: Gate) -> Gate:
    return (earlier[0], later[1], earlier[2])


def _replace(placed: list[_Placed], last: dict[int, int], partner: int, replacement: Sequence[Gate]) -> None:
    entry = placed[partner]
    if replacement:
        entry.gate = replacement[0]
        return
    entry.alive = False
    for wire, before in zip(entry.gate[1], entry.before, strict=True):
        if before >= 0:
            last[wire] = before
        else:
            last.pop(wire, None)
