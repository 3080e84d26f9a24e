"""Calls inside of expressions that may end the circuit are lowered before the statement that they stand in.

What remains of the statement — the other calls, the assignment — is lowered as if it followed, so that an `end`
inside of `f` in `c = f(q) + g(q);` leaves `c` as it was and calls no `g`.
"""

from collections.abc import Sequence

from qlang.compiler.lowering.frame import Frame
from qlang.syntax import tree
from qlang.syntax.tree_base import node


@node
class EndingCall(tree.Statement):
    """A call whose result is kept under a name for the statement that it was taken from."""

    call: tree.Call


_PARTS: dict[type[tree.Statement], Sequence[str]] = {
    tree.If: ("condition",),
    tree.Switch: ("subject",),
    tree.For: ("domain",),
    tree.While: (),
    tree.Scope: (),
    tree.Box: ("duration",),
    tree.Annotated: (),
    tree.GateRun: (),
    EndingCall: (),
}
"""Of statements with bodies, the expressions that are evaluated once and first."""


def ending_calls(frame: Frame, statement: tree.Statement) -> list[EndingCall]:
    """The calls in a statement that may end the circuit and were not lowered yet, with those that come before them."""
    names = _PARTS.get(type(statement))
    parts: list[tree.Node | None] = [statement] if names is None else [getattr(statement, name) for name in names]
    found = [call for part in parts if part is not None for call in frame.endings.calls(frame.scope, part)]
    if isinstance(statement, tree.ExpressionStatement) and found and found[-1] is statement.value:
        found.pop()  # nothing of the statement is left behind the call
    while found and not frame.endings.ending(frame.scope, found[-1]):
        found.pop()
    return [EndingCall(c.start, c.end, c) for c in found if frame.lookup(result_name(c)) is None]


def result_name(call: tree.Call) -> str:
    """A name for a call's result that no program can write."""
    return f"<call {call.start} {call.end}>"
