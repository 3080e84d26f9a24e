"""Is this installation, this user and this workspace in order? One small function for each question.

Nothing here changes anything, and no check needs the network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from qlang.compiler.workspace import CACHE, MARKER, STATE
from qlang.crash_dump import FOLDER as CRASHES
from qlang.version import __version__

State = Literal["ok", "warning", "fault"]

CORE = ("numpy", "llvmlite", "lark", "xdsl", "cryptography", "rfc8785")
EXTRAS = {"lsp": "pygls", "ibm": "qiskit_ibm_runtime", "hsm": "pkcs11", "tls": "OpenSSL", "slh": "pqcrypto"}
"""Extra of the package → the module that shows whether it is installed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer: `fault` makes something fail, `warning` deserves a look."""

    name: str
    state: State
    detail: str


def examine(workspace: Path) -> tuple[Finding, ...]:
    """All findings about the installation, the user's keys and a workspace."""
    return tuple(finding for question in _QUESTIONS for finding in question(workspace))


def _versions(_: Path) -> Iterator[Finding]:
    version = sys.version_info
    supported = (3, 11) <= version[:2] <= (3, 13)
    detail = f"{version.major}.{version.minor}.{version.micro}"
    yield Finding(
        "python", "ok" if supported else "warning", detail + ("" if supported else ", tested are 3.11 to 3.13")
    )
    yield Finding("qlang", "ok", __version__)
    for name in CORE:
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "fault", "not installed; python -m pip install --upgrade qlang")


def _extras(_: Path) -> Iterator[Finding]:
    for extra, module in EXTRAS.items():
        there = find_spec(module) is not None
        detail = "installed" if there else f"not installed; python -m pip install 'qlang[{extra}]' if you need it"
        yield Finding(f"extra {extra}", "ok", detail)


def _targets(_: Path) -> Iterator[Finding]:
    """What can simulate here; by default, plans name the first that can."""
    from qlang.backends.limits import NATIVE, most_qubits
    from qlang.backends.targets import TARGETS

    for target in TARGETS.values():
        detail = f"{target.what}; up to {most_qubits(noisy=False, target=target.name)} qubits"
        if target.name == NATIVE and target.available:
            from qlang.kernels.cpu.host import host_target

            detail += f"; {host_target().cpu}, vectors of {8 * host_target().vector_bytes} bits"
        yield Finding(f"target {target.name}", "ok", target.lacks or detail)


def _parser_tables(_: Path) -> Iterator[Finding]:
    import json

    from qlang.syntax import tables

    try:
        stored = json.loads(tables.TABLES.read_bytes()).get("grammar")
    except (OSError, ValueError) as error:
        yield Finding("parser tables", "warning", f"cannot be read, every start makes them anew: {error}")
        return
    fresh = stored == tables.fingerprint(tables.GRAMMAR.read_bytes())
    detail = "fresh" if fresh else "older than the grammar, every start makes them anew: python -m qlang.syntax.tables"
    yield Finding("parser tables", "ok" if fresh else "warning", detail)


def _devices(_: Path) -> Iterator[Finding]:
    from qlang.catalogue import store
    from qlang.catalogue.errors import CatalogueError

    names = store.device_names()
    broken = []
    for name in names:
        try:
            store.load(name)
        except (CatalogueError, OSError, ValueError) as error:
            broken.append(f"{name}: {error}")
    yield Finding("devices", "ok", f"{len(names) - len(broken)} calibration snapshots")
    if broken:
        yield Finding("devices", "fault", "; ".join(broken[:5]))


def _algorithms(workspace: Path) -> Iterator[Finding]:
    """What signs here, and who computes it: as the policy file says, if it can be read, else as without one."""
    from qlang.trust.algorithms import available_algorithms
    from qlang.trust.crypto_modes import MODES, unservable_reason
    from qlang.trust.errors import FileRefused, PolicyError
    from qlang.trust.policy.load import find_policy
    from qlang.trust.providers.findings import provider_findings
    from qlang.trust.providers.table import DEFAULT

    try:
        providers = find_policy(workspace).providers
    except (FileRefused, PolicyError):
        providers = DEFAULT  # the finding `policy` tells what is wrong
    for found in provider_findings(providers):
        yield Finding(found.name, found.state, found.detail)
    available = available_algorithms(providers=providers)
    served = [name for name in MODES if unservable_reason(name, available) is None]
    yield Finding(
        "signatures", "ok" if served else "fault", f"{', '.join(available)}; crypto modes {', '.join(served)}"
    )


def _keys(_: Path) -> Iterator[Finding]:
    from qlang.trust.keys.findings import key_findings
    from qlang.trust.keys.paths import default_key_paths

    for found in key_findings(default_key_paths()):
        yield Finding(found.name, found.state, found.detail)


def _tokens(workspace: Path) -> Iterator[Finding]:
    """Of the PKCS#11 tokens that the project's policy file names."""
    from qlang.trust.custody import TOKEN_NATIVE, TOKEN_WRAPPED
    from qlang.trust.errors import FileRefused, KeyStoreError, PolicyError
    from qlang.trust.keys.paths import default_key_paths
    from qlang.trust.keys.store import KeyStore
    from qlang.trust.policy.load import load_tokens
    from qlang.trust.policy.model import POLICY_FILE

    policy, paths = workspace / POLICY_FILE, default_key_paths()
    try:
        tokens = load_tokens(policy) if policy.exists() else {}
    except (FileRefused, PolicyError) as error:
        yield Finding("tokens", "fault", str(error))
        return
    try:
        records = KeyStore(paths).records() if paths.store.is_dir() else ()
    except KeyStoreError:
        records = ()  # the finding `keys` tells what is wrong
    elsewhere = [record.public.key_id for record in records if record.custody in (TOKEN_NATIVE, TOKEN_WRAPPED)]
    if not tokens and elsewhere:
        detail = f"{', '.join(elsewhere[:5])} cannot sign here: no `[tokens.NAME]` in {POLICY_FILE} describes a token"
        yield Finding("tokens", "warning", detail)
    if not tokens:
        return
    from qlang.trust.token.findings import token_findings

    for found in token_findings(tokens, records, paths.state / "tries"):
        yield Finding(found.name, found.state, found.detail)


def _configuration(workspace: Path) -> Iterator[Finding]:
    path = workspace / MARKER
    if not path.exists():
        yield Finding("workspace", "ok", f"{workspace}, without {MARKER}; `qlangc init` would write one")
        return
    import tomllib

    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        yield Finding("workspace", "fault", f"{path}: {error}")
        return
    yield Finding("workspace", "ok", str(workspace))


def _policy(workspace: Path) -> Iterator[Finding]:
    """The policy file with its `[tokens]` and `[qkd]`, and who its rules leave nothing to sign with."""
    from qlang.compiler.policy_report import checked
    from qlang.trust.errors import FileRefused, PolicyError
    from qlang.trust.policy.model import POLICY_FILE

    path = workspace / POLICY_FILE
    if not path.exists() and not path.is_symlink():
        yield Finding("policy", "ok", f"no {POLICY_FILE}: what the crypto modes allow; `qlangc policy init` writes one")
        return
    try:
        report = checked(path)
    except (FileRefused, PolicyError) as error:
        yield Finding("policy", "fault", str(error))
        return
    yield Finding("policy", "ok", f"{report['rules']} rules, {report['policy']['digest']}")
    for contradiction in report["contradictions"]:
        yield Finding("policy", "warning", contradiction)


def _crashes(workspace: Path) -> Iterator[Finding]:
    dumps = list((workspace / CRASHES).glob("*.txt"))
    if dumps:
        yield Finding("crashes", "warning", f"{len(dumps)} dumps in {workspace / CRASHES}; please report them")


def _clock(_: Path) -> Iterator[Finding]:
    """A clock before the newest calibration that we ship is wrong: manifests would be dated before their data."""
    from qlang.catalogue import store
    from qlang.trust.times import any_moment

    dates = []
    for name, source in store.sources().items():
        date = store.load(name).date if source == store.SHIPPED else None
        if date:
            dates.append(any_moment(date))
    now = datetime.now(UTC)
    newest = max(dates, default=now)
    wrong = now + timedelta(days=1) < newest
    detail = f"{now.isoformat(timespec='seconds')}"
    if wrong:
        detail += f", before the newest shipped calibration of {newest.date()}"
    yield Finding("clock", "fault" if wrong else "ok", detail)


def _runs(workspace: Path) -> Iterator[Finding]:
    from qlang.runtime.run_folder import LEDGER, list_runs, partial_runs
    from qlang.trust.ledger.deep import check_ledger_file

    runs, stopped = list_runs(workspace), partial_runs(workspace)
    if runs:
        yield Finding("runs", "ok", f"{len(runs)} complete")
        for check in check_ledger_file(workspace / LEDGER):
            yield Finding("ledger", "ok" if check.ok else "fault", check.detail)
    if stopped:
        listed = ", ".join(path.name for path in stopped[:3])
        yield Finding("stopped runs", "warning", f"{len(stopped)} left behind, safe to delete: {listed}")


def _cache(workspace: Path) -> Iterator[Finding]:
    from qlang.runtime.cache import MAX_BYTES, CompileCache
    from qlang.runtime.cache_secret import cache_secret
    from qlang.runtime.errors import CannotRecord
    from qlang.trust.keys.paths import default_key_paths

    try:
        secret = cache_secret(default_key_paths().state, create=False)
    except CannotRecord:
        return  # no entry of this user's can be there
    contents = CompileCache(workspace / CACHE, secret=secret).contents()
    if contents.entries:
        detail = f"{contents.entries} compilations, {contents.bytes / 1e6:.1f} of at most {MAX_BYTES / 1e6:.0f} MB"
        yield Finding("compile cache", "ok", detail)
    if contents.damaged:
        listed = ", ".join(path.name for path in contents.damaged[:3])
        yield Finding("compile cache", "warning", f"{len(contents.damaged)} damaged, will be made again: {listed}")


def _state_folder(workspace: Path) -> Iterator[Finding]:
    folder = workspace / STATE
    nearest = folder if folder.exists() else workspace
    if not os.access(nearest, os.W_OK):
        yield Finding("state", "fault", f"{nearest} cannot be written to: runs cannot be recorded")


_QUESTIONS: tuple[Callable[[Path], Iterator[Finding]], ...] = (
    _versions,
    _extras,
    _targets,
    _parser_tables,
    _devices,
    _algorithms,
    _keys,
    _tokens,
    _clock,
    _configuration,
    _policy,
    _state_folder,
    _runs,
    _cache,
    _crashes,
)
