"""What a term of an SLA (`plan.bound`) is called and when it is kept: before a run, after it and in reports."""


def bound_name(metric: str, argument: str | None) -> str:
    """`fidelity`, `stderr(energy)`."""
    return f"{metric}({argument})" if argument else metric


def keeps(relation: str, limit: float, low: float, high: float) -> bool:
    """Whether a value between `low` and `high` keeps a bound for certain: judged by its unfavourable end."""
    return low >= limit if relation.startswith(">") else high <= limit
