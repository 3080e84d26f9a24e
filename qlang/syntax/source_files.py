"""Reading files: bytes that are text become a `Source`, all others a diagnostic."""

from pathlib import Path

from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.errors import BadEncoding, CannotRead, FileTooLarge, NullCharacter
from qlang.syntax.source import Source, Span

MAX_BYTES = 64 * 1024 * 1024


def read_source(origin: Path | str | bytes, name: str | None = None) -> Source | Diagnostic:
    """The text of a file, or of bytes that were read already; UTF-8, with or without byte order mark.

    `name` is what the user calls it, by default the path as given.
    """
    shown = name or ("<bytes>" if isinstance(origin, bytes) else str(origin))
    if isinstance(origin, bytes):
        return _decode(origin, shown)
    try:
        with Path(origin).open("rb") as file:
            return _decode(file.read(MAX_BYTES + 1), shown)
    except OSError as error:
        return CannotRead(_nowhere(shown), shown, error.strerror or type(error).__name__)
    except ValueError:  # a zero byte in the name
        return CannotRead(_nowhere(shown), shown, "not a possible file name")


def _decode(data: bytes, name: str) -> Source | Diagnostic:
    if len(data) > MAX_BYTES:
        return FileTooLarge(_nowhere(name), MAX_BYTES)
    null = data.find(b"\0")
    if null >= 0:
        return NullCharacter(_nowhere(name), null)
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return BadEncoding(_nowhere(name), error.start)


def _nowhere(name: str) -> Span:
    """A place in a file whose text could not be read."""
    return Span(Source(name, ""), 0, 0)
