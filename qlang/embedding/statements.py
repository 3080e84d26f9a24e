"""A Python function's body as a body of the language: loops and branches are kept, nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from qlang.embedding.assignments import annotated, assign, augmented
from qlang.embedding.calls import definition_called, subroutine_call
from qlang.embedding.expressions import condition, expression, integer
from qlang.embedding.gates import gate_call, other_operation
from qlang.embedding.kinds import BIT, BITS, UNKNOWN, Kind, Value, cast, named
from qlang.embedding.loops import for_loop
from qlang.embedding.reader import Reader, Variable
from qlang.problems import CompileError
from qlang.sema import errors
from qlang.syntax import tree


def block(reader: Reader, body: Sequence[ast.stmt], start: int, end: int) -> tree.Block:
    """The statements of a Python block."""
    return tree.Block(start, end, statements(reader, body))


def statements(reader: Reader, body: Sequence[ast.stmt]) -> list[tree.Statement]:
    """The statements of a block, with the declarations of the variables that live in it.

    A statement without a counterpart is noted in the reader's problems.
    """
    found: list[tree.Statement] = []
    around = reader.present_block
    for node in body:
        reader.present_block = id(body)
        try:
            written = _statement(reader, node)
        except CompileError as error:
            reader.problems += error.diagnostics
            _give_up(reader, node)
            written = []
        except RecursionError:
            problem = reader.refuse(node, "a statement nested this deep", "split it into several")
            reader.problems += problem.diagnostics
            _give_up(reader, node)
            written = []
        found += [*_declarations(reader, id(body)), *written]
    reader.present_block = around
    return found


def _statement(reader: Reader, node: ast.stmt) -> list[tree.Statement]:
    handler = _HANDLERS.get(type(node))
    if handler is None:
        construct, instead = _REFUSED.get(type(node), (f"`{ast.unparse(node).splitlines()[0]}`", ""))
        raise reader.refuse(node, construct, instead)
    written = handler(reader, node)
    return [*reader.take_before(), *written]


def _give_up(reader: Reader, node: ast.stmt) -> None:
    """Leave out a statement with a mistake: nothing more is said about the variables that it gives a value."""
    reader.guards.clear()
    reader.take_before()
    start, _ = reader.position(node)
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            unknown = Variable(UNKNOWN, reader.function.span(part), declared=True, node=tree.Missing(start, start))
            reader.variables[part.id] = unknown
            reader.sure.add(part.id)


def _declarations(reader: Reader, home: int) -> list[tree.Statement]:
    """Declarations of variables of this block that got their first value deeper inside."""
    found: list[tree.Statement] = []
    for name, variable in reader.variables.items():
        if variable.declared or variable.node is not None or reader.scopes.home(name) != home:
            continue
        variable.declared = True
        found.append(_declaration(name, variable))
    return found


def _declaration(name: str, variable: Variable) -> tree.Statement:
    start, end = variable.span.start, variable.span.end
    kind = named(variable.kind, start, end, variable.size)
    return tree.ClassicalDeclaration(start, end, kind, tree.Name(start, end, name), None, None, False)


def _pass(reader: Reader, node: ast.stmt) -> list[tree.Statement]:
    return []


def _expression_statement(reader: Reader, node: ast.Expr) -> list[tree.Statement]:
    if isinstance(node.value, ast.Constant) and (isinstance(node.value.value, str) or node.value.value is ...):
        return []
    if not isinstance(node.value, ast.Call):
        if isinstance(node.value, (ast.Name, ast.Compare)):
            instead = "this statement has no effect"
        else:
            instead = ""
            expression(reader, node.value)
        raise reader.refuse(node, f"`{ast.unparse(node)}` as a statement", instead)
    call = node.value
    start, end = reader.position(call)
    if reader.attribute(call.func) == "measure":
        from qlang.embedding.calls import measurement

        found, _ = measurement(reader, call)
        return [tree.MeasureStatement(start, end, found.qubits, None)]
    gate = None if _is_operation(reader, call) else gate_call(reader, call)
    if gate is not None:
        return [gate]
    subroutine = definition_called(reader, call)
    if subroutine is not None:
        _, written = subroutine_call(reader, call, subroutine)
        return [tree.ExpressionStatement(start, end, written)]
    return other_operation(reader, call)


def _is_operation(reader: Reader, call: ast.Call) -> bool:
    from qlang.operations import REGISTERS

    return reader.attribute(call.func) in REGISTERS


def _if(reader: Reader, node: ast.If) -> list[tree.Statement]:
    start, end = reader.position(node)
    test = condition(reader, node.test)
    before = reader.take_before()
    sure = set(reader.sure)
    then = block(reader, node.body, start, end)
    after_then = reader.sure
    reader.sure = set(sure)
    otherwise = block(reader, node.orelse, start, end) if node.orelse else None
    ways = [way for way, body in ((after_then, node.body), (reader.sure, node.orelse)) if not _leaves(body)]
    reader.sure = set.intersection(*ways) if ways else after_then | reader.sure
    return [*before, tree.If(start, end, test.node, then, otherwise)]


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether what follows a block is never reached from it."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and _leaves(last.body) and _leaves(last.orelse)
    return isinstance(last, (ast.Return, ast.Break, ast.Continue))


def _while(reader: Reader, node: ast.While) -> list[tree.Statement]:
    """A condition that needs statements of its own is tested inside the loop."""
    if node.orelse:
        raise reader.refuse(node, "`while` with `else`", "use a variable that says how the loop ended")
    start, end = reader.position(node)
    outer = reader.take_before()
    test = condition(reader, node.test)
    needed = reader.take_before()
    sure = set(reader.sure)
    body = block(reader, node.body, start, end)
    reader.sure = sure
    if not needed:
        return [*outer, tree.While(start, end, test.node, body)]
    place = reader.position(node.test)
    leave = tree.If(*place, tree.UnaryOp(*place, "!", test.node), tree.Block(*place, [tree.Break(*place)]), None)
    always = tree.BoolLiteral(*place, True)
    return [*outer, tree.While(start, end, always, tree.Block(start, end, [*needed, leave, *body.statements]))]


def _match(reader: Reader, node: ast.Match) -> list[tree.Statement]:
    """`match` over integers as `switch`."""
    start, end = reader.position(node)
    subject = integer(reader, node.subject, "what `match` looks at")
    before = reader.take_before()
    sure, ways, complete = set(reader.sure), [], False
    cases: list[tree.Case] = []
    for case in node.cases:
        if case.guard is not None:
            raise reader.refuse(case.guard, "a `case` with `if`", "put an `if` into the case")
        values = _labels(reader, case.pattern)
        if not values and complete:
            raise reader.refuse(case.pattern, "a second `case _`")
        complete = complete or not values
        reader.sure = set(sure)
        body = block(reader, case.body, start, end)
        if not _leaves(case.body):
            ways.append(reader.sure)
        place = reader.position(case.pattern)
        cases.append(tree.Case(*place, values, body))
    ways += [] if complete else [sure]
    reader.sure = set.intersection(*ways) if ways else sure
    subject_node = subject.node if subject.kind == BITS else cast(Kind("int"), subject)
    return [*before, tree.Switch(start, end, subject_node, cases)]


def _labels(reader: Reader, pattern: ast.pattern) -> list[tree.Expression]:
    match pattern:
        case ast.MatchValue(value=value):
            found = integer(reader, value, "a `case`")
            if found.whole is None:
                raise reader.refuse(pattern, "a `case` that is no number")
            return [found.node]
        case ast.MatchOr(patterns=patterns):
            return [label for part in patterns for label in _labels(reader, part)]
        case ast.MatchAs(pattern=None, name=None):
            return []
        case _:
            raise reader.refuse(pattern, f"`case {ast.unparse(pattern)}`", "write integers, or `_` for all others")


def _break(reader: Reader, node: ast.Break) -> list[tree.Statement]:
    return [tree.Break(*reader.position(node))]


def _continue(reader: Reader, node: ast.Continue) -> list[tree.Statement]:
    return [tree.Continue(*reader.position(node))]


def _return(reader: Reader, node: ast.Return) -> list[tree.Statement]:
    """In a subroutine its value; in a circuit the end of it."""
    start, end = reader.position(node)
    nothing = node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)
    if reader.place == "circuit":
        if not nothing and not _are_outputs(reader, node.value):
            instead = "give it to a variable: the bits of a circuit are its outputs, and may be returned by name"
            raise reader.refuse(node, "a `return` with a value", instead)
        last = node is reader.function.tree.body[-1]
        return [] if last else [tree.End(start, end)]
    if reader.place == "gate":
        raise reader.refuse(node, "`return`")
    if nothing:
        return [tree.Return(start, end, None)]
    assert node.value is not None
    value = _returned(reader, node.value)
    known = reader.result
    if known is None:
        reader.result, reader.result_span = value.kind, reader.function.span(node)
    elif known != value.kind and not (known.name == "float" and value.kind.whole):
        if not (known.logical and value.kind.logical):
            span, first = reader.function.span(node), reader.result_span or reader.function.span(node)
            raise CompileError((errors.embedding.ChangedKind(span, "the result", str(known), str(value.kind), first),))
        value = Value(cast(known, value), known)
    return [tree.Return(start, end, value.node)]


def _are_outputs(reader: Reader, node: ast.expr | None) -> bool:
    """Whether a circuit returns registers of bits by name, which are its outputs anyway."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    names = [part for part in parts if isinstance(part, ast.Name) and reader.scopes.is_local(part.id)]
    return len(names) == len(parts) and all(reader.variable(name).kind in (BIT, BITS, UNKNOWN) for name in names)


def _returned(reader: Reader, node: ast.expr) -> Value:
    if isinstance(node, ast.Call) and reader.attribute(node.func) == "measure":
        from qlang.embedding.calls import measurement

        found, kind = measurement(reader, node)
        return Value(found, kind)
    if isinstance(node, ast.Name) and node.id in reader.variables:
        size = reader.variables[node.id].size
        reader.result_size = size if isinstance(size, tree.IntLiteral) else None
    found_value = expression(reader, node)
    if not found_value.kind.number:
        raise reader.refuse(node, f"a result that is a {found_value.kind}")
    return found_value


_HANDLERS: dict[type[ast.stmt], Callable[..., list[tree.Statement]]] = {
    ast.Pass: _pass,
    ast.Expr: _expression_statement,
    ast.Assign: assign,
    ast.AnnAssign: annotated,
    ast.AugAssign: augmented,
    ast.For: for_loop,
    ast.While: _while,
    ast.If: _if,
    ast.Match: _match,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Return: _return,
}
_REFUSED: dict[type[ast.stmt], tuple[str, str]] = {
    ast.With: ("`with`", ""),
    ast.Try: ("`try`", "circuits raise nothing; use `if`"),
    ast.Raise: ("`raise`", "circuits raise nothing; use `if`"),
    ast.Assert: ("`assert`", "check parameters outside"),
    ast.FunctionDef: ("a function inside", "define it outside, under `@ql.gate` or `@ql.circuit`"),
    ast.AsyncFunctionDef: ("an `async` function", ""),
    ast.ClassDef: ("a class", ""),
    ast.Import: ("`import`", "import at the top of the file"),
    ast.ImportFrom: ("`import`", "import at the top of the file"),
    ast.Global: ("`global`", "names from outside are read once; pass what changes as a parameter"),
    ast.Nonlocal: ("`nonlocal`", "names from outside are read once; pass what changes as a parameter"),
    ast.Delete: ("`del`", ""),
}
