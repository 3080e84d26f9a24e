"""What `break`, `continue`, `return` and `end` leave, and how a body that was left is known to be.

Each body that can be left — the circuit, a subroutine, a loop's body — is a level with flags: variables that regions
carry like any other. A jump sets the flags of all levels that it leaves; whatever follows a statement that may have
jumped is lowered within a branch on the flag (`exits`). A flag that is a constant costs nothing: code that cannot be
left early gets no branch, and what stands behind a jump that is certain is not lowered.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from qlang.sema.types import BOOL
from qlang.sema.values import boolean

if TYPE_CHECKING:
    from qlang.compiler.lowering.frame import Variable

Jump = Literal["break", "continue", "return", "end"]
Body = Literal["circuit", "subroutine", "loop"]

_CAUGHT_BY: dict[Jump, Body] = {"break": "loop", "continue": "loop", "return": "subroutine", "end": "circuit"}

FALSE = boolean(False)
TRUE = boolean(True)


@dataclass(slots=True)
class Level:
    """A body that can be left."""

    body: Body
    skip: "Variable"
    """Whether the rest of the body is left out."""
    stop: "Variable | None" = None
    """Of a loop: whether no further iteration follows. The same variable as `skip` where nothing else is skipped."""
    result: "Variable | None" = None
    """Of a subroutine that returns early: the value."""

    def flags(self, jump: Jump) -> "Iterator[Variable]":
        """What a jump out of this body sets."""
        yield self.skip
        if jump != "continue" and self.stop is not None and self.stop is not self.skip:
            yield self.stop


def flag() -> "Variable":
    """A flag that is not set."""
    from qlang.compiler.lowering.frame import Variable

    return Variable(BOOL, FALSE)


def left(levels: Sequence[Level], jump: Jump) -> Iterator[Level]:
    """The levels that a jump leaves, innermost first."""
    for level in reversed(levels):
        yield level
        if level.body == _CAUGHT_BY[jump]:
            return


def set_flags(levels: Sequence[Level], jump: Jump) -> None:
    """Jump: the flags of all levels that are left become true."""
    for level in left(levels, jump):
        for variable in level.flags(jump):
            variable.value = TRUE


def touched(levels: Sequence[Level], jumps: Iterable[Jump]) -> "list[Variable]":
    """The variables that these jumps may change, each once, outermost level first."""
    found: set[int] = set()
    for jump in jumps:
        for level in left(levels, jump):
            found.update(id(variable) for variable in level.flags(jump))
            if jump == "return" and level.result is not None:
                found.add(id(level.result))
    variables = [v for level in levels for v in (*level.flags("end"), level.result) if v is not None]
    return [variable for variable in variables if id(variable) in found]


def all_flags(levels: Sequence[Level]) -> "Iterator[Variable]":
    """The flags of all levels."""
    for level in levels:
        yield from level.flags("end")


__all__ = ["FALSE", "TRUE", "Jump", "Level", "all_flags", "flag", "left", "set_flags", "touched"]
