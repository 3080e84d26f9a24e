"""`qlangc init`: a project that runs at once."""

from __future__ import annotations

import json
from pathlib import Path

from qlang.compiler import exit_codes
from qlang.compiler.console import console_of, verb_parser
from qlang.compiler.failure import Failure
from qlang.compiler.workspace import MARKER, STATE
from qlang.version import __version__

EXAMPLE = "bell.qjob"
_TEMPLATES = Path(__file__).parent.parent / "templates"


def main(argv: list[str]) -> int:
    parser = verb_parser("init", f"Write {MARKER}, {EXAMPLE} and an entry in .gitignore; nothing is overwritten.")
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help="made if absent (default: here)")
    options = parser.parse_args(argv)
    console = console_of(options)
    folder = Path(options.folder)
    there = [name for name in (MARKER, EXAMPLE) if (folder / name).exists()]
    if there:
        raise Failure(f"{folder}: {' and '.join(there)} exist already", "nothing was written; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(folder / MARKER, _configuration(folder))
        _write_new(folder / EXAMPLE, _template(EXAMPLE))
        _ignore_state(folder / ".gitignore")
    except OSError as error:
        raise Failure(f"cannot write in {folder}: {error.strerror}") from error
    step = "" if folder == Path() else f"cd {folder} && "
    console.note(f"wrote {MARKER}, {EXAMPLE}, .gitignore; next: {step}qlangc run {EXAMPLE}")
    return exit_codes.OK


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _configuration(folder: Path) -> str:
    name = json.dumps(folder.resolve().name, ensure_ascii=False)  # a JSON string is a TOML string
    return _template(MARKER).replace("@NAME@", name).replace("@VERSION@", __version__)


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def _ignore_state(path: Path) -> None:
    """Keep run records out of version control; an existing file is added to."""
    entry = f"{STATE}/"
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    if entry not in text.split():
        with path.open("a", encoding="utf-8") as file:
            file.write(("\n" if text and not text.endswith("\n") else "") + entry + "\n")
