"""Giving a user's file a new text: in one step, with its permissions, its byte order mark and its links kept."""

from __future__ import annotations

import stat
from codecs import BOM_UTF8
from io import StringIO
from pathlib import Path

from qlang.compiler import exit_codes
from qlang.compiler.failure import Failure
from qlang.compiler.render.cells import safe_text
from qlang.compiler.render.theme import Theme


def replace_text(path: Path, before: str, after: str) -> None:
    """Write `after` where `before` was read from.

    Raises: Failure where the file cannot be written, or has changed since it was read.
    """
    from qlang.trust.files import commit, stage

    target = path.resolve()
    try:
        data = target.read_bytes()
        if data.removeprefix(BOM_UTF8) != before.encode():
            raise Failure(f"{path} has changed meanwhile; it is left as it is", status=exit_codes.EXECUTION)
        mark = BOM_UTF8 if data.startswith(BOM_UTF8) else b""
        mode = stat.S_IMODE(target.stat().st_mode)
        staged = stage(target, mark + after.encode(), mode=mode)
        staged.chmod(mode)  # whatever the umask took away
        commit(staged, target)
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}", status=exit_codes.EXECUTION) from error


def refuse_own_input(output: str | None, file: str) -> None:
    """A result is not written over what it is made from, links followed. Raises: Failure."""
    try:
        same = output is not None and file != "-" and Path(output).samefile(file)
    except (OSError, ValueError):
        return  # one of them is no file yet: what is wrong with it is said where it is read or written
    if same:
        raise Failure(f"{output} is the file that is read; it would be lost", "choose another name for -o")


def write_result(path: str, text: str) -> None:
    """Write a new file, or replace one, in one step; what is no plain file (`/dev/null`, a pipe) is written into.

    Raises: Failure.
    """
    from qlang.trust.files import commit, stage

    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
        else:
            commit(stage(target, text.encode(), mode=0o644), target)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Failure(f"cannot write {path}: {reason}", status=exit_codes.EXECUTION) from error


def shown_diff(diff: str, theme: Theme, *, terminal: bool) -> str:
    """A change for a stream: as it is, so that it can be applied; for a terminal in colour, and unable to steer it."""
    if not terminal:
        return diff
    styles = {"+": "good", "-": "bad", "@": "note"}
    lines = (line.removesuffix("\n").removesuffix("\r") for line in _lines(diff))
    return "".join(theme.paint(safe_text(line), styles.get(line[:1], "")) + "\n" for line in lines)


def unified_diff(name: str, before: str, after: str, what: str) -> str:
    """The change as `diff -u` shows it; `what` says what the new text is."""
    from difflib import unified_diff as lines_of

    lines = lines_of(_lines(before), _lines(after), name, f"{name} ({what})")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines with their ends, which are line feeds only: other separators of Unicode stand in comments."""
    return StringIO(text, newline="\n").readlines()
