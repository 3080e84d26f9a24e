"""What stops a search, as data."""

from __future__ import annotations


class TuningError(Exception):
    """The root of what this room raises for a user's choice or a machine's refusal."""

    help = ""


class UnknownStrategy(TuningError):
    """No strategy has this name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no search strategy `{name}`")
        self.name, self.known = name, known
        self.help = f"the strategies are {', '.join(known)}"


class StrategyUnavailable(TuningError):
    """The strategy needs a package that is not installed."""

    def __init__(self, name: str, package: str) -> None:
        super().__init__(f"the strategy `{name}` needs {package}, which is not installed")
        self.name, self.package = name, package
        self.help = "install the extra: pip install 'qlang[tune]'; `local` and `random` need nothing"


class BadBudget(TuningError):
    """A budget that allows nothing, or everything."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"the budget `{text}` {reason}")
        self.text, self.reason = text, reason
        self.help = "a number of measurements (40) or of seconds (90s)"


class SpaceTooLarge(TuningError):
    """A space with more points than a search here can keep in mind."""

    def __init__(self, points: int, limit: int) -> None:
        super().__init__(f"the space has {points} points, more than {limit}")
        self.points, self.limit = points, limit


class Invalid(TuningError):
    """A configuration that cannot be used; `kind` is T4's word for why.

    Raised by what is measured; the search goes on with another configuration.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind, self.reason = kind, reason


class NoFolder(TuningError):
    """The system knows no home of this user, where records would be kept."""

    help = "set XDG_CACHE_HOME to a folder that you can write to"

    def __init__(self) -> None:
        super().__init__("there is no folder for tuning records: this user has no home")


class CannotStore(TuningError):
    """The record could not be written."""

    help = "make room for it, or set XDG_CACHE_HOME to a folder that you can write to"

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"cannot write the tuning record {path}: {reason}")
        self.path, self.reason = path, reason
