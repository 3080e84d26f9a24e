"""Canonical JSON (RFC 8785, JCS), digests, and a strict reader for JSON from outside."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

from qlang.trust.errors import JsonRefused

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
"""How digests are spelled (use `fullmatch`)."""

MAX_BYTES = 16 << 20
MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1
"""Larger integers have no canonical form: they are written as strings."""

# Possessive, and the closing quote is optional: linear on any text.
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.DOTALL)
_PLAIN = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def sha256_digest(data: bytes) -> str:
    """`sha256:<64 hex digits>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def canonical_json(value: Json) -> bytes:
    """The one spelling of `value`, UTF-8 (RFC 8785).

    Raises: JsonRefused for integers beyond 2^53 - 1, NaN, infinities, lone surrogates,
    nesting deeper than `MAX_DEPTH` and values that are not JSON.
    """
    if _refuse_odd(value):
        return _PLAIN.encode(value).encode()
    import rfc8785

    try:
        return rfc8785.dumps(value)
    except ValueError as error:
        raise JsonRefused(f"no canonical form: {error}") from error


def load_json(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Json:
    """Read JSON that may come from an attacker.

    Raises: JsonRefused for anything but UTF-8 JSON without duplicate keys, NaN, infinities,
    integers that a double cannot hold, lone surrogates, more than `max_bytes` or nesting beyond `max_depth`.
    """
    if len(data) > max_bytes:
        raise JsonRefused(f"larger than {max_bytes} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonRefused(f"not UTF-8 at byte {error.start}") from error
    _refuse_deep(text, max_depth)
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except ValueError as error:
        raise JsonRefused(f"not JSON: {error}") from error
    if "\\u" in text:  # nothing else can make a lone surrogate, and depth is known
        _refuse_odd(value)
    return value


def _refuse_deep(text: str, max_depth: int) -> None:
    """Count brackets outside strings before any recursive parser sees the text."""
    depth = 0
    for match in _STRUCTURE.finditer(text):
        bracket = match.group()
        if bracket in "[{":
            depth += 1
            if depth > max_depth:
                raise JsonRefused(f"nested deeper than {max_depth}")
        elif bracket in "]}":
            depth -= 1


def _refuse_odd(value: object, depth: int = 0) -> bool:
    """Refuse text that has no UTF-8 form, and depth.

    Returns whether `json` of the standard library, which is ten times as fast, spells the value as RFC 8785 does: no
    floats, no integers beyond 2^53 - 1, keys in ASCII (whose order by UTF-16 code units is that of their characters),
    and plain types only.
    """
    kind = type(value)
    if kind is str:
        return _refuse_surrogates(value)
    if kind is bool or value is None:
        return True
    plain = kind is dict or kind is list or kind is tuple
    if not plain:
        if isinstance(value, int):
            return kind is int and -MAX_INTEGER <= value <= MAX_INTEGER
        if isinstance(value, str):
            return _refuse_surrogates(value) and False
        if not isinstance(value, (Mapping, Sequence)):
            return False
    if depth == MAX_DEPTH:
        raise JsonRefused(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, (dict, Mapping)):
        for key, child in value.items():
            if not (type(key) is str and key.isascii()):
                plain = _refuse_odd(key, depth + 1) and False
            if type(child) is str and child.isascii():  # most children: spares a call
                continue
            if not _refuse_odd(child, depth + 1):
                plain = False
        return plain
    assert isinstance(value, (list, tuple, Sequence))  # the first two are recognised much faster
    for child in value:
        if type(child) is str and child.isascii():
            continue
        if not _refuse_odd(child, depth + 1):
            plain = False
    return plain


def _refuse_surrogates(text: object) -> bool:
    """True; raises JsonRefused for half of a surrogate pair."""
    assert isinstance(text, str)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise JsonRefused("a string holds a lone surrogate") from error
    return True


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for key, value in pairs:
        if key in result:
            raise JsonRefused(f"duplicate key {key[:40]!a}")
        result[key] = value
    return result


def _constant(word: str) -> NoReturn:
    raise JsonRefused(f"{word} is not JSON")


def _float(word: str) -> float:
    value = float(word)
    if not math.isfinite(value):
        raise JsonRefused(f"number out of range: {word[:40]}")
    return value


def _integer(word: str) -> int | float:
    """Digits beyond 2^53 pass only as what they are in RFC 8785: the spelling of a float below 1e21."""
    import rfc8785

    if len(word) <= 17 and abs(int(word)) <= MAX_INTEGER:
        return int(word)
    if len(word) <= 22 and rfc8785.dumps(float(word)) == word.encode():
        return float(word)
    raise JsonRefused(f"integer beyond 2^53: {word[:40]}")
