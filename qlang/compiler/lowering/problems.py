"""Mistakes that only show once sizes and arguments are known, as diagnostics."""

from qlang.compiler.lowering.frame import Frame, LoweringError
from qlang.sema import errors
from qlang.sema.values import ConstantError
from qlang.syntax import tree


def not_executable(frame: Frame, node: tree.Node, construct: str, instead: str) -> LoweringError:
    """A construct that is legal but that no executor here can run."""
    return LoweringError(errors.circuits.NotExecutable(frame.span(node), construct=construct, instead=instead))


def out_of_range(frame: Frame, node: tree.Node, index: int, register: str, size: int) -> LoweringError:
    """An index that is outside its register for the arguments of this run."""
    return LoweringError(
        errors.qubits.IndexOutOfRange(frame.span(node), index=index, register=register, size=size, declaration=None)
    )


def from_constant(frame: Frame, node: tree.Node, error: ConstantError) -> LoweringError:
    """The mistake that arithmetic found, at the expression to blame."""
    return LoweringError(error.diagnostic(frame.span(error.node or node)))
