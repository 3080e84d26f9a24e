"""The dump of a mistake of ours, for the report: of the command, and of a signer's process."""

from __future__ import annotations

import os
import platform
import re
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from qlang.version import __version__

FOLDER = Path(".qlang") / "crashes"

_SECRET_NAME = re.compile(r"token|secret|passphrase|password|passwd|credential|api.?key|auth|\bpin\b", re.IGNORECASE)
_HIDDEN = "***"


def write_dump(error: BaseException, arguments: list[str], workspace: Path) -> Path:
    """A new file that only its owner may read: in the workspace if it has a `.qlang` folder, else a temporary one."""
    folder = workspace / FOLDER
    if folder.parent.is_dir() and os.access(folder.parent, os.W_OK):
        folder.mkdir(mode=0o700, exist_ok=True)
    else:
        folder = Path(tempfile.gettempdir())
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    descriptor, name = tempfile.mkstemp(prefix=f"qlangc-{stamp}-", suffix=".txt", dir=folder)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(_dump(error, arguments))
    return Path(name)


def _dump(error: BaseException, arguments: list[str]) -> str:
    head = [
        f"qlangc {__version__}",
        f"python {platform.python_version()} on {platform.platform()}",
        f"time {datetime.now(UTC).isoformat()}",
        f"arguments {without_secrets(arguments)!r}",
    ]
    return "\n".join([*head, "", *traceback.format_exception(error)])


def without_secrets(arguments: list[str]) -> list[str]:
    """The arguments with the values of options hidden whose names sound secret."""
    shown: list[str] = []
    hide_next = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        secret = bool(_SECRET_NAME.search(name))
        if hide_next and not argument.startswith("-"):
            shown.append(_HIDDEN)
        else:
            shown.append(f"{name}={_HIDDEN}" if secret and equals else argument)
        hide_next = secret and not equals and argument.startswith("-")
    return shown
