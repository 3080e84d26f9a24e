"""What can be said about a user's key store: whether its keys may sign, do sign, and are closed to others."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from qlang.trust.backoff import BackOff
from qlang.trust.custody import DEFAULT_TENANT, DEVELOPMENT, RUN_MANIFEST, KeyRecord
from qlang.trust.errors import CustodyError, KeyStoreError
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.paths import KeyPaths, private_files
from qlang.trust.keys.ring import Contents, KeyRing, development_ring
from qlang.trust.keys.trust import EXPIRED, IS_COMPROMISED, NOT_YET_VALID, REVOKED, ROTATED, VALID
from qlang.trust.times import moment, now, written

EXPIRES_SOON_DAYS = 30
_ENDED = (REVOKED, ROTATED, IS_COMPROMISED, EXPIRED, NOT_YET_VALID)
_OLD_NAME_DOTS = 3


@dataclass(frozen=True, slots=True)
class KeyFinding:
    """An answer: `fault` makes something fail, `warning` deserves a look."""

    name: str
    state: Literal["ok", "warning", "fault"]
    detail: str


def key_findings(paths: KeyPaths) -> tuple[KeyFinding, ...]:
    """Look at a key store without changing it or asking for a passphrase. Development keys are tried."""
    if not paths.store.is_dir():
        return (KeyFinding("keys", "ok", f"none yet; the first run makes them in {paths.store}"),)
    ring = development_ring(paths)
    try:
        contents = ring.contents()
    except KeyStoreError as error:
        broken = [*ring.store.damaged()] if paths.store.is_dir() else []
        told = [str(item) for item in broken] or [str(error)]
        return (KeyFinding("keys", "fault", "; ".join(told[:5])), *_modes(paths))
    found = [*_summary(paths, contents), *_states(contents), *_events(contents), *_modes(paths)]
    if any(record.custody == DEVELOPMENT for record in contents.records):
        found += [*_custody(paths), *_signing(ring, contents)]
    return tuple(found)


def _summary(paths: KeyPaths, contents: Contents) -> Iterator[KeyFinding]:
    at = now()
    usable = [record for record in contents.records if contents.status(record, at).state == VALID]
    listed = ", ".join(f"{record.public.key_id} for {record.spec.purpose} of {record.spec.tenant}" for record in usable)
    yield KeyFinding("keys", "ok" if usable else "warning", listed or f"none in {paths.store} may sign now")
    if old := [path.name for path in private_files(paths.store) if path.name.count(".") == _OLD_NAME_DOTS]:
        detail = f"{', '.join(old)}: of an older version and not used any more; public halves still verify"
        yield KeyFinding("old keys", "warning", detail)


def _states(contents: Contents) -> Iterator[KeyFinding]:
    """Keys that should sign and may not, or soon may not, with the command that helps. Who has a successor is done."""
    at = now()
    soon = written(moment(at) + timedelta(days=EXPIRES_SOON_DAYS))
    for generations in _families(contents):
        statuses = [(record, contents.status(record, at)) for record in generations]
        signing = next((record for record, status in statuses if status.state == VALID), None)
        for record, status in statuses:
            name, end = record.public.key_id, record.spec.not_after
            if status.state not in (VALID, *_ENDED):
                yield KeyFinding(f"key {name}", "fault", status.without_name(name))
            elif record is signing and end is not None and moment(end) < moment(soon):
                yield KeyFinding(f"key {name}", "warning", f"expires on {end}; `qlangc keys rotate {name}`")
        newest, status = statuses[0]
        if signing is None and status.state in _ENDED:
            name = newest.public.key_id
            yield KeyFinding(f"key {name}", "warning", f"{status.without_name(name)}; {_instead(newest)}")


def _families(contents: Contents) -> list[list[KeyRecord]]:
    """The generations of each key, the newest first."""
    specs = dict.fromkeys((key.spec.purpose, key.spec.tenant, key.spec.algorithm) for key in contents.records)
    return [contents.of(*spec) for spec in specs]


def _instead(record: KeyRecord) -> str:
    """How to get a key that may sign in place of one that may not."""
    spec = record.spec
    options = {"--algorithm": spec.algorithm, "--purpose": spec.purpose, "--tenant": spec.tenant}
    if record.custody != DEVELOPMENT:
        options["--custody"] = record.custody
    defaults = {"--purpose": RUN_MANIFEST, "--tenant": DEFAULT_TENANT}
    given = " ".join(f"{name} {value}" for name, value in options.items() if defaults.get(name) != value)
    return f"nothing is signed with it; `qlangc keys create {given}` makes one that may sign"


def _events(contents: Contents) -> Iterator[KeyFinding]:
    if contents.trust.faults:
        yield KeyFinding("public keys", "fault", "; ".join(contents.trust.faults[:5]))
    if ignored := [str(item) for item in contents.trust.ignored]:
        yield KeyFinding("key events", "warning", f"not believed: {'; '.join(ignored[:5])}")


def _custody(paths: KeyPaths) -> Iterator[KeyFinding]:
    try:
        guarded = DevelopmentCustodian(paths).needs_passphrase()
        failures = BackOff(paths.counter("passphrase"), DEVELOPMENT).failures()
    except (KeyStoreError, CustodyError) as error:
        yield KeyFinding("key files", "fault", str(error))
        return
    if guarded:
        yield KeyFinding("custody", "ok", f"{DEVELOPMENT}: files, opened by a passphrase")
    else:
        yield KeyFinding("custody", "warning", f"{DEVELOPMENT}: whoever can read your files can sign in your name")
    if failures:
        yield KeyFinding("passphrase", "warning", f"wrong ones since the last right one: {failures}")


def _signing(ring: KeyRing, contents: Contents) -> Iterator[KeyFinding]:
    """Try every development key that may sign, unless a passphrase would have to be asked for."""
    at, broken = now(), []
    for record in contents.records:
        may_sign = record.custody == DEVELOPMENT and contents.status(record, at).state == VALID
        if may_sign and (fault := _fault(ring, record)):
            broken.append(fault)
    if broken:
        yield KeyFinding("signing", "fault", "; ".join(broken[:5]))


def _fault(ring: KeyRing, record: KeyRecord) -> str | None:
    custodian = ring.custodian(DEVELOPMENT)
    assert isinstance(custodian, DevelopmentCustodian)
    try:
        if custodian.needs_passphrase():
            return None
        custodian.sign(record, b"")
    except (CustodyError, KeyStoreError) as error:
        return str(error)
    return None


def _modes(paths: KeyPaths) -> Iterator[KeyFinding]:
    """Whether secret files and folders are closed to all but their owner."""
    if os.name != "posix":
        yield KeyFinding("key files", "warning", "modes cannot be checked on this system")
        return
    secret = [paths.store, paths.state, paths.kek, paths.unlock, *private_files(paths.store)]
    open_ = [f"{path} has mode {mode:04o}" for path in secret if (mode := _mode(path)) & 0o077]
    yield KeyFinding("key files", "fault" if open_ else "ok", "; ".join(open_) or "readable by you only")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode) if path.exists() else 0
