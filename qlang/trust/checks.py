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
    advice: str = ""
    """What to do where this fails; empty: what helps with its link of the chain."""

    def to_json(self) -> dict[str, str | bool]:
        """The verdict as `--json` shows it."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail}
