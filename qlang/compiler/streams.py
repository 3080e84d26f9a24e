"""The standard streams of the command, where they are missing, full, or read by nobody any more."""

from __future__ import annotations

import os
import sys

from qlang.compiler.exit_codes import EXECUTION
from qlang.compiler.failure import Failure

_RECORDED = "a run that had come to its end is recorded all the same: `qlangc runs` lists it"


def open_missing() -> None:
    """Give a process that was started with closed streams (`>&-`) a bin, before another file gets their numbers."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            bin_ = os.open(os.devnull, os.O_WRONLY if number else os.O_RDONLY)
            setattr(sys, name, os.fdopen(bin_, "w" if number else "r", encoding="utf-8"))


def accept_any_text() -> None:
    """Characters that a stream's encoding lacks are written as escapes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def to_the_bin() -> None:
    """Give standard output a bin to flush into, so that the interpreter's exit is quiet too."""
    bin_ = os.open(os.devnull, os.O_WRONLY)
    os.dup2(bin_, sys.stdout.fileno())
    os.close(bin_)


def write_result(text: str, *, flush: bool = False) -> None:
    """Write to standard output.

    Raises: BrokenPipeError where nobody reads it any more, Failure where it takes no more, as on a full disk.
    """
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        to_the_bin()
        reason = error.strerror or type(error).__name__
        raise Failure(f"standard output cannot be written: {reason}", _RECORDED, EXECUTION) from error
