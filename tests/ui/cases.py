"""UI cases: small programs with mistakes, what the command says about them, and what `check --fix` makes of them.

A case is `FAMILY/NAME.qjob`, `.qasm` or `.py`. In it `//~ QJ0402` marks the line of an expected diagnostic and
`//~^2 QJ0402` a line that stands two lines higher (`#~` in Python). A first line `//~ run: plan --job a` names the verb
and its options; without it the verb is `check`. Files in a folder `FAMILY/NAME/` lie beside the program when it is
checked: what it includes, a policy, a `qlang.toml`; their marks count too. Marks are taken out before the command sees
the files, so that `NAME.stderr` shows what a user would see.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent
_SUFFIXES = (".qjob", ".qasm", ".py")
_MARK = re.compile(rb"(?://|# ?)~(?:\^(\d+))?((?: QJ\d{4})+)[ \t]*(?=\r?$)", re.MULTILINE)
_COMMAND = re.compile(rb"^(?://|# ?)~ run: (.*)\n")
_HEAD = re.compile(r"^(?:error|warning|note)\[(QJ\d{4})\]: .*\n *(?:┌─|-->) ([^:\n]+)(?::(\d+):\d+)?$", re.MULTILINE)

Found = Counter[tuple[str, str, int]]
"""Diagnostics as (file, code, line)."""


@dataclass(frozen=True)
class Case:
    """A program, and what belongs to it."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def verb(self) -> list[str]:
        found = _COMMAND.match(self.path.read_bytes())
        return found.group(1).decode().split() if found else ["check"]

    @property
    def stderr(self) -> Path:
        return self.path.with_suffix(".stderr")

    @property
    def fixed(self) -> Path:
        return self.path.with_suffix(f".fixed{self.path.suffix}")

    def files(self) -> dict[str, bytes]:
        """What lies in the folder where the command runs, by relative path: with marks."""
        beside = self.path.with_suffix("")
        found = {str(each.relative_to(beside)): each for each in sorted(beside.rglob("*")) if each.is_file()}
        found[self.path.name] = self.path
        return {name: path.read_bytes() for name, path in found.items()}

    def expected(self) -> Found:
        """What the marks say."""
        found: Found = Counter()
        for name, text in self.files().items():
            text = _COMMAND.sub(b"", text)
            for mark in _MARK.finditer(text):
                line = text.count(b"\n", 0, mark.start()) + 1 - int(mark.group(1) or 0)
                found.update((name, code, line) for code in mark.group(2).decode().split())
        return found

    def write(self, folder: Path) -> None:
        """Lay the files out as a user would have them: without marks."""
        for name, text in self.files().items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(without_marks(text))


def without_marks(text: bytes) -> bytes:
    """A text as a user would write it."""
    bare = re.sub(_MARK.pattern, b"", _COMMAND.sub(b"", text), flags=re.MULTILINE)
    return bare if bare == text else re.sub(rb"[ \t]+$", b"", bare, flags=re.MULTILINE)


def found_in(stderr: str) -> Found:
    """The diagnostics that the full rendering shows."""
    return Counter((file.strip(), code, int(line or 1)) for code, file, line in _HEAD.findall(stderr))


def cases() -> list[Case]:
    """All of them, by name."""
    paths = [path for folder in ROOT.iterdir() if folder.is_dir() for path in folder.iterdir()]
    return [Case(path) for path in sorted(paths) if path.suffix in _SUFFIXES and not path.stem.endswith(".fixed")]
