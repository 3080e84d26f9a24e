"""Run one step of continuous integration and attest what it did.

    python -m tools.ci_step lint -- make lint
    python -m tools.ci_step --verify lint fast slow

A step leaves `build/ci/NAME.log`, what the command printed, and `build/ci/NAME.link.dsse.json`: an in-toto link that
names the command, the sources, the exit status and the products with their digests, the log among them, signed with
Ed25519 and ML-DSA-65. The keys are made for the checkout by its first step and lie in `build/ci/keys`: links of one
build cannot be mixed with those of another, nor changed afterwards by someone without the keys. They do not prove who
ran the build.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from qlang.trust.attestation import LINK, Attestation, read_attestation, sign_attestation
from qlang.trust.canonical import Json
from qlang.trust.crypto_modes import MODES
from qlang.trust.errors import AttestationError, FileRefused
from qlang.trust.files import file_digest, read_file
from tools.signing import build_keys, trusted_keys
from tools.source_tree import ROOT, NoRepository, source_tree

LINKS = ROOT / "build" / "ci"
SOURCES = "sources"
_MAX_LINK = 1 << 20


def main(argv: list[str] | None = None) -> int:
    """Exit status of the command; 1 where links do not verify, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="ci_step", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", metavar="NAME", nargs="+", help="the step; with --verify, all steps of the build")
    parser.add_argument("--product", action="append", default=[], metavar="FILE", help="made by the step in build/ci")
    parser.add_argument("--verify", action="store_true", help="check the links of the named steps instead")
    arguments = list(sys.argv[1:] if argv is None else argv)
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    command = arguments[split + 1 :]
    if options.verify:
        return _verify(options.names)
    if len(options.names) != 1 or not command:
        parser.error("one NAME, and a command after --")
    return run_step(options.names[0], command, options.product)


def run_step(name: str, command: list[str], products: list[str]) -> int:
    """Run a command and leave its link; a command that fails leaves none."""
    LINKS.mkdir(parents=True, exist_ok=True)
    _link_path(name).unlink(missing_ok=True)
    log = LINKS / f"{name}.log"
    status = _run_logged(command, log)
    if status:
        return status
    try:
        tree = source_tree()
    except NoRepository as error:
        print(f"step {name} is not attested: {error}")
        return 0
    digests = {"sha256": tree.digest.removeprefix("sha256:"), "gitCommit": tree.commit}
    sources: dict[str, Json] = {"name": SOURCES, "digest": digests}
    link = Attestation(
        LINK,
        {file: file_digest(LINKS / file) for file in (log.name, *products)},
        {
            "name": name,
            "command": command,
            "materials": [sources],
            "byproducts": {"return-value": status, "clean": tree.clean},
            "environment": {"python": sys.version.split()[0], "platform": sys.platform},
        },
    )
    _link_path(name).write_bytes(sign_attestation(link, build_keys(LINKS, MODES["hybrid"].default)))
    return 0


def _run_logged(command: list[str], log: Path) -> int:
    """Run with both output streams shown and kept, in the order in which they come."""
    with (
        log.open("wb") as file,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process,  # noqa: S603 - ours
    ):
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        return process.wait()


def _link_path(name: str) -> Path:
    return LINKS / f"{name}.link.dsse.json"


def _verify(names: list[str]) -> int:
    """Every step has a link of one build, over one state of the sources, and its products are unchanged.

    Outside a git checkout, where steps leave no links, there is nothing to check, and this says so.
    """
    try:
        source_tree()
    except NoRepository as error:
        print(f"{len(names)} steps are not attested: {error}")
        return 0
    faults: list[str] = []
    sources = set()
    for name in names:
        try:
            data = read_file(_link_path(name), limit=_MAX_LINK)
            link = read_attestation(data, trusted_keys(LINKS), MODES["hybrid"].default)
            sources.add(str(link.predicate.get("materials")))
            if link.predicate_type != LINK or link.predicate.get("name") != name:
                faults.append(f"{name}: the link is of another step")
            changed = [file for file, digest in link.subjects.items() if file_digest(LINKS / file) != digest]
            faults.extend(f"{name}: {file} is not what the step made" for file in changed)
        except (AttestationError, FileRefused) as error:
            faults.append(f"{name}: {error}")
    if len(sources) > 1:
        faults.append("the steps did not see the same sources")
    for fault in faults:
        print(f"FAIL  {fault}")
    if not faults:
        print(f"{len(names)} steps attested: {', '.join(names)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
