"""How a verb gives up: a sentence for the user, a way out, and an exit status."""

from qlang.compiler.exit_codes import USAGE


class Failure(Exception):
    """Raised by verbs, written as `error: …` by the command; never a traceback."""

    def __init__(self, message: str, help: str = "", status: int = USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.status = status
