"""Which token holds the keys, and where its PIN comes from. Pure data, no heavy import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qlang.trust.errors import TokenConfigError
from qlang.trust.secret_sources import PLACES, FromTerminal, SecretKind, SecretSource, parse_source

KEK_LABEL = "qlang-kek"
"""Label of the AES key inside the token that wraps the secrets of `token-wrapped` keys."""

PIN = SecretKind("PIN", "token", 255, "`pin` of the policy file's table", printable=True)  # a C library gets it

_MAX_LABEL = 32  # CK_TOKEN_INFO.label
_MAX_SERIAL = 16  # CK_TOKEN_INFO.serialNumber


@dataclass(frozen=True, slots=True)
class TokenConfig:
    """One token of one PKCS#11 module.

    `serial` picks among tokens of one label. `pin` says where the PIN is asked for, never what it is.
    """

    module: Path
    label: str
    serial: str | None = None
    pin: SecretSource = field(default_factory=FromTerminal)
    kek_label: str = KEK_LABEL


def parse_token_config(values: Mapping[str, object], project: Path | None = None) -> TokenConfig:
    """Read `module`, `label` and the optional `serial`, `pin` and `kek_label` of a table of a policy file.

    `module` is an absolute path outside `project`, the folder of the policy file: the module's code gets the PIN, so
    it must not come with a project. `pin` is `prompt` (default), `fd:<number>` or `env:<NAME>`.

    Raises: TokenConfigError, which names the key.
    """
    known = ("module", "label", "serial", "pin", "kek_label")
    for key in values:
        if key not in known:
            raise TokenConfigError(key, f"is not a key of a token; known are {', '.join(known)}")
    module = Path(_text(values, "module", None, 4096))
    if not module.is_absolute():
        raise TokenConfigError("module", "must be an absolute path")
    if project is not None and module.resolve().is_relative_to(project.resolve()):
        raise TokenConfigError(
            "module", "lies inside the project: a PKCS#11 module gets the PIN and is installed apart"
        )
    pin = parse_source(_text(values, "pin", "prompt", 200))
    if pin is None:
        raise TokenConfigError("pin", f"says where the PIN comes from: {PLACES}")
    return TokenConfig(
        module,
        _text(values, "label", None, _MAX_LABEL),
        _text(values, "serial", "", _MAX_SERIAL) or None,
        pin,
        _text(values, "kek_label", KEK_LABEL, 64),
    )


def _text(values: Mapping[str, object], key: str, default: str | None, longest: int) -> str:
    value = values.get(key, default)
    if value is None:
        raise TokenConfigError(key, "is missing")
    if not isinstance(value, str) or len(value.encode("utf-8", "replace")) > longest:
        raise TokenConfigError(key, f"must be a text of at most {longest} bytes")
    if not value and default is None:
        raise TokenConfigError(key, "must not be empty")
    if not value.isprintable():
        raise TokenConfigError(key, "must be printable")
    return value
