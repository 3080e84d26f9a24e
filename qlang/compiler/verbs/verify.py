"""`qlangc verify`: is a run what it claims to be? Offline, and the first broken link is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.failure import Failure

if TYPE_CHECKING:
    from qlang.trust.checks import Check
    from qlang.trust.keys.trust import TrustStore
    from qlang.trust.policy.model import Policy
    from qlang.trust.verification.chain import BrokenLink

SCHEMA = "qlang.verify/1"

_DESCRIPTION = """Check a run's manifest, signatures, files, keys, policy, its entry in the ledger and its receipt.
Signatures must be by keys of your own key store, or of the one that --keys names; --any-key takes the keys that the
manifest names itself. A run folder that was copied elsewhere is verified by its receipt, without a ledger.

Exit status 1 if any check fails; the last line then names the first link that broke."""


def main(argv: list[str]) -> int:
    parser = verb_parser("verify", _DESCRIPTION)
    parser.add_argument("run", metavar="RUN", help="id, beginning of an id, `last`, or the folder of a run")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--policy", metavar="FILE", help="instead of the qlang-policy.toml of the project")
    parser.add_argument("--ledger", metavar="PATH", help="instead of the one beside the folder of runs")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--keys", metavar="DIR", help="a folder with the public keys and key events to trust")
    whose.add_argument("--any-key", action="store_true", help="trust the keys that the manifest names")
    options = parser.parse_args(argv)
    console = console_of(options)
    from qlang.compiler.run_folders import expected_id, expected_ledger, find_run
    from qlang.trust.verification.chain import first_broken
    from qlang.trust.verify import verify_run

    run = find_run(options.run, Path.cwd())
    ledger = Path(options.ledger) if options.ledger else expected_ledger(run)
    trusted = None if options.any_key else _trusted(options.keys)
    policy = _policy(options.policy)
    checks = verify_run(run, ledger=ledger, policy=policy, trusted=trusted, run_id=expected_id(run))
    broken = first_broken(checks)
    if options.json:
        console.result_json(_json(checks, broken))
    else:
        console.result(_report(run, checks, broken, console))
    return exit_codes.OK if broken is None else exit_codes.DIAGNOSTICS


def _trusted(folder: str | None) -> TrustStore:
    from qlang.trust.errors import KeyStoreError
    from qlang.trust.keys.paths import default_key_paths
    from qlang.trust.keys.trust import TrustStore, load_trust_store

    path = Path(folder) if folder is not None else default_key_paths().store
    try:
        store = load_trust_store(path) if path.is_dir() else TrustStore(())
    except KeyStoreError as error:
        raise Failure(str(error), "`qlangc doctor` tells more", exit_codes.DIAGNOSTICS) from error
    if not store.keys and not store.faults:
        raise Failure(f"{path} has no public keys to trust", "--keys names another folder, --any-key trusts the run's")
    return store


def _policy(file: str | None) -> Policy:
    from qlang.compiler.workspace import find_workspace
    from qlang.trust.errors import FileRefused, PolicyError
    from qlang.trust.policy.load import find_policy, load_policy

    try:
        return load_policy(Path(file)) if file is not None else find_policy(find_workspace(Path.cwd()))
    except (FileRefused, PolicyError) as error:
        raise Failure(str(error), "`qlangc policy check` tells more", exit_codes.DIAGNOSTICS) from error


def _json(checks: tuple[Check, ...], broken: BrokenLink | None) -> dict[str, Any]:
    from qlang.trust.verification.chain import link_of

    first = None
    if broken is not None:
        first = {"link": broken.link, "check": broken.check.name, "detail": broken.check.detail, "help": broken.advice}
    shown = [{**check.to_json(), "link": link_of(check)} for check in checks]
    return {"schema": SCHEMA, "ok": broken is None, "first_broken": first, "checks": shown}


def _report(run: Path, checks: tuple[Check, ...], broken: BrokenLink | None, console: Console) -> str:
    from qlang.compiler.render.cells import safe_text

    lines = []
    for check in checks:
        state = console.out.paint("ok  ", "good") if check.ok else console.out.paint("FAIL", "bad")
        lines.append(f"{state}  {safe_text(check.name)}: {safe_text(check.detail)}\n")
    failed = sum(not check.ok for check in checks)
    verdict = "genuine" if broken is None else f"NOT genuine: {failed} of {len(checks)} checks failed"
    lines.append(f"run {safe_text(run.name)} is {console.out.paint(verdict, 'good' if broken is None else 'bad')}\n")
    if broken is not None:
        lines.append(f"{safe_text(broken.text)}\n")
    return "".join(lines)
