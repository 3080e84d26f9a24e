"""Operations on bit registers. Moving bits does not read them: tokens of pending measurements move along."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import BoolAttr
from xdsl.ir import Operation

from qlang.backends.branches import Bits, Branch, Machine
from qlang.backends.errors import BadBitIndex
from qlang.backends.scalars import width_of, wrap
from qlang.ir.bits import BitsConstantOp, BitsToIntOp, size_of

if TYPE_CHECKING:
    from qlang.backends.program import Classical, Decoder, Env, Step


def bits_of(value: int, size: int) -> Bits:
    """The low bits of a number, bit 0 first."""
    return tuple(value >> k & 1 for k in range(size))


def checked(index: int, span: int, size: int) -> int:
    """Where `span` bits begin in a register; a negative index counts from the end. Raises `BadBitIndex`."""
    place = index + size if index < 0 else index
    if not 0 <= place <= size - span:
        raise BadBitIndex(index, size)
    return place


def _constant(decoder: "Decoder", op: Operation) -> "Classical":
    assert isinstance(op, BitsConstantOp)
    result, value = decoder.slot(op.result), bits_of(op.value.value.data, size_of(op.result))

    def run(env: "Env") -> None:
        env[result] = value

    return run


def _set(decoder: "Decoder", op: Operation) -> "Classical":
    bits, index, value = decoder.slots_of(op.operands)
    result, size = decoder.slot(op.results[0]), size_of(op.results[0])

    def run(env: "Env") -> None:
        at = checked(env[index], 1, size)
        old: Bits = env[bits]
        env[result] = (*old[:at], int(env[value]), *old[at + 1 :])

    return run


def _insert(decoder: "Decoder", op: Operation) -> "Classical":
    bits, index, part = decoder.slots_of(op.operands)
    result, size, span = decoder.slot(op.results[0]), size_of(op.results[0]), size_of(op.operands[2])

    def run(env: "Env") -> None:
        at = checked(env[index], span, size)
        old: Bits = env[bits]
        env[result] = old[:at] + env[part] + old[at + span :]

    return run


def _extract(decoder: "Decoder", op: Operation) -> "Classical":
    bits, index = decoder.slots_of(op.operands)
    result, size, span = decoder.slot(op.results[0]), size_of(op.operands[0]), size_of(op.results[0])

    def run(env: "Env") -> None:
        at = checked(env[index], span, size)
        env[result] = env[bits][at : at + span]

    return run


def _from_integer(decoder: "Decoder", op: Operation) -> "Classical":
    value = decoder.slot(op.operands[0])
    result, size = decoder.slot(op.results[0]), size_of(op.results[0])

    def run(env: "Env") -> None:
        env[result] = bits_of(env[value], size)

    return run


REGISTERS: Mapping[str, Callable[["Decoder", Operation], "Classical"]] = {
    "circuit.bits_constant": _constant,
    "circuit.bits_set": _set,
    "circuit.bits_insert": _insert,
    "circuit.bits_extract": _extract,
    "circuit.int_to_bits": _from_integer,
}


def _reading(entries: Callable[["Env"], Bits], convert: Callable[["Env", Branch], None]) -> "Step":
    def step(machine: Machine, branches: list[Branch]) -> list[Branch]:
        live = [part for branch in branches for part in machine.read(branch, entries(branch.env))]
        for branch in live:
            convert(branch.env, branch)
        return live

    return step


def get_bit(decoder: "Decoder", op: Operation) -> "Step":
    """`bits_get`: needs the value of one bit."""
    bits, index = decoder.slots_of(op.operands)
    result, size = decoder.slot(op.results[0]), size_of(op.operands[0])

    def entries(env: "Env") -> Bits:
        return (env[bits][checked(env[index], 1, size)],)

    def convert(env: "Env", branch: Branch) -> None:
        env[result] = branch.bit(env[bits][checked(env[index], 1, size)])

    return _reading(entries, convert)


def to_integer(decoder: "Decoder", op: Operation) -> "Step":
    """`bits_to_int`: needs the values of all bits."""
    assert isinstance(op, BitsToIntOp)
    signed = op.signed == BoolAttr.from_bool(True)
    bits, result, size = decoder.slot(op.bits), decoder.slot(op.result), size_of(op.bits)
    width = width_of(op.result.type)

    def entries(env: "Env") -> Bits:
        whole: Bits = env[bits]
        return whole

    def convert(env: "Env", branch: Branch) -> None:
        value = sum((branch.bit(entry) or 0) << k for k, entry in enumerate(env[bits]))
        negative = signed and size and value >> (size - 1) & 1
        env[result] = wrap(value - (1 << size) if negative else value, width)

    return _reading(entries, convert)
