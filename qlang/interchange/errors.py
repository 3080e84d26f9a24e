"""What cannot be carried over, as data; the compiler and the Python API turn it into diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qlang.ir.spans import Place


class ConversionError(Exception):
    """Base: a construct that one side has and the other has not.

    `construct` names it as its side spells it; `instead` is a way out; `line` counts from 1 in a text that was read,
    `place` is where it stands in the program that is written.
    """

    def __init__(self, construct: str, instead: str = "", *, line: int | None = None, place: Place | None = None):
        super().__init__(construct)
        self.construct = construct
        self.instead = instead
        self.line = line
        self.place = place


class CannotRead(ConversionError):
    """A foreign instruction that has no equivalent here; `framework` is where it comes from."""

    def __init__(self, framework: str, construct: str, instead: str = "", *, line: int | None = None):
        super().__init__(construct, instead, line=line)
        self.framework = framework


class Unbound(CannotRead):
    """A symbol that must have a value before a circuit can be read; `construct` is its name."""


class NotANumber(CannotRead):
    """An angle that is NaN or infinite; `construct` says where."""


class BrokenText(CannotRead):
    """A foreign text that is not in its language; `construct` says what is wrong with it."""


class CannotWrite(ConversionError):
    """A construct that the target cannot say; `target` is its name."""

    def __init__(
        self,
        target: str,
        construct: str,
        instead: str = "",
        *,
        place: Place | None = None,
        offsets: tuple[int, int] | None = None,
    ):
        super().__init__(construct, instead, place=place)
        self.target = target
        self.offsets = offsets
        """Where in the file of `place` it stands, more exactly."""
