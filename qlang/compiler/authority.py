"""Under which policy, and for whom, a job is compiled and signed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qlang.compiler.workspace import MARKER
from qlang.trust.crypto_modes import NO_KME
from qlang.trust.custody import DEFAULT_TENANT, NAME
from qlang.trust.errors import FileRefused, QkdConfigError, QkdUnavailable, TenantRefused
from qlang.trust.files import read_file
from qlang.trust.policy.builtin import BUILTIN_DEVELOPMENT
from qlang.trust.policy.model import POLICY_FILE, Policy

_MAX_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class Authority:
    """The policy of a project and the tenant whose run it is."""

    policy: Policy = BUILTIN_DEVELOPMENT
    tenant: str = DEFAULT_TENANT
    file: Path | None = None
    """The policy file, whose `[qkd]` says where quantum-distributed keys come from; None: there is none."""
    at: str | None = None
    """When the run took place that is compiled again, RFC 3339: calibrations must have been fresh then, and no KME is
    asked. None: it is a new run."""


DEVELOPMENT = Authority()


def authority_of(workspace: Path, tenant: str | None = None) -> Authority:
    """The policy file of a workspace, if it has one; the tenant as given, else as its `qlang.toml` says.

    Raises: FileRefused, PolicyError where one of the files cannot be used; TenantRefused.
    """
    whose = (_configured_tenant(workspace) if tenant is None else tenant) or DEFAULT_TENANT
    if whose != DEFAULT_TENANT:
        _check_name(whose)
    path = workspace / POLICY_FILE
    if not path.exists() and not path.is_symlink():
        return Authority(BUILTIN_DEVELOPMENT, whose)
    from qlang.trust.policy.load import load_policy

    return Authority(load_policy(path), whose, path)


def kme_fault(authority: Authority) -> str | None:
    """Why no quantum-distributed keys can be had now, or None if they can. Asks the KME, if one is configured."""
    if authority.file is None:
        return NO_KME
    from qlang.trust.qkd.client import probe
    from qlang.trust.qkd.config import configured

    try:
        config = configured(authority.file)
        if config is None:
            return NO_KME
        probe(config)
    except QkdUnavailable as error:
        return error.reason
    except QkdConfigError as error:
        return str(error)
    return None


def kme_configured(authority: Authority) -> bool:
    """Whether the policy file names a KME, reachable or not."""
    if authority.file is None:
        return False
    from qlang.trust.qkd.config import configured

    try:
        return configured(authority.file) is not None
    except QkdConfigError:
        return True


def _check_name(tenant: str) -> None:
    """It becomes part of keys' names, manifests and plans."""
    if not NAME.fullmatch(tenant):
        raise TenantRefused(tenant)


def _configured_tenant(workspace: Path) -> str | None:
    """`tenant` of `[project]` in `qlang.toml`."""
    path = workspace / MARKER
    if not path.is_file():
        return None
    data = read_file(path, limit=_MAX_BYTES)
    if b"tenant" not in data:  # saves loading a TOML parser for almost everyone
        return None
    import tomllib

    try:
        tenant = tomllib.loads(data.decode("utf-8")).get("project", {}).get("tenant")
    except (ValueError, AttributeError) as error:
        raise FileRefused(path, f"cannot be read: {error}") from error
    if tenant is not None and (not isinstance(tenant, str) or not tenant):
        raise FileRefused(path, "`tenant` of `[project]` is not a text")
    return tenant
