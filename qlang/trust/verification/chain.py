"""The chain of a verification, and its first broken link.

    file → subject → statement → signature → key → policy → ledger → checkpoint

Each link is worth something only if those before it hold, so the first that broke is what to look at first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qlang.trust.checks import Check

FILE = "file"
SUBJECT = "subject"
STATEMENT = "statement"
SIGNATURE = "signature"
KEY = "key"
POLICY = "policy"
LEDGER = "ledger"
CHECKPOINT = "checkpoint"
NOTE = "note"

LINKS = (FILE, SUBJECT, STATEMENT, SIGNATURE, KEY, POLICY, LEDGER, CHECKPOINT)
"""In the order in which they carry each other."""

ADVICE = {
    FILE: "the manifest was damaged or replaced: take the run folder from a backup",
    SUBJECT: "the file is not the one that was signed: take it from a backup, or do not use this run",
    STATEMENT: "the signed text is none of a qlang run that this version can read: was it made by another version?",
    SIGNATURE: "the manifest was changed after it was signed, or a signature was removed: do not use this run",
    KEY: "get the signer's public keys and key events from the signer, compare their ids, and name them with --keys",
    POLICY: "the run is outside of your policy: `qlangc policy explain` tells more",
    LEDGER: "run `qlangc ledger verify --deep`, and compare the ledger with a copy or a checkpoint that you kept",
    CHECKPOINT: "get the public keys of the log from its owner; if other keys sign for it by now, `qlangc ledger"
    " checkpoint` and `qlangc ledger receipts` there write the receipts anew",
}
"""Link → what to do where it broke, unless the check knows better."""

_BY_FIRST_WORD = {
    "envelope": FILE,
    "run": FILE,  # `run folder`, `run id`
    "subject": SUBJECT,
    "statement": STATEMENT,
    "signature": SIGNATURE,
    "signatures": SIGNATURE,
    "algorithms": SIGNATURE,
    "key": KEY,
    "policy": POLICY,
    "ledger": LEDGER,
    "receipt": LEDGER,
    "checkpoint": CHECKPOINT,
    "witnesses": CHECKPOINT,
    "note": NOTE,
}


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first link that broke."""

    link: str
    check: Check
    advice: str

    @property
    def text(self) -> str:
        """One line."""
        return f"first broken link: {self.link}: {self.check.name}: {self.check.detail}; {self.advice}"


def link_of(check: Check) -> str:
    """The link that a check belongs to, by the first word of its name."""
    return _BY_FIRST_WORD[check.name.split(" ", 1)[0]]


def first_broken(checks: Iterable[Check]) -> BrokenLink | None:
    """The first link of the chain that broke, or None if none did."""
    failed = [check for check in checks if not check.ok]
    if not failed:
        return None
    check = min(failed, key=lambda failure: LINKS.index(link_of(failure)))
    link = link_of(check)
    return BrokenLink(link, check, check.advice or ADVICE[link])
