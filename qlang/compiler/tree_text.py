"""The syntax tree as text: one node per line, indented by depth.

Program
  statements:
    QubitDeclaration name='q' @0..11
"""

from __future__ import annotations

from typing import Any

from qlang.syntax.source import Source
from qlang.syntax.tree import Node, field_names


def tree_text(tree: Node, source: Source, *, spans: bool) -> str:
    """The whole tree; with `spans`, each node says where it begins and ends as line:column."""
    lines: list[str] = []
    pending: list[tuple[int, str, Any]] = [(0, "", tree)]
    while pending:  # no recursion: trees may be as deep as the parser allows
        depth, label, value = pending.pop()
        indent = "  " * depth + label
        if isinstance(value, Node):
            plain, nested = _fields(value)
            lines.append(f"{indent}{type(value).__name__}{plain}{_place(value, source) if spans else ''}")
            pending.extend((depth + 1, f"{name}: ", item) for name, item in reversed(nested))
        elif isinstance(value, (list, tuple)):
            lines.append(indent.rstrip())
            pending.extend((depth + 1, "", item) for item in reversed(value))
        else:
            lines.append(f"{indent}{value!r}")
    return "\n".join(lines) + "\n"


def _fields(node: Node) -> tuple[str, list[tuple[str, Any]]]:
    """Fields that fit on the node's line, and those with nodes in them."""
    plain, nested = "", []
    for name in field_names(type(node)):
        value = getattr(node, name)
        if isinstance(value, Node) or (isinstance(value, (list, tuple)) and _has_nodes(value)):
            nested.append((name, value))
        elif value not in (None, (), []):
            plain += f" {name}={value!r}"
    return plain, nested


def _has_nodes(values: Any) -> bool:
    return any(isinstance(item, (Node, list, tuple)) for item in values)


def _place(node: Node, source: Source) -> str:
    line, column = source.line_column(node.start)
    end_line, end_column = source.line_column(node.end)
    return f" @{line}:{column}-{end_line}:{end_column}"
