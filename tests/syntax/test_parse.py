"""Correct texts give trees, with the spans of what was written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.syntax import parser, tree
from qlang.syntax.lexer import lex
from qlang.syntax.parser import parse
from qlang.syntax.source import Source

PROGRAMS = sorted((Path(__file__).parent / "programs").iterdir())


def parsed(text: str) -> tree.Program:
    result = parse(Source("test.qjob", text))
    assert [diagnostic.message() for diagnostic in result.diagnostics] == []
    return result.program


def test_programs_have_no_mistakes(program: str) -> None:
    parsed(program)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_trees(path: Path, golden: Callable[[str, str], None]) -> None:
    statements = parsed(path.read_text(encoding="utf-8")).statements
    golden("".join(f"{statement!r}\n" for statement in statements), f"{path.name}.tree")


def test_spans_are_those_of_tokens_and_nest(small_program: str) -> None:
    tokens = lex(small_program)
    starts, ends = set(tokens.starts), set(tokens.ends)
    for node in tree.walk(parsed(small_program)):
        if isinstance(node, tree.Program | tree.Comment):
            continue
        assert node.start in starts, node
        assert node.end in ends, node
        for child in tree.children(node):
            assert node.start <= child.start <= child.end <= node.end, (node, child)


EXPRESSIONS = (tree.BinaryOp, tree.UnaryOp, tree.Call, tree.Index, tree.Cast, tree.Quantity, tree.BitStringLiteral)


def test_expressions_can_be_cut_out_and_parsed_alone(small_program: str, shape: Callable[..., object]) -> None:
    seen = set()
    version = "OPENQASM 2.0; " if parse(Source("t", small_program)).version == 2 else ""
    for node in tree.walk(parsed(small_program)):
        text = small_program[node.start : node.end]
        if type(node) in EXPRESSIONS and text not in seen:
            seen.add(text)
            again = parse(Source("cut", f"{version}let x = {text};"))
            if any(word in text for word in ("within", " and ", '"ibm"', "legacy")):
                assert again.diagnostics  # conditions of jobs and calls with operands are no expressions
                continue
            statement = again.program.statements[-1]
            assert isinstance(statement, tree.Alias)
            if not (isinstance(node, tree.Call) and text == node.callee.name):  # `run circuit;`, a call without ()
                assert shape(statement.value) == shape(node), text


def test_a_gate_call_keeps_its_parts() -> None:
    (gate,) = parsed("ctrl(2) @ inv @ rz(pi / 2)[10ns] q[0], q[1], $2;").statements
    assert isinstance(gate, tree.GateCall)
    assert [modifier.kind for modifier in gate.modifiers] == ["ctrl", "inv"]
    assert gate.name.name == "rz"
    assert isinstance(gate.parameters[0], tree.BinaryOp)
    assert isinstance(gate.duration, tree.Quantity)
    assert [type(operand) for operand in gate.operands] == [tree.Index, tree.Index, tree.HardwareQubit]


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a ** b ** c", "(a ** (b ** c))"),
        ("-a ** b", "(-(a ** b))"),
        ("a ** -b", "(a ** (-b))"),
        ("-a * b", "((-a) * b)"),
        ("a < b == c", "((a < b) == c)"),
        ("a | b ^ c & d", "(a | (b ^ (c & d)))"),
        ("a || b && c", "(a || (b && c))"),
        ("a << b + c", "(a << (b + c))"),
        ("!a && b", "((!a) && b)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a + sum(int i in s) b * c + d", "((a + sum(b * c)) + d)"),
        ("a * sum(int i in s) b / c", "(a * sum(b / c))"),
        ("-sum(int i in s) -b", "(-sum(-b))"),
        ("sum(int i in s) prod(int j in s) b * c", "sum(prod(b * c))"),
    ],
)
def test_operators_bind_as_in_openqasm(text: str, grouped: str) -> None:
    def show(node: tree.Node) -> str:
        match node:
            case tree.Name():
                return node.name
            case tree.UnaryOp():
                return f"({node.operator}{show(node.operand)})"
            case tree.BinaryOp():
                return f"({show(node.left)} {node.operator} {show(node.right)})"
            case tree.Reduction():
                inner = show(node.body)
                return f"{node.kind}({inner[1:-1] if inner[0] == '(' else inner})"
        raise AssertionError(node)

    (statement,) = parsed(f"x = {text};").statements
    assert isinstance(statement, tree.Assignment)
    assert show(statement.value) == grouped


def test_an_else_belongs_to_the_nearest_if() -> None:
    (outer,) = parsed("if (a) if (b) x q; else y q;").statements
    assert isinstance(outer, tree.If)
    assert outer.otherwise is None
    (inner,) = outer.then.statements
    assert isinstance(inner, tree.If)
    assert inner.otherwise is not None


@pytest.mark.parametrize(
    ("text", "version"),
    [("x q;", 3), ("OPENQASM 3.1; x q;", 3), ("// a\n/* b */ OPENQASM 2.0;\nx q;", 2), ("OPENQASM 2;", 2)],
)
def test_versions(text: str, version: int) -> None:
    assert parse(Source("t", text)).version == version


@pytest.mark.parametrize(
    "word", ["run", "shots", "state", "in", "on", "like", "auto", "within", "sum", "zip", "job", "noise", "pow", "ns"]
)
def test_words_of_the_job_language_are_names_elsewhere(word: str) -> None:
    parsed(f"int {word} = 3; {word} = {word} + 1; x {word}; x {word}[2]; f({word}); qubit[2] {word};")


@pytest.mark.parametrize("word", ["let", "for", "input", "angle", "box", "switch", "true", "return", "durationof"])
def test_words_of_openqasm_3_are_names_in_openqasm_2(word: str) -> None:
    parsed(f"OPENQASM 2.0; qreg {word}[2]; creg c[2]; gate g {word} {{ x {word}; }} cx {word}[0], {word}[1]; ")
    assert parse(Source("t", f"qreg {word}[2];")).diagnostics


def test_numbers_keep_their_values() -> None:
    (declaration,) = parsed(
        "array[float, 9] a = {0xFF, 0b1_01, 0o17, 1_000, 007, 1.5e-3, 2.5 us, 1e3dt, 3 µs};"
    ).statements
    assert isinstance(declaration, tree.ClassicalDeclaration)
    assert isinstance(declaration.value, tree.ArrayLiteral)
    values = [(item.value, getattr(item, "unit", None)) for item in declaration.value.items]
    assert values == [
        (255, None), (5, None), (15, None), (1000, None), (7, None), (0.0015, None),
        (2.5, "us"), (1000.0, "dt"), (3.0, "us"),
    ]  # fmt: skip


def test_garbage_collection_is_as_before() -> None:
    import gc

    gc.disable()
    try:
        parse(Source("t", "x q;"))
        assert not gc.isenabled()
    finally:
        gc.enable()
    parse(Source("t", "x q;"))
    assert gc.isenabled()


def test_the_shortcut_for_flat_gates_changes_nothing(small_program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def positions(program: tree.Program) -> list[tuple[str, int, int]]:
        return [(repr(node), node.start, node.end) for node in tree.walk(program)]

    with_it = positions(parsed(small_program))
    monkeypatch.setattr(parser, "kinds_as_text", lambda kinds: "")
    assert positions(parsed(small_program)) == with_it
