"""Read `qlang-policy.toml` strictly: what is not understood is refused, never passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.trust.errors import PolicyError
from qlang.trust.policy import fields
from qlang.trust.policy.builtin import BUILTIN_DEVELOPMENT
from qlang.trust.policy.fields import WrongValue
from qlang.trust.policy.model import DEFAULTS, POLICY_FILE, SCHEMA, TENANTS, LogTrust, Policy, Section, Witnesses
from qlang.trust.policy.places import MAX_DEPTH, key_lines
from qlang.trust.providers.table import DEFAULT as DEFAULT_PROVIDERS

if TYPE_CHECKING:
    from qlang.trust.token.config import TokenConfig

MAX_BYTES = 256 << 10
_TOP = ("schema", DEFAULTS, TENANTS, "log", "witnesses", "tokens", "qkd")
_TOML_LINE = re.compile(r" \(at line (\d+), column \d+\)$", re.ASCII)


def find_policy(folder: Path) -> Policy:
    """The policy of a project's folder; the built-in one where it has no `qlang-policy.toml`.

    Raises: PolicyError, FileRefused for a file that is there and cannot be read.
    """
    path = folder / POLICY_FILE
    if not path.exists() and not path.is_symlink():
        return BUILTIN_DEVELOPMENT
    return load_policy(path)


def load_policy(path: Path) -> Policy:
    """The policy of a file of at most 256 KiB.

    Raises: FileRefused (missing, a link, too large), PolicyError with the key and the line where it can be found.
    """
    values, lines = _read(path)
    try:
        return policy_of(values, path.name, lines)
    except WrongValue as wrong:
        raise _located(path, lines, wrong) from wrong


def policy_of(values: Mapping[str, Any], name: str, lines: Mapping[str, int] | None = None) -> Policy:
    """A policy from plain data in the form of the file, as `content.policy_content` gives it.

    Raises: fields.WrongValue.
    """
    for key in values:
        if key not in _TOP:
            if key == "providers":
                raise WrongValue(key, f"belongs into `[{DEFAULTS}]`", f"{DEFAULTS}.{key}")
            if key in fields.SECTION:
                raise WrongValue(key, f"belongs into `[{DEFAULTS}]` or `[{TENANTS}.NAME]`", f"{DEFAULTS}.{key}")
            raise fields.unknown(key, "key", key, _TOP)
    if type(values.get("schema")) is not int or values["schema"] != SCHEMA:
        found = "missing" if "schema" not in values else "another"
        raise WrongValue("schema", f"is {found}; this version reads `schema = {SCHEMA}`")
    tenants = fields.named_tables(TENANTS, values.get(TENANTS, {}))
    defaults, providers = _defaults(values.get(DEFAULTS, {}))
    policy = Policy(
        defaults,
        {tenant: _section(f"{TENANTS}.{tenant}", section) for tenant, section in tenants.items()},
        LogTrust(**fields.table("log", values.get("log", {}), fields.LOG)),
        Witnesses(**fields.table("witnesses", values.get("witnesses", {}), fields.WITNESSES)),
        providers,
        name,
        lines or {},
    )
    witnesses = {key.partition("+")[0] for key in policy.witnesses.keys}
    if policy.witnesses.threshold > len(witnesses):
        raise WrongValue("witnesses.threshold", f"demands more witnesses than the {len(witnesses)} listed")
    return policy


def load_tokens(path: Path) -> Mapping[str, TokenConfig]:
    """The `[tokens.NAME]` of a policy file: how this machine reaches its tokens; no part of the policy's digest.

    Raises: as `load_policy`.
    """
    from qlang.trust.errors import TokenConfigError
    from qlang.trust.token.config import parse_token_config

    values, lines = _read(path)
    found: dict[str, TokenConfig] = {}
    try:
        for name, table in fields.named_tables("tokens", values.get("tokens", {})).items():
            try:
                found[name] = parse_token_config(table, path.parent)
            except TokenConfigError as error:
                raise WrongValue(f"tokens.{name}.{error.key}", error.reason) from error
    except WrongValue as wrong:
        raise _located(path, lines, wrong) from wrong
    return found


def _defaults(value: Any) -> tuple[Section, tuple[str, ...]]:
    """The rules of `[defaults]`, and beside them who computes on this machine."""
    read = fields.table(DEFAULTS, value, {**fields.SECTION, "providers": fields.providers})
    providers = read.pop("providers", DEFAULT_PROVIDERS)
    return Section(**read), providers


def _section(key: str, value: Any) -> Section:
    if isinstance(value, dict) and "providers" in value:
        reason = f"belongs into `[{DEFAULTS}]`: it says who computes on this machine, whoever the tenant is"
        raise WrongValue(f"{key}.providers", reason, f"{DEFAULTS}.providers")
    return Section(**fields.table(key, value, fields.SECTION))


def _read(path: Path) -> tuple[dict[str, Any], Mapping[str, int]]:
    """The file's values and the lines of its keys."""
    import tomllib

    from qlang.trust.files import read_file

    data = read_file(path, limit=MAX_BYTES)
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise PolicyError(path, "", f"is not UTF-8 at byte {error.start}") from error
    try:
        lines = key_lines(text)  # first: it refuses nesting that would exhaust the stack of tomllib
        return tomllib.loads(text), lines
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_LINE.search(message)
        line = int(place[1]) if place else None
        raise PolicyError(path, "", f"is not TOML: {_TOML_LINE.sub('', message)}", line) from error
    except (ValueError, RecursionError) as error:
        reason = f"is nested deeper than {MAX_DEPTH}, or holds a number of too many digits"
        raise PolicyError(path, "", reason) from error


def _located(path: Path, lines: Mapping[str, int], wrong: WrongValue) -> PolicyError:
    """With the line of the key, or of the nearest table around it."""
    key = wrong.key
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return PolicyError(path, wrong.key, wrong.reason, lines.get(key), wrong.suggestion)
