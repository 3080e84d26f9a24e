"""Reading files: bytes that are text become a `Source`, all others a diagnostic."""

from pathlib import Path

from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source, Span

MAX_BYTES = 32 * 1024 * 1024


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
        return _cannot_read(shown, error.strerror or type(error).__name__)
    except ValueError:  # a zero byte in the name
        return _cannot_read(shown, "not a possible file name")


def _cannot_read(name: str, reason: str) -> Diagnostic:
    from qlang.syntax.file_errors import CannotRead

    return CannotRead(_nowhere(name), name, reason)


def _decode(data: bytes, name: str) -> Source | Diagnostic:
    null = data.find(b"\0")
    if len(data) <= MAX_BYTES and null < 0:
        try:
            return Source(name, data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            return _undecodable(name, error.start, data)
    from qlang.syntax.file_errors import FileTooLarge, NullCharacter

    if len(data) > MAX_BYTES:
        return FileTooLarge(_nowhere(name), MAX_BYTES)
    return _undecodable(name, 0, data) if data[:2] in _UTF16 else NullCharacter(_nowhere(name), null)


_UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks."""


def _undecodable(name: str, offset: int, data: bytes) -> Diagnostic:
    from qlang.syntax.file_errors import BadEncoding

    return BadEncoding(_nowhere(name), offset, "utf-16" if data[:2] in _UTF16 else "")


def _nowhere(name: str) -> Span:
    """A place in a file whose text could not be read."""
    return Span(Source(name, ""), 0, 0)
