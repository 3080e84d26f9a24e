"""The comment above a definition, which documents it.

Line comments without an empty line between them and the definition are its text, in Markdown. A line `Example: …` is a
piece of source that shows its use.
"""

from dataclasses import dataclass

from qlang.syntax.source import Source

_EXAMPLE = "Example:"


@dataclass(frozen=True, slots=True)
class Comment:
    """What stands above a definition."""

    text: str
    """Paragraphs, an empty line between them."""
    examples: tuple[str, ...]
    """Pieces of source."""


def comment_above(source: Source, offset: int) -> Comment:
    """The comment above the line of an offset; empty where there is none."""
    text = source.text
    lines: list[str] = []
    end = text.rfind("\n", 0, offset)
    while end >= 0:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end].strip()
        if not line.startswith("//"):
            break
        lines.append(line.removeprefix("//").strip())
        end = start - 1
    return comment_of(lines[::-1])


def comment_of(lines: list[str]) -> Comment:
    """The comment that lines without their slashes make."""
    examples = tuple(line.removeprefix(_EXAMPLE).strip() for line in lines if line.startswith(_EXAMPLE))
    words = "\n".join(line for line in lines if not line.startswith(_EXAMPLE))
    paragraphs = (" ".join(paragraph.split("\n")) for paragraph in words.split("\n\n"))
    return Comment("\n\n".join(paragraphs).strip(), examples)


def markdown(comment: Comment) -> str:
    """Text and examples, as hovers show them."""
    shown = [comment.text] if comment.text else []
    shown += [f"```qjob\n{example}\n```" for example in comment.examples]
    return "\n\n".join(shown)
