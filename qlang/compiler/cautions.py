"""Python's warnings of this package, as the command says them: without the place in our code that raised them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def cautions_shown(*, quiet: bool) -> Iterator[None]:
    """Our own warnings become a line each, or nothing where the user wants quiet; those of others stay as they are."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if category.__module__.partition(".")[0] != __name__.partition(".")[0]:
                others(message, category, filename, lineno, file, line)
            elif not quiet:
                from qlang.compiler.render.cells import safe_text

                sys.stderr.write(f"warning: {safe_text(str(message))}\n")

        warnings.showwarning = show
        yield
