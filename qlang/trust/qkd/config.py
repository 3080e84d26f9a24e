"""The section `[qkd]` of a TOML file: which key management entity (KME), and as whom.

[qkd]
url = "https://kme-a.example:8443"
ca = "kme-ca.pem"                  # paths are relative to this file
certificate = "sae-a.pem"
key = "sae-a.key.json"             # as `qlangc tls certificates` writes it; or PEM of mode 0600
master_sae = "sae-a"               # who requests keys
slave_sae = "sae-b"                # who fetches the same keys by their ids
kind = "vendor"                    # or "simulator"; written into manifests
minimum_stored_keys = 1            # optional
timeout_seconds = 5                # optional, for a whole request
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from qlang.trust.errors import FileRefused, QkdConfigError
from qlang.trust.files import read_file

SECTION = "qkd"
KINDS = ("simulator", "vendor")

_MAX_FILE = 1 << 20
_MAX_TIMEOUT = 60.0
_MAX_KEYS = 1 << 20
_URL = re.compile(r"https://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?/?", re.ASCII)
_SAE = re.compile(r"[A-Za-z0-9._~-]{1,128}", re.ASCII)
"""Ids go into the path of a URL: unreserved characters of RFC 3986 only."""

_TEXTS = ("url", "ca", "certificate", "key", "master_sae", "slave_sae", "kind")
_NUMBERS = ("minimum_stored_keys", "timeout_seconds")


@dataclass(frozen=True, slots=True)
class QkdConfig:
    """One key management entity and the two secure application entities (SAE) that share its keys."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path
    master_sae: str
    slave_sae: str
    kind: Literal["simulator", "vendor"]
    minimum_stored_keys: int = 1
    timeout: float = 5.0
    """Seconds for a whole request, handshake included."""


def configured(path: Path) -> QkdConfig | None:
    """The KME that a TOML file names; None if there is no such file or section.

    Raises: QkdConfigError if there is a section and it is wrong, or the file is not TOML.
    """
    import tomllib

    try:
        text = read_file(path, limit=_MAX_FILE).decode("utf-8")
        section = tomllib.loads(text).get(SECTION)
    except FileRefused as error:
        if error.missing:
            return None
        raise QkdConfigError(path, "", error.reason) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise QkdConfigError(path, "", f"is not TOML: {error}") from error
    if section is None:
        return None
    if not isinstance(section, Mapping):
        raise QkdConfigError(path, "", "has a `qkd` that is no section")
    return _config(path, section)


def _config(path: Path, section: Mapping[str, Any]) -> QkdConfig:
    if unknown := sorted(set(section) - {*_TEXTS, *_NUMBERS}):
        raise QkdConfigError(path, unknown[0], f"is unknown; known are {', '.join((*_TEXTS, *_NUMBERS))}")
    texts = {name: _text(path, section, name) for name in _TEXTS}
    url = _URL.fullmatch(texts["url"])
    if url is None or not 0 < int(url[2] or 443) < 1 << 16:
        raise QkdConfigError(path, "url", "is not https://HOST or https://HOST:PORT")
    for name in ("master_sae", "slave_sae"):
        if not _SAE.fullmatch(texts[name]):
            raise QkdConfigError(path, name, "is not 1 to 128 letters, digits and ._~-")
    if texts["master_sae"] == texts["slave_sae"]:
        raise QkdConfigError(path, "slave_sae", "is the master too; keys are shared by two")
    if texts["kind"] not in KINDS:
        raise QkdConfigError(path, "kind", f"is not one of {', '.join(KINDS)}")
    return QkdConfig(
        host=url[1].strip("[]"),
        port=int(url[2] or 443),
        ca=path.parent / texts["ca"],
        certificate=path.parent / texts["certificate"],
        key=path.parent / texts["key"],
        master_sae=texts["master_sae"],
        slave_sae=texts["slave_sae"],
        kind="simulator" if texts["kind"] == "simulator" else "vendor",
        minimum_stored_keys=int(_number(path, section, "minimum_stored_keys", 1, _MAX_KEYS, whole=True)),
        timeout=_number(path, section, "timeout_seconds", 5, _MAX_TIMEOUT, whole=False),
    )


def _text(path: Path, section: Mapping[str, Any], name: str) -> str:
    value = section.get(name)
    if not isinstance(value, str) or not value or "\0" in value:
        raise QkdConfigError(path, name, "is missing" if value is None else "is not a text")
    return value


def _number(path: Path, section: Mapping[str, Any], name: str, default: float, highest: float, *, whole: bool) -> float:
    value = section.get(name, default)
    wrong_kind = not isinstance(value, int | float) or isinstance(value, bool) or (whole and isinstance(value, float))
    if wrong_kind or not 0 < value <= highest:
        raise QkdConfigError(path, name, f"is not a {'whole ' if whole else ''}number above 0 and up to {highest:g}")
    return float(value)
