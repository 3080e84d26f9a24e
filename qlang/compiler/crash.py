"""What remains of a mistake of ours: a dump for the report, a sentence for the user."""

from __future__ import annotations

import sys
from pathlib import Path

from qlang.compiler.exit_codes import EXECUTION
from qlang.compiler.render.cells import safe_text
from qlang.crash_dump import write_dump
from qlang.version import __version__

CODE = "QJ9901"


def report(error: BaseException, arguments: list[str]) -> int:
    """Write the dump, say where it is, and return the exit status."""
    kind = type(error).__name__
    lines = [f"error[{CODE}]: internal error: {kind} in qlangc {__version__}; this is a mistake of the compiler"]
    try:
        path = write_dump(error, arguments, Path.cwd())
        lines.append(f"  = note: details are in {path}")
    except OSError as refused:
        lines.append(f"  = note: no details could be written: {refused.strerror}")
    lines.append("  = help: please report it with that file and the program, if you may share them")
    sys.stderr.write("".join(f"{safe_text(line)}\n" for line in lines))
    return EXECUTION
