"""Finding and loading snapshots.

Snapshots of a dozen devices ship with the package in `devices/<vendor>.<name>.json`. Where the extra
qiskit-ibm-runtime is installed, its other devices are available too. A shipped snapshot always wins over the
extra's, so that a plan does not depend on what else is installed; `python -m qlang.catalogue.refresh` updates the
shipped ones.
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from qlang.catalogue import ibm
from qlang.catalogue.errors import UnknownDevice
from qlang.catalogue.snapshot import Snapshot, from_document

DEVICES = Path(__file__).parent / "devices"
SHIPPED = "shipped"
"""What `sources` says of a device whose snapshot is part of this package."""


def sources() -> Mapping[str, str]:
    """Every known device, sorted, and where its snapshot comes from: `shipped` or the name of the extra.

    Lists two directories and opens no file.
    """
    found = {f"ibm.{name}": ibm.PACKAGE for name in ibm.names()}
    found.update((file.stem, SHIPPED) for file in DEVICES.glob("*.json"))
    return dict(sorted(found.items()))


def shipped_digest() -> str:
    """SHA-256 of the shipped snapshots' names and contents, in hexadecimal: changes when any of them does."""
    digest = sha256()
    for file in sorted(DEVICES.glob("*.json")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def device_names() -> tuple[str, ...]:
    """All known devices, sorted; as cheap as `sources`."""
    return tuple(sources())


def match(pattern: str) -> tuple[str, ...]:
    """The known devices that `pattern` names, sorted; `*` stands for any text, all else for itself."""
    expression = re.compile(".*".join(map(re.escape, pattern.split("*"))))
    return tuple(name for name in device_names() if expression.fullmatch(name))


def load(device: str) -> Snapshot:
    """The snapshot of `device`.

    Raises `UnknownDevice` with the nearest names, and `MalformedSnapshot` for a damaged file.
    """
    origin = sources().get(device)
    if origin is None:
        raise UnknownDevice(device, suggestions(device))
    if origin == ibm.PACKAGE:
        return ibm.read(device.removeprefix("ibm."))
    file = DEVICES / f"{device}.json"
    return from_document(json.loads(file.read_text(encoding="utf-8")), file.name)


def suggestions(device: str) -> tuple[str, ...]:
    """At most three known devices that `device` may have meant."""
    from difflib import get_close_matches  # only on the way to an error message

    known = device_names()
    bare = {name.partition(".")[2]: name for name in known}
    if device in bare:
        return (bare[device],)
    return tuple(get_close_matches(device, known, n=3, cutoff=0.75))
