"""One verdict of a verification."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """What was checked, whether it holds, and the digests or reasons in words.

    Names that start with `note` inform and are always ok.
    """

    name: str
    ok: bool
    detail: str
