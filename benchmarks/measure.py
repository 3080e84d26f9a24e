"""Cold processes and how they are counted."""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    bar: str
    measured: str
    met: bool | None
    """`None` for a reference that no bar speaks of."""

    def markdown(self) -> str:
        verdict = {True: "yes", False: "**no**", None: "–"}[self.met]
        return f"| {self.what} | {self.bar} | {self.measured} | {verdict} |"


HEADER = "| what | bar | measured | met |\n|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Place:
    """A home folder and a working folder of a measured process."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"


@contextmanager
def fresh_place() -> Iterator[Place]:
    """Empty folders, removed at the end."""
    with TemporaryDirectory(prefix="qlang-benchmark-") as folder:
        place = Place(Path(folder))
        place.home.mkdir()
        place.workspace.mkdir()
        yield place


def qlangc(*arguments: str | Path) -> list[str]:
    """The command of this environment."""
    return [str(Path(sys.executable).with_name("qlangc")), *map(str, arguments)]


def run(command: Sequence[str], place: Place, extra: Mapping[str, str] | None = None) -> tuple[float, str]:
    """(user + system seconds of the process and its children, its standard output).

    Raises RuntimeError with the process's own words where it fails.
    """
    seconds, _, output = run_and_weigh(command, place, extra)
    return seconds, output


def run_and_weigh(
    command: Sequence[str], place: Place, extra: Mapping[str, str] | None = None
) -> tuple[float, int, str]:
    """As `run`, with the largest resident size in bytes between the two."""
    environment = {**os.environ, "HOME": str(place.home), **(extra or {})}
    output, errors = place.folder / "output", place.folder / "errors"
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=place.workspace, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} gave {process.returncode}: {errors.read_text()[-2000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output.read_text(encoding="utf-8")


def cold(command: Sequence[str], place: Place, times: int = 9) -> float:
    """Median user + system seconds of fresh processes, after one that fills the disk caches."""
    run(command, place)
    return statistics.median(run(command, place)[0] for _ in range(times))


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms" if seconds >= 0.01 else f"{seconds * 1e3:.2f} ms"


def report(rows: Sequence[Row]) -> None:
    print(HEADER)
    for row in rows:
        print(row.markdown())
