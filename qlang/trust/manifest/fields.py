"""Members of JSON objects from outside, by type. All raise ManifestError with the member's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qlang.trust.canonical import DIGEST, MAX_INTEGER, Json
from qlang.trust.errors import ManifestError


def object_of(value: Json, field: str) -> Mapping[str, Json]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise ManifestError(field, "is not an object")
    return value


def object_list(value: Json, field: str) -> list[Mapping[str, Json]]:
    """A list of objects."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ManifestError(field, "is not a list")
    return [object_of(item, field) for item in value]


def objects(value: Mapping[str, Json], field: str) -> list[Mapping[str, Json]]:
    """A member that is a list of objects."""
    return object_list(value.get(field), field)


def text(value: Mapping[str, Json], field: str) -> str:
    """A member that is a string."""
    found = value.get(field)
    if not isinstance(found, str):
        raise ManifestError(field[:80], "is not a string")
    return found


def optional_text(value: Mapping[str, Json], field: str) -> str | None:
    """A member that is a string or null; it must be there."""
    if field not in value:
        raise ManifestError(field, "is missing")
    return None if value[field] is None else text(value, field)


def texts(value: Mapping[str, Json], field: str) -> tuple[str, ...]:
    """A member that is a list of strings."""
    found = value.get(field)
    if not isinstance(found, Sequence) or isinstance(found, str) or not all(isinstance(item, str) for item in found):
        raise ManifestError(field, "is not a list of strings")
    return tuple(str(item) for item in found)


def count(value: Mapping[str, Json], field: str, *, least: int = 0) -> int:
    """A member that is a whole number of at least `least`."""
    found = value.get(field)
    if type(found) is not int or not least <= found <= MAX_INTEGER:
        raise ManifestError(field, "is not a count")
    return found


def digest_text(value: Mapping[str, Json], field: str) -> str:
    """A member of the form `sha256:<64 hex digits>`."""
    found = text(value, field)
    if not DIGEST.fullmatch(found):
        raise ManifestError(field, "is not of the form sha256:<64 hex digits>")
    return found
