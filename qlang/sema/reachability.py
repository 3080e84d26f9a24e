"""What never runs and what never ends, as far as the text alone says it.

Only conditions and ranges that are written as literals count: `const bool debug = false; if (debug) …` is a switch, not
a mistake.
"""

from collections.abc import Iterator, Sequence

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.symbols import SubroutineSymbol
from qlang.syntax import tree

_LEAVES = (tree.End, tree.Return)
_LOOPS = (tree.While, tree.For)


def is_literal(node: tree.Expression) -> bool:
    """Whether an expression holds no name and no call, so that its value is plain to every reader."""
    return not any(isinstance(part, (tree.Name, tree.Call, tree.Measurement, tree.Missing)) for part in tree.walk(node))


def ends_block(statement: tree.Statement) -> bool:
    """Whether what stands after a statement in its block is never reached."""
    match statement:
        case tree.End() | tree.Return() | tree.Break() | tree.Continue():
            return True
        case tree.Annotated():
            return ends_block(statement.statement)
        case tree.Scope():
            return block_ends(statement.body)
        case tree.If(otherwise=tree.Block() as otherwise):
            return block_ends(statement.then) and block_ends(otherwise)
        case tree.Switch():
            complete = any(not case.values for case in statement.cases)
            return complete and all(block_ends(case.body) for case in statement.cases)
        case tree.While():
            return _is_true(statement.condition) and not any(
                isinstance(leaving, tree.Break) for leaving in _leaving(statement.body.statements)
            )
        case _:
            return False


ENDING = frozenset(
    {tree.End, tree.Return, tree.Break, tree.Continue, tree.Annotated, tree.Scope, tree.If, tree.Switch, tree.While}
)
"""Statements for which `ends_block` may be true."""


def block_ends(block: tree.Block) -> bool:
    """Whether no way leads past the end of a block."""
    return any(type(statement) in ENDING and ends_block(statement) for statement in block.statements)


def _is_true(node: tree.Expression) -> bool:
    match node:
        case tree.BoolLiteral():
            return node.value
        case tree.IntLiteral():
            return node.value != 0
        case _:
            return False


def may_be_left(context: Context, body: tree.Block) -> bool:
    """Whether a loop with this body may end before its values do: no iteration but the first is certain then."""
    if any(True for _ in _leaving(body.statements)):
        return True
    called = {
        node.callee.name if isinstance(node, tree.Call) else node.name.name
        for node in tree.walk(body)
        if isinstance(node, (tree.Call, tree.GateCall))
    }
    symbols = [symbol for name in called if isinstance(symbol := context.lookup(name), SubroutineSymbol)]
    return any(isinstance(node, tree.End) for each in symbols for node in tree.walk(each.definition.body))


def _leaving(statements: Sequence[tree.Statement], inner: bool = False) -> Iterator[tree.Statement]:
    """The statements that leave a loop with this body; the `break` of a loop inside leaves only that one."""
    for statement in statements:
        if isinstance(statement, _LEAVES) or (isinstance(statement, tree.Break) and not inner):
            yield statement
        deeper = inner or isinstance(statement, _LOOPS)
        for block in _blocks(statement):
            yield from _leaving(block.statements, deeper)


def _blocks(statement: tree.Statement) -> Iterator[tree.Block]:
    match statement:
        case tree.Annotated():
            yield from _blocks(statement.statement)
        case tree.If():
            yield statement.then
            if statement.otherwise is not None:
                yield statement.otherwise
        case tree.Switch():
            yield from (case.body for case in statement.cases)
        case tree.While() | tree.For() | tree.Scope() | tree.Box():
            yield statement.body
        case _:
            return


def check_excluded(context: Context, condition: tree.Expression, truth: bool | None, block: tree.Block | None) -> None:
    """Warn of a block that a literal condition excludes."""
    if truth is None or block is None or not block.statements or not is_literal(condition):
        return
    first, last = block.statements[0], block.statements[-1]
    span = context.scope.span(tree.Missing(first.start, last.end))
    words = "true" if truth else "false"
    context.report(errors.dead_code.ConstantCondition(span, truth=words, condition=context.span(condition)))


def check_endless(context: Context, node: tree.While, truth: bool | None) -> None:
    """Warn of a loop whose condition nothing changes and that nothing leaves."""
    if truth is False or not node.body.statements or any(_leaving(node.body.statements)):
        return
    if any(isinstance(part, tree.ErrorNode) for part in tree.walk(node)):
        return
    if truth is True:
        if _is_true(node.condition):
            context.report(errors.dead_code.EndlessLoop(context.span(node.condition), reason="this is always true"))
        return
    parts = list(tree.walk(node.condition))
    if any(isinstance(part, (tree.Call, tree.Measurement, tree.Missing)) for part in parts):
        return
    names = {part.name for part in parts if isinstance(part, tree.Name)}
    if names and not names & set(_changed(node.body)):
        shown = ", ".join(f"`{name}`" for name in sorted(names))
        context.report(
            errors.dead_code.EndlessLoop(context.span(node.condition), reason=f"the loop does not change {shown}")
        )


def _changed(body: tree.Block) -> Iterator[str]:
    """Names whose values a body may change: assigned, measured into, or handed to a subroutine."""
    for part in tree.walk(body):
        changed: list[tree.Expression] = []
        match part:
            case tree.Assignment(target=target) | tree.MeasureStatement(target=tree.Expression() as target):
                changed = [target]
            case tree.Call():
                changed = [argument.value for argument in part.arguments]
            case tree.Alias():
                changed = [part.value]
            case _:
                continue
        for expression in changed:
            yield from (each.name for each in tree.walk(expression) if isinstance(each, tree.Name))


def check_empty_range(context: Context, node: tree.Expression) -> None:
    """Warn of a loop over a literal range without numbers; called where it is known to be empty."""
    if not isinstance(node, tree.Range) or not is_literal(node) or node.first is None or node.last is None:
        return
    span = context.span(node)
    inner = span.text.strip().removeprefix("[").removesuffix("]").strip()
    back = None
    if node.step is None:
        back = f"{context.span(node.first).text}:-1:{context.span(node.last).text}"
    context.report(errors.dead_code.EmptyLoop(span, range=inner, reversed=back))
