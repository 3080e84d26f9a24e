"""What the keys of a policy file hold: one reader for each type of value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from qlang.trust.crypto_modes import CLASSICAL, MODES, POST_QUANTUM
from qlang.trust.custody import CUSTODIES, NAME
from qlang.trust.errors import TrustError
from qlang.trust.policy import times
from qlang.trust.providers.table import PROVIDERS

ALGORITHMS = tuple(sorted(CLASSICAL)) + tuple(sorted(POST_QUANTUM))

_MAX_ENTRIES = 1000
_MAX_TEXT = 4096
_MAX_UID = 2**32 - 2


@dataclass(eq=False)
class WrongValue(TrustError):
    """A value that its key cannot hold."""

    key: str
    reason: str
    suggestion: str | None = None

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}"


Reader = Callable[[str, Any], Any]
"""Of a key path and a value as TOML has it. Raises: WrongValue."""


def flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongValue(key, f"is {_kind(value)}, wanted true or false")
    return value


def seconds(key: str, value: Any) -> int:
    found = times.duration(value) if isinstance(value, str) else None
    if found is None:
        shown = f"`{value[:40]}`" if isinstance(value, str) else _kind(value)
        raise WrongValue(key, f'is {shown}, wanted a duration such as "90s", "5min", "12h", "30d"')
    return found


def count(key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_ENTRIES:
        raise WrongValue(key, f"is not a number from 0 to {_MAX_ENTRIES}")
    return value


def texts(key: str, value: Any) -> tuple[str, ...]:
    return tuple(_text(key, item) for item in _items(key, value))


def users(key: str, value: Any) -> tuple[str | int, ...]:
    found: list[str | int] = []
    for item in _items(key, value):
        if isinstance(item, int) and not isinstance(item, bool):
            if not 0 <= item <= _MAX_UID:
                raise WrongValue(key, f"{item} is not a user's number")
            found.append(item)
        else:
            found.append(_text(key, item))
    return tuple(found)


def patterns(key: str, value: Any) -> tuple[str, ...]:
    found = texts(key, value)
    for pattern in found:
        if len(pattern) > 128 or pattern.count("*") > 8:
            raise WrongValue(key, f"pattern `{pattern[:40]}…` is longer than 128 characters or has more than 8 `*`")
    return found


def one_of(what: str, known: Collection[str]) -> Reader:
    """A list of words that all are known."""

    def read(key: str, value: Any) -> tuple[str, ...]:
        found = texts(key, value)
        for word in found:
            if word not in known:
                raise unknown(key, what, word, known)
        return found

    return read


def verifier_keys(key: str, value: Any) -> tuple[str, ...]:
    """C2SP verifier keys, as they are printed for logs and witnesses."""
    from qlang.trust.errors import NoteError
    from qlang.trust.ledger.notes import parse_vkey

    found = texts(key, value)
    for text in found:
        try:
            parse_vkey(text)
        except NoteError as error:
            raise WrongValue(key, f"`{text[:40]}` is no verifier key: {error.reason}") from error
    return found


def by_mode(key: str, value: Any) -> Mapping[str, tuple[str, ...]]:
    """A table of crypto modes with algorithms."""
    if not isinstance(value, dict):
        raise WrongValue(key, f"is {_kind(value)}, wanted a table of crypto modes with lists of algorithms")
    for mode in value:
        if mode not in MODES:
            raise unknown(f"{key}.{mode}", "crypto mode", mode, MODES)
    found = {mode: algorithms(f"{key}.{mode}", names) for mode, names in value.items()}
    for mode, names in found.items():
        if not names:
            raise WrongValue(f"{key}.{mode}", "names no algorithm")
    return found


def unknown(key: str, what: str, word: str, known: Collection[str]) -> WrongValue:
    """A word that nothing is called, with the nearest one that is."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), 1, 0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"
    return WrongValue(key, f"unknown {what} `{_shown(word)}`; {hint}", near[0] if near else None)


algorithms = one_of("algorithm", ALGORITHMS)


def providers(key: str, value: Any) -> tuple[str, ...]:
    """Names of providers, each once, the preferred one first."""
    found = one_of("provider", tuple(PROVIDERS))(key, value)
    if not found:
        raise WrongValue(key, f"names no provider; known are {', '.join(PROVIDERS)}")
    return tuple(dict.fromkeys(found))


SECTION: Mapping[str, Reader] = {
    "production": flag,
    "signers": users,
    "modes": one_of("crypto mode", tuple(MODES)),
    "backends": patterns,
    "algorithms": algorithms,
    "sign": by_mode,
    "require": by_mode,
    "custody": one_of("custody", CUSTODIES),
    "enforced_probe": flag,
    "keys": texts,
    "max_calibration_age": seconds,
    "max_clock_difference": seconds,
    "max_checkpoint_age": seconds,
    "max_key_age": seconds,
}
LOG: Mapping[str, Reader] = {"origins": texts, "keys": verifier_keys}
WITNESSES: Mapping[str, Reader] = {"keys": verifier_keys, "threshold": count}


def table(key: str, value: Any, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """A table with known keys only. Raises: WrongValue."""
    if not isinstance(value, dict):
        raise WrongValue(key, f"is {_kind(value)}, wanted a table")
    for name in value:
        if name not in readers:
            raise unknown(f"{key}.{name}", "key", name, readers)
    return {name: readers[name](f"{key}.{name}", entry) for name, entry in value.items()}


def named_tables(key: str, value: Any) -> dict[str, dict[str, Any]]:
    """Tables by names that the user gives: `[tenants.NAME]`, `[tokens.NAME]`. Raises: WrongValue."""
    if not isinstance(value, dict):
        raise WrongValue(key, f"is {_kind(value)}, wanted tables `[{key}.NAME]`")
    for name, entry in value.items():
        if not NAME.fullmatch(name):
            raise WrongValue(f"{key}.{name}", "is not a name: letters, digits and . _ - only, at most 64")
        if not isinstance(entry, dict):
            raise WrongValue(f"{key}.{name}", f"is {_kind(entry)}, wanted a table")
    return value


def _items(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise WrongValue(key, f"is {_kind(value)}, wanted a list")
    if len(value) > _MAX_ENTRIES:
        raise WrongValue(key, f"has more than {_MAX_ENTRIES} entries")
    return value


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValue(key, f"holds {_kind(value)}, wanted texts")
    if not value or len(value) > _MAX_TEXT or not value.isprintable():
        raise WrongValue(key, f"holds a text that is empty, unprintable or longer than {_MAX_TEXT} characters")
    return value


def _shown(word: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in word[:40])


def _kind(value: Any) -> str:
    names = {bool: "a truth value", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return names.get(type(value), "a date")
