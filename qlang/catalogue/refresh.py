"""Rewrites the shipped snapshots: `python -m qlang.catalogue.refresh [FOLDER]`.

IBM's come from the installed qiskit-ibm-runtime, IQM's from an installed iqm-client, the averages from `means`.
A package that is not installed leaves its files as they are, and this says so.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from qlang.catalogue import ibm, iqm, means
from qlang.catalogue.snapshot import Snapshot, canonical
from qlang.catalogue.store import DEVICES

IBM_SHIPPED = ("berlin", "boston", "brisbane", "guadalupe", "hanoi", "lima", "manila")


def ibm_snapshots() -> Iterator[Snapshot]:
    """The shipped IBM devices, read from the installed package; none where it is not installed."""
    if ibm.package_folder() is not None:
        yield from map(ibm.read, IBM_SHIPPED)


def iqm_snapshots() -> Iterator[Snapshot]:
    """Garnet, read from the installed package; none where it is not installed."""
    file = iqm.installed_garnet()
    if file is not None:
        yield iqm.read_garnet(file, version(iqm.PACKAGE))


def mean_snapshots() -> Iterator[Snapshot]:
    """The devices known by their averages."""
    yield from map(means.snapshot, means.MEANS)


READERS = {ibm.PACKAGE: ibm_snapshots, iqm.PACKAGE: iqm_snapshots, means.PACKAGE: mean_snapshots}


def write(snapshot: Snapshot, folder: Path) -> Path:
    """Writes one snapshot in its canonical form and returns the file."""
    file = folder / f"{snapshot.device}.json"
    file.write_text(canonical(snapshot) + "\n", encoding="utf-8")
    return file


def main(folder: Path = DEVICES) -> int:
    """Rewrites all that can be read; returns the exit status."""
    for package, reader in READERS.items():
        written = [write(snapshot, folder) for snapshot in reader()]
        outcome = ", ".join(file.stem for file in written) or "not installed, its files are unchanged"
        print(f"{package}: {outcome}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
