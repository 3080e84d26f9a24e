"""`qlangc verify`: is a run what it claims to be? Offline, and every broken digest is named."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.failure import Failure

if TYPE_CHECKING:
    from qlang.trust.algorithms import PublicKey
    from qlang.trust.checks import Check

_DESCRIPTION = """Check a run's manifest, signatures, files and its entry in the ledger. Signatures must be by keys of
your own key store, or of the one that --keys names; --any-key takes the keys that the manifest names itself.

Exit status 1 if any check fails."""


def main(argv: list[str]) -> int:
    parser = verb_parser("verify", _DESCRIPTION)
    parser.add_argument("run", metavar="RUN", help="id, beginning of an id, `last`, or the folder of a run")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--ledger", metavar="PATH", help="instead of the one beside the folder of runs")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--keys", metavar="DIR", help="a folder with the public keys (*.pub.pem) to trust")
    whose.add_argument("--any-key", action="store_true", help="trust the keys that the manifest names")
    options = parser.parse_args(argv)
    console = console_of(options)
    from qlang.compiler.run_folders import find_run, ledger_of
    from qlang.trust.verify import verify_run

    run = find_run(options.run, Path.cwd())
    ledger = Path(options.ledger) if options.ledger else ledger_of(run)
    trusted = None if options.any_key else _trusted(options.keys)
    checks = verify_run(run, ledger, trusted=trusted)
    genuine = all(check.ok for check in checks)
    if options.json:
        console.result_json({"ok": genuine, "checks": [asdict(check) for check in checks]})
    else:
        console.result(_report(run, checks, genuine, console))
    return exit_codes.OK if genuine else exit_codes.DIAGNOSTICS


def _trusted(folder: str | None) -> tuple[PublicKey, ...]:
    from qlang.trust.errors import KeyStoreError
    from qlang.trust.keys.development import default_key_paths, load_public_keys

    store = Path(folder) if folder is not None else default_key_paths().store
    try:
        keys = load_public_keys(store) if store.is_dir() else ()
    except KeyStoreError as error:
        raise Failure(str(error), "`qlangc doctor` tells more", exit_codes.DIAGNOSTICS) from error
    if not keys:
        raise Failure(f"{store} has no public keys to trust", "--keys names another folder, --any-key trusts the run's")
    return keys


def _report(run: Path, checks: tuple[Check, ...], genuine: bool, console: Console) -> str:
    from qlang.compiler.render.cells import safe_text

    lines = []
    for check in checks:
        state = console.out.paint("ok  ", "good") if check.ok else console.out.paint("FAIL", "bad")
        lines.append(f"{state}  {safe_text(check.name)}: {safe_text(check.detail)}\n")
    broken = sum(not check.ok for check in checks)
    verdict = "genuine" if genuine else f"NOT genuine: {broken} of {len(checks)} checks failed"
    lines.append(f"run {safe_text(run.name)} is {console.out.paint(verdict, 'good' if genuine else 'bad')}\n")
    return "".join(lines)
