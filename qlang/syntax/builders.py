"""The rules with their tree builders, as the driver wants them."""

from functools import cache

from qlang.syntax.actions_declarations import ACTIONS as DECLARATION_ACTIONS
from qlang.syntax.actions_expressions import ACTIONS as EXPRESSION_ACTIONS
from qlang.syntax.actions_job import ACTIONS as JOB_ACTIONS
from qlang.syntax.actions_statements import ACTIONS as STATEMENT_ACTIONS
from qlang.syntax.context import Action
from qlang.syntax.tables import load

CompiledRule = tuple[int, int, Action | None]
"""Length, nonterminal, builder; no builder where the only symbol's value passes on."""


@cache
def compiled_rules() -> list[CompiledRule]:
    """Every rule of the grammar, by number."""
    actions = {**EXPRESSION_ACTIONS, **STATEMENT_ACTIONS, **DECLARATION_ACTIONS, **JOB_ACTIONS}
    return [(rule.length, rule.nonterminal, actions[rule.action] if rule.action else None) for rule in load().rules]
