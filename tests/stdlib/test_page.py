"""`docs/stdlib.md` is the comments of the library (`--update-golden` rewrites it); each example in them is right."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from qlang import stdlib
from qlang.compiler.driver import Options, compile_source
from qlang.compiler.editor.comments import Comment, comment_above, comment_of
from qlang.sema.loader import standard_source
from qlang.syntax import tree
from qlang.syntax.parser import parse
from qlang.syntax.source import Source

PAGE = Path(__file__).parents[2] / "docs" / "stdlib.md"
HEAD = """\
# Standard library

Modules written in qlang itself; `import std.NAME;` brings in all definitions of one. A definition of one's own with the
same name comes first. In Python they are `ql.std` ([python.md](python.md)). The text below is made of the comments in
the source, `qlang/stdlib/std`, and every example in it compiles. This page is generated: `pytest tests/stdlib
--update-golden`.
"""
KINDS = (
    tree.GateDefinition,
    tree.SubroutineDefinition,
    tree.CircuitDefinition,
    tree.ObservableDefinition,
    tree.NoiseDefinition,
)


@dataclass(frozen=True)
class Entry:
    """A definition of the library."""

    module: str
    node: tree.Statement
    name: str
    signature: str
    comment: Comment


def source_of(module: str) -> Source:
    source = standard_source(f"std/{module}.qjob")
    assert source is not None
    return source


def entries(module: str) -> list[Entry]:
    source = source_of(module)
    found = []
    for node in parse(source).program.statements:
        if isinstance(node, KINDS):
            text = source.text[node.start : node.end]
            head = text.partition(" {")[0]
            if isinstance(node, tree.ObservableDefinition):
                head = text[: node.value.start - node.start].rstrip().removesuffix("=")
            signature = re.sub(r"\( ", "(", re.sub(r" \)", ")", " ".join(head.split())))
            found.append(Entry(module, node, node.name.name, signature, comment_above(source, node.start)))
    return found


def registers(entry: Entry) -> str:
    """What a job may ask of a circuit."""
    if not isinstance(entry.node, tree.CircuitDefinition):
        return ""
    text = source_of(entry.module).text
    declared = [
        " ".join(text[node.start : node.end].removesuffix(";").split())
        for node in entry.node.body.statements
        if isinstance(node, tree.QubitDeclaration)
        or (isinstance(node, tree.ClassicalDeclaration) and node.type.name == "bit")
    ]
    return f" Registers: {', '.join(f'`{each}`' for each in declared)}."


def headline(module: str) -> Comment:
    """The first comment of a module."""
    lines = source_of(module).text.splitlines()
    block = lines[: next((k for k, line in enumerate(lines) if not line.startswith("//")), len(lines))]
    return comment_of([line.removeprefix("//").strip() for line in block])


def page() -> str:
    parts = [HEAD]
    for module in stdlib.MODULES:
        title, _, text = headline(module).text.partition("\n\n")
        parts.append(f"\n## std.{module}\n\n{title.partition(':')[0]}. {text}\n")
        statements = parse(source_of(module)).program.statements
        imported = [node.module for node in statements if isinstance(node, tree.Import)]
        if imported:
            parts.append(f"\nWith {', '.join(f'`{name}`' for name in imported)}.\n")
        for entry in entries(module):
            examples = "".join(f"{example}\n" for example in entry.comment.examples)
            text = f"{entry.comment.text}{registers(entry)}"
            parts.append(f"\n### `{entry.signature}`\n\n{text}\n\n```qjob\n{examples}```\n")
    return "".join(parts)


def test_the_page_is_up_to_date(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


ENTRIES = [entry for module in stdlib.MODULES for entry in entries(module)]


def test_every_definition_has_a_text_and_an_example() -> None:
    assert [entry.name for entry in ENTRIES if not entry.comment.text.endswith(".") or not entry.comment.examples] == []
    assert len(ENTRIES) > 120


def test_names_are_used_once() -> None:
    """All modules may be imported together."""
    names = [entry.name for entry in ENTRIES]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def program(entry: Entry, example: str) -> str:
    """The example where it can stand."""
    imports = f"import std.{entry.module};\n"
    match entry.node:
        case tree.CircuitDefinition():
            first = next(node for node in entry.node.body.statements if isinstance(node, tree.QubitDeclaration))
            single = "" if first.size is None else "[0]"
            return f"{imports}job j {{ {example} expect e = Z({first.name.name}{single}); }}\n"
        case tree.ObservableDefinition():
            circuit = "circuit t() { qubit[4] q; h q; }\n"
            return f"{imports}{circuit}job j {{ run t(); expect e = {example}; }}\n"
        case tree.NoiseDefinition():
            circuit = "circuit t() { qubit[4] q; h q; }\n"
            return f"{imports}{circuit}job j {{ run t(); sample q; shots 10; {example} }}\n"
    return f"{imports}circuit t() {{ qubit[4] q; h q; {example} }}\njob j {{ run t(); sample q; }}\n"


@pytest.mark.parametrize("module", stdlib.MODULES)
def test_examples(module: str) -> None:
    for entry in entries(module):
        for example in entry.comment.examples:
            assert entry.name in example
            found = compile_source(Source("test.qjob", program(entry, example)), Options(seed=1), stop_after="ir")
            assert found.diagnostics == (), (entry.name, [each.message() for each in found.diagnostics])


@pytest.mark.parametrize("module", stdlib.MODULES)
def test_sources_are_laid_out(module: str, tmp_path: Path, in_workspace: Path) -> None:
    from qlang.compiler.cli import main

    path = tmp_path / f"{module}.qjob"
    path.write_text(source_of(module).text, encoding="utf-8")
    assert main(["fmt", "--check", str(path)]) == 0
    assert all(len(line) <= 120 for line in source_of(module).text.splitlines())
