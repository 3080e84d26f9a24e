"""Mistakes that only show once sizes and arguments are known, as diagnostics."""

from collections.abc import Iterator
from contextlib import contextmanager

from qlang.compiler.lowering.frame import Frame, LoweringError
from qlang.sema import errors
from qlang.sema.values import ConstantError
from qlang.syntax import tree
from qlang.syntax.diagnostic import Call, with_calls


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


@contextmanager
def within_call(frame: Frame, call: tree.Node, name: str) -> Iterator[None]:
    """Lower a body on behalf of a call; what goes wrong in it is reported with the call."""
    try:
        yield
    except LoweringError as error:
        raise LoweringError(with_calls(error.diagnostic, [Call(frame.span(call), name)])) from None
