"""Giving public keys away, taking them in, and what protects the private ones: passphrases and backups."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.compiler import exit_codes
from qlang.compiler.console import Console
from qlang.compiler.failure import Failure
from qlang.compiler.keys.common import confirmed, ring_of
from qlang.compiler.keys.listing import fingerprint
from qlang.compiler.passphrases import backup_passphrase, passphrase_from
from qlang.compiler.render.cells import safe_text

if TYPE_CHECKING:
    from qlang.trust.custody import KeyRecord
    from qlang.trust.keys.events import KeyEvent
    from qlang.trust.keys.trust import TrustStore


def export_public(options: Namespace, console: Console) -> int:
    """Copy public keys and events; a folder of another store is not overwritten, only added to."""
    from qlang.trust.keys.exchange import export_public as export

    names = export(ring_of(options).store, Path(options.folder))
    console.result(f"{len(names)} files in {options.folder}; `qlangc verify RUN --keys {options.folder}` uses them\n")
    return exit_codes.OK


def import_public(options: Namespace, console: Console) -> int:
    """Show what would be trusted, ask on a terminal, then take it in."""
    from qlang.trust.keys.exchange import import_public as take_in
    from qlang.trust.keys.exchange import read_public

    offered, ring = read_public(Path(options.path)), ring_of(options)
    for fault in offered.faults:
        raise Failure(fault, "nothing was imported", exit_codes.DIAGNOSTICS)
    for key in offered.trusted:
        console.result(f"{key.key_id}\n  SHA-256 {fingerprint(key)}\n{_claims(offered, key.key_id)}")
    for event in offered.events if not offered.keys else ():
        console.result(f"{event.name} {event.event.key.key_id} on {event.event.at}{_consequence(event.event)}\n")
    what = f"trust {len(offered.trusted)} keys" if offered.keys else f"take in {len(offered.events)} key events"
    confirmed(options, f"{what}? Compare the fingerprints with their owner over another channel.")
    taken = take_in(ring.store, offered)
    for ignored in taken.ignored:
        console.note(f"not believed: {safe_text(str(ignored))}")
    console.result(f"trusted: {taken.keys} keys, {taken.events} events\n")
    return exit_codes.OK


def protect(options: Namespace, console: Console) -> int:
    """Wrap the key of the store anew; the keys themselves stay."""
    from qlang.trust.keys.unlocking import protect as change
    from qlang.trust.keys.wrapping import Cost

    paths = ring_of(options).store.paths
    if options.unlock_secret:
        confirmed(options, "open the key store without a passphrase from now on?")
    new = passphrase_from(options.new_passphrase, "--new-passphrase")
    with ring_of(options).store.changing():
        change(paths, passphrase_from(options.passphrase), new, Cost())
    console.result("a passphrase opens the key store\n" if options.new_passphrase else f"{paths.unlock} opens it\n")
    console.note("older copies of the store still open with what opened them before")
    return exit_codes.OK


def backup(options: Namespace, console: Console) -> int:
    """Name what is in the file, and what cannot be."""
    from qlang.trust.keys.backup import back_up

    done = back_up(ring_of(options), Path(options.file), backup_passphrase(options))
    console.result(f"{options.file}: {len(done.secrets) + len(done.wrapped)} keys\n")
    if done.wrapped:
        console.result(f"  useless without their token: {_names(done.wrapped)}\n")
    if done.left_out:
        console.result(f"  not backed up, they never leave their token: {_names(done.left_out)}\n")
    return exit_codes.OK


def restore_backup(options: Namespace, console: Console) -> int:
    """Name what came back."""
    from qlang.trust.keys.backup import restore

    ring = ring_of(options)
    confirmed(options, f"take the keys of {options.file} into {ring.store.paths.store}?")
    done = restore(ring, Path(options.file), backup_passphrase(options))
    console.result(f"restored {len(done.restored)} keys and {done.events} events\n")
    if done.present:
        console.result(f"  here already: {_names(done.present)}\n")
    return exit_codes.OK


def _names(records: tuple[KeyRecord, ...]) -> str:
    return ", ".join(record.public.key_id for record in records)


def _consequence(event: KeyEvent) -> str:
    from qlang.trust.keys.events import Revoked, Rotated

    match event:
        case Rotated(successor=successor):
            return f": trust {successor.key.key_id} in its place\n  SHA-256 {fingerprint(successor.key)}"
        case Revoked(reason=reason):
            return f": {reason}"
    return ""


def _claims(offered: TrustStore, key_id: str) -> str:
    key = offered.find(key_id)
    claims = offered.claims_of(key) if key else ()
    if not claims:
        return "  says nothing about itself: it would count for run manifests of all tenants\n"
    said = claims[0]
    root = "; a root key can revoke and rotate every key here" if said.purpose == "root" else ""
    return f"  says: {said.purpose} of tenant {safe_text(said.tenant)}, {said.custody}{root}\n"
