"""Showing keys, and probing their custody."""

from __future__ import annotations

import hashlib
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from qlang.compiler import exit_codes
from qlang.compiler.console import Console
from qlang.compiler.keys.common import SCHEMA, find_record, ring_of
from qlang.compiler.tables import table

if TYPE_CHECKING:
    from qlang.trust.custody import KeyRecord, ProbeReport
    from qlang.trust.keys.ring import KeyRing
    from qlang.trust.spki import PublicKey

_HEAD = ("key", "algorithm", "purpose", "tenant", "gen", "custody", "probe", "valid", "state")


def show(options: Namespace, console: Console) -> int:
    """All keys of the store, then those that are only trusted."""
    ring = ring_of(options)
    contents = ring.contents()
    entries = [described(ring, record) for record in contents.records]
    own = {record.public for record in contents.records}
    entries += [_foreign(ring, key) for key in contents.trust.trusted if key not in own]
    faults = [*contents.trust.faults, *map(str, contents.trust.ignored)]
    if options.json:
        console.result_json({"schema": SCHEMA, "store": str(ring.store.paths.store), "keys": entries, "faults": faults})
        return exit_codes.OK
    if entries:
        console.result(table(_HEAD, [_row(entry) for entry in entries]))
    else:
        console.note(f"no keys in {ring.store.paths.store}; the first run makes them, or `qlangc keys create`")
    for fault in faults:
        console.note(f"not believed: {fault}")
    return exit_codes.OK


def probe(options: Namespace, console: Console) -> int:
    """Status 1 if a token yields a key, or a verdict is another than when the key was made."""
    from qlang.trust.custody import NOT_ENFORCED
    from qlang.trust.keys.life import probe_key

    ring = ring_of(options)
    records = [find_record(ring, options)] if options.key else list(ring.contents().records)
    reports = [(record, probe_key(ring, record)) for record in records]
    bad = [record for record, report in reports if report.verdict in (NOT_ENFORCED,) or _changed(record, report)]
    if options.json:
        probes = [_probe_entry(record, report) for record, report in reports]
        console.result_json({"schema": SCHEMA, "ok": not bad, "probes": probes})
    for record, report in () if options.json else reports:
        console.result(f"{record.public.key_id} ({record.custody}): {report.verdict}\n")
        for attempt in report.attempts:
            state = console.out.paint("yielded", "bad") if attempt.yielded else console.out.paint("kept", "good")
            console.result(f"  {attempt.name}: {state}, {attempt.detail}\n")
        if _changed(record, report):
            console.result(f"  when the key was made, the verdict was `{record.probe.verdict}`: rotate it\n")
    return exit_codes.DIAGNOSTICS if bad else exit_codes.OK


def described(ring: KeyRing, record: KeyRecord) -> dict[str, Any]:
    """A key as `--json` lists it."""
    from qlang.trust.times import now

    spec, status = record.spec, ring.contents().status(record, now())
    return {
        "key_id": record.public.key_id,
        "algorithm": spec.algorithm,
        "purpose": spec.purpose,
        "tenant": spec.tenant,
        "generation": spec.generation,
        "custody": record.custody,
        "probe": record.probe.verdict,
        "created_at": record.created_at,
        "not_before": spec.not_before,
        "not_after": spec.not_after,
        "state": status.state,
        "detail": status.detail,
        "fingerprint": fingerprint(record.public),
        "here": True,
    }


def fingerprint(key: PublicKey) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, hexadecimal: what two people compare."""
    return hashlib.sha256(key.spki).hexdigest()


def _foreign(ring: KeyRing, key: PublicKey) -> dict[str, Any]:
    """A key of which only the public half is here; what it says about itself is in its events."""
    from qlang.trust.custody import RUN_MANIFEST
    from qlang.trust.times import now

    trust = ring.contents().trust
    claims = trust.claims_of(key)[0] if trust.claims_of(key) else None
    status = trust.status(key, purpose=claims.purpose if claims else RUN_MANIFEST, at=now())
    return {
        "key_id": key.key_id,
        "algorithm": key.algorithm,
        "purpose": claims.purpose if claims else RUN_MANIFEST,
        "tenant": claims.tenant if claims else None,
        "generation": claims.generation if claims else None,
        "custody": claims.custody if claims else None,
        "probe": claims.probe if claims else None,
        "created_at": None,
        "not_before": claims.not_before if claims else None,
        "not_after": claims.not_after if claims else None,
        "state": status.state,
        "detail": status.detail,
        "fingerprint": fingerprint(key),
        "here": False,
    }


def _row(entry: dict[str, Any]) -> list[str]:
    start, end = entry["not_before"], entry["not_after"]
    since = "" if start is None or start.startswith("1970-01-01") else start[:10]
    valid = f"{since} … {end[:10] if end else ''}".strip() if since or end else "always"
    probe = (entry["probe"] or "-").removeprefix("non_extractable: ")
    custody = entry["custody"] or "-"
    values = [
        entry["key_id"],
        entry["algorithm"],
        entry["purpose"],
        entry["tenant"] or "any",
        entry["generation"] or "-",
    ]
    values += [custody if entry["here"] else f"elsewhere ({custody})", probe, valid, entry["state"]]
    return list(map(str, values))


def _changed(record: KeyRecord, report: ProbeReport) -> bool:
    return report.verdict != record.probe.verdict


def _probe_entry(record: KeyRecord, report: ProbeReport) -> dict[str, Any]:
    return {
        "key_id": record.public.key_id,
        "custody": record.custody,
        "verdict": report.verdict,
        "recorded": record.probe.verdict,
        "attempts": [
            {"name": attempt.name, "yielded": attempt.yielded, "detail": attempt.detail} for attempt in report.attempts
        ],
        "flags": dict(report.flags),
    }
