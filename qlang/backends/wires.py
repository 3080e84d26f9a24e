"""Wires of registers, looked up by computed indices."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from xdsl.ir import Operation

from qlang.backends.errors import BadQubitIndex
from qlang.ir.wires import WireAtOp

if TYPE_CHECKING:
    from qlang.backends.program import Classical, Decoder, Env


def _wire_at(decoder: "Decoder", op: Operation) -> "Classical":
    assert isinstance(op, WireAtOp)
    index, result = decoder.slot(op.index), decoder.slot(op.result)
    wires = op.wires.get_values()
    size = len(wires)

    def run(env: "Env") -> None:
        at = env[index]
        if not -size <= at < size:
            raise BadQubitIndex(at, size)
        env[result] = wires[at]

    return run


WIRES: Mapping[str, Callable[["Decoder", Operation], "Classical"]] = {"circuit.wire_at": _wire_at}
