"""`qlangc ledger` verify, show, proof, consistency, export: what reads the ledger and changes nothing."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.compiler import exit_codes
from qlang.compiler.console import Console
from qlang.compiler.failure import Failure
from qlang.compiler.ledger.common import SCHEMA, deliver, ledger_path, read, reader
from qlang.compiler.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qlang.trust.checks import Check
    from qlang.trust.ledger.compare import Known
    from qlang.trust.ledger.entries import Entry
    from qlang.trust.ledger.reader import LedgerReader
    from qlang.trust.ledger.vouching import Vouch

_OF_RUN = "older receipt of run "
_RECEIPTS_SHOWN = 5
_TELLING = ("at", "run_id", "keyid", "policy_digest", "witness", "size", "reasons")
"""Members of bodies that make a line of the table, in this order."""


def verify(options: Namespace, console: Console) -> int:
    from qlang.trust.ledger.deep import check_ledger_file
    from qlang.trust.ledger.export import check_export

    known, vouch = [*_named(options.checkpoint)], _vouch(options)
    if options.source is not None:
        if options.deep:
            raise Failure("--from is always deep: an export has nothing but its entries", "leave --deep away")
        checks = check_export(Path(options.source), known=known, vouch=vouch)
    else:
        known += _receipts(ledger_path(options))
        checks = check_ledger_file(ledger_path(options), deep=options.deep, known=known, vouch=vouch)
    sound = all(check.ok for check in checks)
    if options.json:
        console.result_json({"schema": SCHEMA, "ok": sound, "checks": [check.to_json() for check in checks]})
    else:
        console.result(_report(checks, sound, console))
    return exit_codes.OK if sound else exit_codes.DIAGNOSTICS


def show(options: Namespace, console: Console) -> int:
    with reader(options) as ledger, ledger.snapshot():
        size = ledger.size()
        entries = [ledger.entry(_among(index, size)) for index in options.index] or _newest(ledger, options, size)
        if options.json:
            root = f"sha256:{ledger.root().hex()}"
            listed = [_entry_json(entry) for entry in entries]
            console.result_json(
                {"schema": SCHEMA, "origin": ledger.origin, "size": size, "root": root, "entries": listed}
            )
        elif options.index:
            console.result("".join(json.dumps(_entry_json(entry), indent=2) + "\n" for entry in entries))
        else:
            console.note(f"{ledger.origin}, {size} entries")
            console.result(table(["index", "kind", "what"], [_row(entry) for entry in entries], right=(0,)))
    return exit_codes.OK


def proof(options: Namespace, console: Console) -> int:
    from qlang.trust.ledger.checkpoint import checkpoint_of
    from qlang.trust.ledger.proof import dump_proof

    with reader(options) as ledger, ledger.snapshot():
        index = _among(options.index, ledger.size())
        sizes = [(checkpoint_of(note.encode()).size, note) for note in ledger.checkpoints()]
        covering = [(size, note) for size, note in sizes if size > index]
        if not covering:
            raise Failure(f"no checkpoint covers entry {index} yet", "`qlangc ledger checkpoint` makes one")
        size, note = covering[-1] if options.newest else min(covering, key=lambda pair: pair[0])
        text = dump_proof(index, ledger.inclusion_proof(index, size), note)
    deliver(text, options.output, console)
    return exit_codes.OK


def consistency(options: Namespace, console: Console) -> int:
    from qlang.trust.base64_text import to_base64

    with reader(options) as ledger, ledger.snapshot():
        size = ledger.size() if options.size is None else options.size
        path = ledger.consistency_proof(options.old, size)
        old_root, root = ledger.root(options.old), ledger.root(size)
    if options.json:
        roots = {"old_root": f"sha256:{old_root.hex()}", "root": f"sha256:{root.hex()}"}
        path_json = [part.hex() for part in path]
        console.result_json({"schema": SCHEMA, "old": options.old, "size": size, **roots, "path": path_json})
    else:
        console.result("".join(f"{to_base64(part)}\n" for part in path))
    return exit_codes.OK


def export(options: Namespace, console: Console) -> int:
    from qlang.trust.ledger.export import export_ledger

    with reader(options) as ledger:
        try:
            count = export_ledger(ledger, Path(options.file))
        except OSError as error:
            raise Failure(f"{options.file}: {error.strerror}") from error
    console.note(f"{count} entries written to {options.file}; `qlangc ledger verify --from {options.file}` checks them")
    return exit_codes.OK


def _named(files: Iterable[str]) -> list[Known]:
    from qlang.trust.ledger.compare import Known
    from qlang.trust.ledger.proof import MAX_BYTES

    return [Known(name, read(name, MAX_BYTES)) for name in files]


def _receipts(ledger: Path) -> list[Known]:
    """The receipts of the runs beside a ledger: each of them is an old checkpoint."""
    from qlang.trust.ledger.compare import Known
    from qlang.trust.ledger.proof import FILE_NAME, MAX_BYTES

    found = sorted(ledger.parent.glob(f"runs/*/{FILE_NAME}"))
    return [Known(f"of run {path.parent.name}", read(str(path), MAX_BYTES)) for path in found]


def _vouch(options: Namespace) -> Vouch | None:
    """Whose signatures count: the keys of `--keys`, or of the user's store."""
    if options.any_key:
        return None
    from qlang.trust.keys.paths import default_key_paths
    from qlang.trust.keys.trust import load_trust_store
    from qlang.trust.ledger.vouching import by_store

    folder = Path(options.keys) if options.keys else default_key_paths().store
    if not options.keys and not folder.is_dir():
        return None
    store = load_trust_store(folder)
    if store.faults:
        raise Failure(f"{folder}: {'; '.join(store.faults)}", status=exit_codes.DIAGNOSTICS)
    return by_store(store)


def _among(index: int, size: int) -> int:
    if not 0 <= index < size:
        raise Failure(f"there is no entry {index} among {size}")
    return index


def _newest(ledger: LedgerReader, options: Namespace, size: int) -> list[Entry]:
    if options.kind is None:
        return list(ledger.entries(max(0, size - options.limit), size))
    return list(ledger.entries(0, size, kind=options.kind))[-options.limit :]


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {"index": entry.index, "kind": entry.kind, "leaf": f"sha256:{entry.leaf.hex()}", "body": dict(entry.body)}


def _row(entry: Entry) -> list[str]:
    told = [entry.body[name] for name in _TELLING if name in entry.body]
    words = ["; ".join(map(str, item)) if isinstance(item, list) else str(item) for item in told]
    return [str(entry.index), entry.kind, "  ".join(words)[:160]]


def _report(checks: tuple[Check, ...], sound: bool, console: Console) -> str:
    from qlang.compiler.render.cells import safe_text

    lines = []
    receipts = [check for check in checks if check.ok and check.name.startswith(_OF_RUN)]
    for check in checks if len(receipts) <= _RECEIPTS_SHOWN else [one for one in checks if one not in receipts]:
        state = console.out.paint("ok  ", "good") if check.ok else console.out.paint("FAIL", "bad")
        lines.append(f"{state}  {safe_text(check.name)}: {safe_text(check.detail)}\n")
    if len(receipts) > _RECEIPTS_SHOWN:
        lines.append(f"{console.out.paint('ok  ', 'good')}  older receipts of {len(receipts)} runs: all continued\n")
    broken = sum(not check.ok for check in checks)
    verdict = "sound" if sound else f"NOT sound: {broken} of {len(checks)} checks failed"
    lines.append(f"ledger is {console.out.paint(verdict, 'good' if sound else 'bad')}\n")
    return "".join(lines)
