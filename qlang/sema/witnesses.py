"""Loop variables' values at the ends of their ranges: proofs that an index goes wrong.

A statement in `for int i in [0:n-1]` is tried at the first and last values of `i`; nested loops are tried in
the combinations that really occur. So an error is reported only where an iteration of the program meets it.
"""

from collections.abc import Iterable, Iterator

from qlang.sema.constants import listed, range_of
from qlang.sema.context import Context, Loop
from qlang.sema.functions import builtins
from qlang.sema.symbols import ConstantSymbol
from qlang.sema.types import Type
from qlang.sema.values import CONSTANTS, Constant, ConstantError, integer
from qlang.syntax import tree

Assignment = dict[str, Constant]

MOST_LOOPS = 4
LONGEST_SET = 64
MOST_VALUES = {1: 64, 2: 12}
"""How many values of each loop are tried thoroughly, by the number of loops."""


def free_names(expressions: Iterable[tree.Expression]) -> set[str]:
    """The names that expressions mention."""
    return {node.name for expression in expressions for node in tree.walk(expression) if isinstance(node, tree.Name)}


def witnesses(context: Context, expressions: Iterable[tree.Expression], thorough: bool = False) -> Iterator[Assignment]:
    """Values of the loop variables in the expressions that certainly occur at this statement.

    The ends of the loops' ranges; with `thorough`, all values of short ranges and the middle of long ones too. Nothing
    where a name has no value that is known, or where the statement may be skipped.
    """
    if context.dead:
        return iter(())
    involved = _involved_loops(context, free_names(expressions))
    if not involved or len(involved) > MOST_LOOPS:
        return iter(())
    return _assignments(context, involved, {}, MOST_VALUES.get(len(involved), 4) if thorough else 4)


def _involved_loops(context: Context, needed: set[str]) -> list[Loop]:
    """The loops whose variables decide the names, outermost first; none where something else decides too."""
    loops: list[Loop] = []
    open_names = set(needed)
    for loop in reversed(context.loops):
        name = loop.symbol.name
        if name not in open_names or context.lookup(name) is not loop.symbol:
            continue
        if not context.is_certain(loop):
            return []
        open_names.remove(name)
        open_names |= free_names([loop.domain])
        loops.append(loop)
    return loops[::-1] if all(_is_known(context, name) for name in open_names) else []


def _is_known(context: Context, name: str) -> bool:
    symbol = context.lookup(name)
    if symbol is None:
        return name in CONSTANTS or name in builtins(context.version)
    return isinstance(symbol, ConstantSymbol) or not hasattr(symbol, "kind") or symbol.kind in ("qubit", "alias")


def _assignments(context: Context, loops: list[Loop], chosen: Assignment, most: int) -> Iterator[Assignment]:
    if not loops:
        yield chosen
        return
    loop = loops[0]
    try:
        values = _ends(loop.domain, with_values(context, chosen), context.version, most)
    except ConstantError:
        return
    for value in values:
        yield from _assignments(context, loops[1:], {**chosen, loop.symbol.name: value}, most)


def _ends(domain: tree.Expression, names: "OverlaidNames", version: int, most: int) -> list[Constant]:
    if isinstance(domain, tree.Range):
        numbers = range_of(domain, None, names, version)
        count = len(numbers)
        picked: Iterable[int] = range(count)
        if count > most:
            picked = (count - 1, 0, 1, count - 2)
            if most > 4:
                picked = (*picked, *range((count - most) // 2, (count + most) // 2))
        return [integer(numbers[index]) for index in picked]
    if isinstance(domain, (tree.IndexSet, tree.ArrayLiteral)):
        return [integer(value) for value in listed(tree.IndexSet(0, 0, domain.items), None, names, version)][
            :LONGEST_SET
        ]
    return []


class OverlaidNames:
    """Names of a context with values for some of them."""

    def __init__(self, context: Context, values: Assignment) -> None:
        self.context = context
        self.values = values

    def __call__(self, name: str) -> Constant | Type | None:
        found = self.values.get(name)
        return self.context.names(name) if found is None else found


def with_values(context: Context, values: Assignment) -> OverlaidNames:
    """The context's names with values for loop variables."""
    return OverlaidNames(context, values)


def described(values: Assignment) -> str:
    """`i = 2, j = 0`, for labels."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())
