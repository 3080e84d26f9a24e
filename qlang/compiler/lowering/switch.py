"""`switch`: a case that is known is chosen here; few cases are a chain of branches, many a search by halves.

A chain is as deep as it has cases. Where there are many, one tree of comparisons finds the number of the case, and a
second one, over these numbers, goes to its body, which so is written once.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from qlang.compiler.lowering.arithmetic import binary
from qlang.compiler.lowering.control import Body, scoped
from qlang.compiler.lowering.expressions import value
from qlang.compiler.lowering.frame import Frame, Known
from qlang.sema.types import INT
from qlang.sema.values import Constant, as_bool, as_int, integer
from qlang.syntax import tree

LONGEST_CHAIN = 8
"""Most labels that are tried one after the other."""

Item = TypeVar("Item")


def lower_switch(frame: Frame, node: tree.Switch, body: Body) -> None:
    """`switch`."""
    subject = value(frame, node.subject)
    labels = [(value(frame, label), case) for case in node.cases for label in case.values]
    default = next((case.body for case in node.cases if not case.values), None)
    known = [(label, case) for label, case in labels if isinstance(label, Constant)]
    if isinstance(subject, Constant) and len(known) == len(labels):
        chosen = next((case.body for label, case in known if _equal(frame, subject, label)), default)
        if chosen is not None:
            scoped(frame, chosen.statements, body)
        return
    writer = _Writer(frame, node)
    frame.scopes.append({})
    writer.bind("subject", subject)
    if len(labels) <= LONGEST_CHAIN or len(known) < len(labels):
        statements = writer.chain(default)
    else:
        statements = writer.search(known, default)
    body(frame, statements)
    frame.scopes.pop()


def _equal(frame: Frame, subject: Constant, label: Constant) -> bool:
    same = binary(frame.emitter, "==", subject, label, frame.scope.version)
    return isinstance(same, Constant) and as_bool(same)


class _Writer:
    """Writes a `switch` as other statements, over names that no program can write."""

    def __init__(self, frame: Frame, node: tree.Switch) -> None:
        self._frame, self._node = frame, node

    def bind(self, what: str, known: Known) -> tree.Name:
        name = self.name(what)
        self._frame.bind_value(name.name, known)
        return name

    def name(self, what: str) -> tree.Name:
        subject = self._node.subject
        return tree.Name(subject.start, subject.end, f"<{what} of switch {self._node.start}>")

    def compared(self, left: str, operator: str, right: tree.Expression) -> tree.Expression:
        return tree.BinaryOp(right.start, right.end, operator, self.name(left), right)

    def chain(self, default: tree.Block | None) -> Sequence[tree.Statement]:
        """`if … else if …`, in the order written."""
        rest = default
        for case in reversed([case for case in self._node.cases if case.values]):
            tests = [self.compared("subject", "==", label) for label in case.values]
            condition = _joined(tests, lambda a, b: tree.BinaryOp(a.start, b.end, "||", a, b))
            rest = self.block(tree.If(case.start, case.end, condition, case.body, rest))
        return [] if rest is None else rest.statements

    def search(
        self, labels: Sequence[tuple[Constant, tree.Case]], default: tree.Block | None
    ) -> Sequence[tree.Statement]:
        """Find the number of the case, then its body; of equal labels the first counts."""
        cases = [case for case in self._node.cases if case.values]
        bodies = [*(case.body for case in cases), default or self.block()]
        order = {id(case): number for number, case in enumerate(cases)}
        chosen = self.bind("case", Constant(INT, len(cases)))
        found: dict[int, int] = {}
        for label, case in labels:
            found.setdefault(as_int(label), order[id(case)])

        def choice(number: int) -> tree.Block:
            return self.block(tree.Assignment(chosen.start, chosen.end, chosen, "=", self.number(number)))

        def leaf(label: int, number: int) -> tree.Block:
            return self.block(self.branch("subject", "==", label, choice(number), None))

        leaves = [(label, leaf(label, number)) for label, number in sorted(found.items())]
        return [
            *self.halved("subject", leaves).statements,
            *self.halved("case", list(enumerate(bodies))).statements,
        ]

    def halved(self, what: str, leaves: Sequence[tuple[int, tree.Block]]) -> tree.Block:
        """The leaf for the largest number that is not above a name's value, by a search."""
        if len(leaves) == 1:
            return leaves[0][1]
        middle = len(leaves) // 2
        left, right = self.halved(what, leaves[:middle]), self.halved(what, leaves[middle:])
        return self.block(self.branch(what, "<", leaves[middle][0], left, right))

    def branch(
        self, what: str, operator: str, number: int, then: tree.Block, otherwise: tree.Block | None
    ) -> tree.Statement:
        condition = self.compared(what, operator, self.number(number))
        return tree.If(self._node.start, self._node.end, condition, then, otherwise)

    def number(self, number: int) -> tree.Expression:
        return self.bind(f"the {number}", integer(number))

    def block(self, *statements: tree.Statement) -> tree.Block:
        return tree.Block(self._node.start, self._node.end, list(statements))


def _joined(items: Sequence[Item], join: Callable[[Item, Item], Item]) -> Item:
    """All joined, by halves, so that the depth stays small."""
    if len(items) == 1:
        return items[0]
    middle = len(items) // 2
    return join(_joined(items[:middle], join), _joined(items[middle:], join))
