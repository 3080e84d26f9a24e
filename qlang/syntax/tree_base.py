"""What all nodes of the syntax tree share: their position, and their fields."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

NodeClass = TypeVar("NodeClass")


@dataclass_transform(eq_default=False)
def node(cls: type[NodeClass]) -> type[NodeClass]:
    """A dataclass without the generated parts that a tree of this size does not use."""
    return dataclass(slots=True, eq=False, repr=False)(cls)


@node
class Node:
    start: int
    end: int

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in field_names(type(self)))
        return f"{type(self).__name__}({shown})"


_FIELDS: dict[type[Node], tuple[str, ...]] = {}


def field_names(kind: type[Node]) -> tuple[str, ...]:
    """The names of a node's own fields, without its position."""
    found = _FIELDS.get(kind)
    if found is None:
        slots = (name for base in reversed(kind.__mro__) for name in getattr(base, "__slots__", ()))
        found = _FIELDS[kind] = tuple(name for name in slots if name not in ("start", "end"))
    return found


@node
class Expression(Node):
    pass


@node
class Statement(Node):
    pass


@node
class Block(Node):
    """Statements between braces."""

    statements: list[Statement]


@node
class Comment(Node):
    """A comment's position; its text is in the source."""


@node
class Program(Node):
    """A whole file."""

    statements: list[Statement]
    comments: list[Comment]
