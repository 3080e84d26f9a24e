"""Loops and conditions: branches whose values differ are parted, each part goes its own way, all come back together."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from xdsl.dialects.scf import ForOp, IfOp, WhileOp
from xdsl.ir import Operation

from qlang.backends.branches import Branch, Machine
from qlang.backends.errors import BadLoop, LoopLimit
from qlang.ir.loops import EARLY_EXIT

if TYPE_CHECKING:
    from qlang.backends.program import DecodedBlock, Decoder, Step

MAX_ITERATIONS = 1_000_000
"""Of one loop, each time that it is entered."""


def _move(branches: list[Branch], sources: Sequence[int], targets: Sequence[int]) -> None:
    """Assign all at once, so that values may change places."""
    if targets:
        for branch in branches:
            env = branch.env
            values = [env[slot] for slot in sources]
            for slot, value in zip(targets, values, strict=True):
                env[slot] = value


def _part(branches: list[Branch], condition: int) -> tuple[list[Branch], list[Branch]]:
    yes = [branch for branch in branches if branch.env[condition]]
    no = [branch for branch in branches if not branch.env[condition]]
    return yes, no


def _if(decoder: "Decoder", op: Operation) -> "Step":
    assert isinstance(op, IfOp)
    condition, results = decoder.slot(op.cond), decoder.slots_of(op.results)
    blocks = [decoder.block(region.block) if region.blocks else None for region in (op.true_region, op.false_region)]

    def step(machine: Machine, branches: list[Branch]) -> list[Branch]:
        live = []
        for part, block in zip(_part(branches, condition), blocks, strict=True):
            if part and block is not None:
                part = block.run(machine, part)
                _move(part, block.results, results)
            live += part
        return live

    return step


def _for(decoder: "Decoder", op: Operation) -> "Step":
    assert isinstance(op, ForOp)
    bounds = decoder.slots_of((op.lb, op.ub, op.step))
    start, results = decoder.slots_of(op.iter_args), decoder.slots_of(op.results)
    body = decoder.block(op.body.block)
    counter, carried = body.arguments[0], body.arguments[1:]
    may_stop = EARLY_EXIT in op.attributes

    def loop(machine: Machine, branches: list[Branch], span: range) -> list[Branch]:
        stopped: list[Branch] = []
        iterations = -((span.start - span.stop) // span.step)  # may be more than `len` can tell
        if iterations > MAX_ITERATIONS and not may_stop:
            raise LoopLimit(MAX_ITERATIONS, "for", iterations)
        _move(branches, start, carried)
        for value in span[:MAX_ITERATIONS]:
            for branch in branches:
                branch.env[counter] = value
            branches = body.run(machine, branches)
            _move(branches, body.results, carried)
            if may_stop:
                done, branches = _part(branches, carried[-1])
                stopped += done
                if not branches:
                    break
        else:
            if iterations > MAX_ITERATIONS:
                raise LoopLimit(MAX_ITERATIONS, "for")
        branches = stopped + branches
        _move(branches, carried, results)
        return branches

    def step(machine: Machine, branches: list[Branch]) -> list[Branch]:
        groups: dict[tuple[int, ...], list[Branch]] = {}
        for branch in branches:
            groups.setdefault(tuple([branch.env[slot] for slot in bounds]), []).append(branch)
        live = []
        for (low, high, stride), group in groups.items():
            if stride <= 0:
                raise BadLoop(stride)
            live += loop(machine, group, range(low, high, stride))
        return live

    return step


def _while(decoder: "Decoder", op: Operation) -> "Step":
    assert isinstance(op, WhileOp)
    start, results = decoder.slots_of(op.arguments), decoder.slots_of(op.results)
    before: DecodedBlock = decoder.block(op.before_region.block)
    after: DecodedBlock = decoder.block(op.after_region.block)
    condition, forwarded = before.results[0], before.results[1:]

    def step(machine: Machine, branches: list[Branch]) -> list[Branch]:
        _move(branches, start, before.arguments)
        done: list[Branch] = []
        for _ in range(MAX_ITERATIONS):
            again, ended = _part(before.run(machine, branches), condition)
            _move(ended, forwarded, results)
            done += ended
            if not again:
                return done
            _move(again, forwarded, after.arguments)
            branches = after.run(machine, again)
            _move(branches, after.results, before.arguments)
        raise LoopLimit(MAX_ITERATIONS)

    return step


CONTROL: Mapping[str, Callable[["Decoder", Operation], "Step"]] = {
    "scf.if": _if,
    "scf.for": _for,
    "scf.while": _while,
}
