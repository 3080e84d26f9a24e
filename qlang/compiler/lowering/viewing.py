"""Reading through views."""

from qlang.compiler.lowering.emitter import Emitter
from qlang.compiler.lowering.frame import JoinedView, Known, Reference, Variable, View
from qlang.compiler.lowering.selections import joined, taken
from qlang.sema.operator_types import binary_type
from qlang.sema.types import Array, Bit


def read(emitter: Emitter, reference: Reference) -> Known:
    """The present value of a variable or view."""
    match reference:
        case Variable():
            return reference.value
        case View():
            return taken(emitter, read(emitter, reference.base), reference.selections)
        case JoinedView():
            left, right = read(emitter, reference.left), read(emitter, reference.right)
            kind = binary_type("++", left.type, right.type)
            assert kind is not None, "the checker has found them to be joinable"
            return joined(emitter, kind, left, right)


def length(known: Known) -> int:
    """Elements along the first dimension of an array, or bits of a register."""
    if isinstance(known.type, Array):
        return known.type.shape[0]
    assert isinstance(known.type, Bit)
    return known.type.size or 1
