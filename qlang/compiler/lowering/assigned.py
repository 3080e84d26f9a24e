"""Which variables a body may change: what a loop or branch has to carry."""

from qlang.syntax import tree


def assigned_names(body: tree.Node) -> set[str]:
    """Names that statements below assign to or measure into; names declared inside are harmless extras."""
    found: set[str] = set()
    for node in tree.walk(body):
        match node:
            case tree.Assignment(target=target) | tree.MeasureStatement(target=tree.Expression() as target):
                found.add(_base_name(target))
            case _:
                continue
    return found


def _base_name(target: tree.Expression) -> str:
    while isinstance(target, tree.Index):
        target = target.base
    return target.name if isinstance(target, tree.Name) else ""
