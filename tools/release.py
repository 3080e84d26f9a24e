"""Build a release, prove that it can be built again, and sign what it consists of.

    python -m tools.release --out dist

leaves in `dist/`: the wheel; `qlang-VERSION.cdx.json`, a CycloneDX bill of materials of an environment with only the
wheel in it; `SHA256SUMS`; `release.dsse.json`, an attestation of all of them signed with Ed25519 and ML-DSA-65; and the
public keys as `*.pub.pem`. `node tools/verify-release.mjs dist KEYS` checks it without qlang or Python.

The sources are those of the commit, not of the folder. The wheel is built twice, in two places and with other file
times; the two must be the same bits. A fixed umask and the time of the commit make them independent of who builds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import version
from pathlib import Path

from qlang.trust.attestation import RELEASE_MANIFEST, Attestation, sign_attestation
from qlang.trust.canonical import Json
from qlang.trust.crypto_modes import MODES
from qlang.trust.envelope import SigningKey
from qlang.trust.errors import TrustError
from qlang.trust.files import file_digest
from qlang.trust.spki import to_pem
from qlang.version import __version__
from tools.signing import build_keys, own_keys
from tools.source_tree import ROOT, NoRepository, SourceTree, source_tree

ATTESTATION = "release.dsse.json"
SUMS = "SHA256SUMS"
_UMASK = 0o022


class ReleaseRefused(Exception):
    """A release cannot be made of this."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="release", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where the files go")
    parser.add_argument("--keys", type=Path, help="folder of the keys to sign with, instead of your own")
    parser.add_argument("--dirty", action="store_true", help="build the commit although the folder differs from it")
    options = parser.parse_args(argv)
    try:
        tree = source_tree()
        if not tree.clean and not options.dirty:
            raise ReleaseRefused("the folder differs from its commit; commit first, or --dirty builds the commit")
        options.out.mkdir(parents=True, exist_ok=True)
        algorithms = MODES["hybrid"].default
        keys = build_keys(options.keys, algorithms) if options.keys else own_keys(algorithms)
        make_release(tree, options.out, keys)
    except (NoRepository, ReleaseRefused, TrustError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    print(f"release {__version__} in {options.out}")
    return 0


def make_release(tree: SourceTree, out: Path, keys: list[SigningKey]) -> None:
    """Raises: ReleaseRefused."""
    wheel = build_twice(tree, out)
    sbom = out / f"qlang-{__version__}.cdx.json"
    bill_of_materials(wheel, sbom)
    files = {path.name: file_digest(path) for path in (wheel, sbom)}
    sums = "".join(f"{digest.removeprefix('sha256:')}  {name}\n" for name, digest in sorted(files.items()))
    (out / SUMS).write_text(sums)
    files[SUMS] = file_digest(out / SUMS)
    predicate: dict[str, Json] = {
        "version": __version__,
        "commit": tree.commit,
        "sources": tree.digest,
        "source_date_epoch": tree.epoch,
        "python": sys.version.split()[0],
        "setuptools": version("setuptools"),
    }
    (out / ATTESTATION).write_bytes(sign_attestation(Attestation(RELEASE_MANIFEST, files, predicate), keys))
    for key in keys:
        (out / f"{key.public.algorithm}.pub.pem").write_text(to_pem(key.public.spki))


def build_twice(tree: SourceTree, out: Path) -> Path:
    """The wheel of a commit, after another build gave the same bits. Raises: ReleaseRefused."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        first = build_wheel(tree, Path(one), age=0)
        second = build_wheel(tree, Path(two) / "at" / "another" / "depth", age=86_400)
        if file_digest(first) != file_digest(second):
            raise ReleaseRefused(f"two builds differ: {file_digest(first)}, {file_digest(second)}")
        target = out / first.name
        target.write_bytes(first.read_bytes())
    return target


def build_wheel(tree: SourceTree, folder: Path, *, age: int) -> Path:
    """Build from the commit in a new folder. `age`: seconds that all files are older than the commit."""
    sources = folder / "sources"
    sources.mkdir(parents=True)
    archive = folder / "sources.tar"
    _run(["git", "-C", str(ROOT), "archive", "--format=tar", f"--output={archive}", tree.commit])
    _run(["tar", "-xf", str(archive), "-C", str(sources), "--no-same-permissions"])
    for path in sources.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (tree.epoch - age, tree.epoch - age))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(sources)]
    _run(command, epoch=tree.epoch)
    (wheel,) = folder.glob("*.whl")
    return wheel


def bill_of_materials(wheel: Path, sbom: Path) -> None:
    """CycloneDX of an environment that holds the wheel and what it needs, nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder)
        python = str(Path(folder) / "bin" / "python")
        _run([sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", str(wheel)])
        for origin in Path(folder).rglob("direct_url.json"):  # PEP 610: where the wheel lay on this machine
            origin.unlink()
        listing = ["-m", "cyclonedx_py", "environment", "--output-reproducible", "--output-format", "JSON"]
        _run([sys.executable, *listing, "--output-file", str(sbom), python])


def _run(command: list[str], *, epoch: int | None = None) -> None:
    environment = os.environ | ({} if epoch is None else {"SOURCE_DATE_EPOCH": str(epoch)})
    done = subprocess.run(  # noqa: S603 - fixed commands
        command, env=environment, umask=_UMASK, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise ReleaseRefused(f"{command[0]} {command[1]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
