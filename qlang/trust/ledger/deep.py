"""Verification of a whole ledger: every entry, every node, every checkpoint.

A plain check looks at the file, the last entry, the root from stored nodes and the newest checkpoints. A deep check
recomputes every hash from the entries' data and believes nothing that is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from qlang.trust.checks import Check
from qlang.trust.errors import JsonRefused, LedgerError, NoteError
from qlang.trust.ledger import merkle
from qlang.trust.ledger.checkpoint import checkpoint_of
from qlang.trust.ledger.compare import Known, LeafAt, RootAt, known_check, sizes_of, stored_checks
from qlang.trust.ledger.entries import parse_entry, root_text
from qlang.trust.ledger.kinds import CHECKPOINT, KEY_USE, WITNESS, kind_fault, note_keys
from qlang.trust.ledger.reader import LedgerReader
from qlang.trust.ledger.store import open_reader
from qlang.trust.ledger.vouching import Vouch

RECENT_CHECKPOINTS = 64
"""How many of the newest stored checkpoints a plain check compares."""


@dataclass(slots=True)
class _Walk:
    """What a pass over all entries found: the first fault of each sort, and roots at the sizes that were asked for."""

    entries: str | None = None
    nodes: str | None = None
    requests: str | None = None
    size: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)


def check_ledger_file(
    path: Path,
    *,
    deep: bool = False,
    known: Sequence[Known] = (),
    vouch: Vouch | None = None,
) -> tuple[Check, ...]:
    """Check a ledger file that may come from an attacker; never raises for what it contains.

    `known`: older checkpoints and receipts, kept elsewhere, that the ledger must continue.
    `vouch`: what judges the signatures of each checkpoint; None leaves them unchecked, and the checks say so.
    """
    try:
        with open_reader(path) as ledger, ledger.snapshot():
            return check_open_ledger(ledger, deep=deep, known=known, vouch=vouch)
    except LedgerError as error:
        return (Check("ledger file", False, str(error)),)


def check_open_ledger(
    ledger: LedgerReader,
    *,
    deep: bool = True,
    known: Sequence[Known] = (),
    vouch: Vouch | None = None,
) -> tuple[Check, ...]:
    """Check an open ledger, within one of its snapshots. Raises: LedgerError if it cannot be read at all."""
    if fault := _page_fault(ledger, deep):
        return (Check("ledger file", False, f"{ledger.path}: {fault}"),)
    size = ledger.size()
    checks = [Check("ledger file", True, f"{ledger.origin}, {size} entries")]
    notes = ledger.checkpoints() if deep else ledger.checkpoints(RECENT_CHECKPOINTS)
    if deep:
        walk = _walk(ledger, sizes_of(notes, known))
        checks += _deep_checks(walk)
        roots: RootAt = walk.roots.get
    else:
        checks += _plain_checks(ledger, size)
        roots = _stored_roots(ledger)
    if deep and (fault := _listing_fault(ledger)):
        checks.append(Check("ledger checkpoints", False, fault))
    else:
        checks += stored_checks(ledger.origin, size, notes, roots, vouch, _recorded_keys(ledger))
    checks += [known_check(ledger.origin, size, item, roots, _leaf_of(ledger), vouch) for item in known]
    return tuple(checks)


def _page_fault(ledger: LedgerReader, deep: bool) -> str | None:
    """What SQLite itself finds wrong with its pages and indexes."""
    verdict = ledger.database.one("PRAGMA integrity_check(1)" if deep else "PRAGMA quick_check(1)")[0]
    return None if verdict == "ok" else f"is damaged: {str(verdict)[:200]}"


def _walk(ledger: LedgerReader, sizes: frozenset[int]) -> _Walk:
    """Recompute the tree from the data of all entries."""
    walk, tree = _Walk(), merkle.RunningRoot()
    if 0 in sizes:
        walk.roots[0] = tree.root()
    for index, stored_leaf, kind, data in ledger.database.each("SELECT idx, leaf, kind, data FROM entry ORDER BY idx"):
        if index != tree.size:
            walk.entries = walk.entries or f"entry {tree.size} is missing"
            break
        if not isinstance(data, bytes):
            walk.entries = walk.entries or f"entry {tree.size} has no data"
            break
        leaf = merkle.leaf_hash(data)
        _check_entry(ledger, walk, tree.size, data, kind, stored_leaf == leaf)
        for level, number, value in tree.add(leaf):
            _check_node(ledger, walk, level, number, value)
        if tree.size in sizes:
            walk.roots[tree.size] = tree.root()
    walk.size = tree.size
    _check_counts(ledger, walk)
    return walk


def _check_entry(ledger: LedgerReader, walk: _Walk, index: int, data: bytes, kind: object, matches: bool) -> None:
    fault = None if matches else "does not match its leaf hash"
    try:
        entry = parse_entry(index, data)
    except JsonRefused as error:
        walk.entries = walk.entries or f"entry {index} {fault or f'is damaged: {error}'}"
        return
    fault = fault or kind_fault(entry.kind, entry.body)
    if entry.kind != kind:
        fault = fault or "is listed under another kind"
    if fault:
        walk.entries = walk.entries or f"entry {index} {fault}"
    request = entry.body.get("request_id")
    if isinstance(request, str) and walk.requests is None:
        rows = ledger.database.all("SELECT idx FROM request WHERE id = ?", (request,))
        if rows != [(index,)]:
            walk.requests = f"entry {index} is not what request {request[:40]!a} is remembered for"


def _check_node(ledger: LedgerReader, walk: _Walk, level: int, number: int, value: bytes) -> None:
    if walk.nodes is not None:
        return
    rows = ledger.database.all("SELECT hash FROM node WHERE level = ? AND idx = ?", (level, number))
    if rows != [(value,)]:
        first = number << level
        what = "does not match" if rows else "is missing"
        walk.nodes = f"the node over entries {first} to {first + (1 << level) - 1} {what}"


def _check_counts(ledger: LedgerReader, walk: _Walk) -> None:
    """Nothing beyond what the entries account for."""
    nodes = ledger.database.one("SELECT count(*) FROM node")[0]
    if nodes != merkle.node_count(walk.size):
        walk.nodes = walk.nodes or f"{nodes} nodes, {merkle.node_count(walk.size)} expected"
    impossible = "SELECT count(*) FROM request WHERE typeof(idx) <> 'integer' OR idx < 0 OR idx >= ?"
    if ledger.database.one(impossible, (walk.size,))[0]:
        walk.requests = walk.requests or "a request is remembered for an entry that does not exist"
    stray = "SELECT count(*) FROM answer WHERE id NOT IN (SELECT id FROM request)"
    if ledger.database.one(stray)[0]:
        walk.requests = walk.requests or "an answer is kept for a request that was never remembered"


def _recorded_keys(ledger: LedgerReader) -> set[tuple[str, str]]:
    """Name and key id of all that signed a stored checkpoint, as far as no entry is damaged."""
    found: set[tuple[str, str]] = set()
    with suppress(LedgerError):  # what is damaged is told by the checks of the entries
        for kind in (KEY_USE, CHECKPOINT, WITNESS):
            for entry in ledger.entries(kind=kind):
                found.update(note_keys(ledger.origin, entry))
    return found


def _listing_fault(ledger: LedgerReader) -> str | None:
    """Checkpoints are listed by their size, so that the newest is found; the list must be true."""
    for number, size, note in ledger.database.each("SELECT number, size, note FROM checkpoint ORDER BY number"):
        with suppress(NoteError, UnicodeEncodeError):
            if isinstance(note, str) and checkpoint_of(note.encode()).size != size:
                return f"checkpoint {number} is listed under another size"
    return None


def _deep_checks(walk: _Walk) -> Iterator[Check]:
    yield Check("ledger entries", walk.entries is None, walk.entries or f"{walk.size} recomputed from their data")
    yield Check("ledger nodes", walk.nodes is None, walk.nodes or f"{merkle.node_count(walk.size)} recomputed")
    yield Check("ledger requests", walk.requests is None, walk.requests or "each leads to its entry")


def _plain_checks(ledger: LedgerReader, size: int) -> Iterator[Check]:
    try:
        if size:
            ledger.entry(size - 1)
        root = ledger.root()
    except LedgerError as error:
        yield Check("ledger root", False, str(error))
        return
    yield Check("ledger root", True, f"{root_text(root)}, from stored hashes")
    yield Check("note ledger depth", True, "only --deep recomputes every hash from the entries")


def _stored_roots(ledger: LedgerReader) -> RootAt:
    def root_at(size: int) -> bytes | None:
        with suppress(LedgerError):
            return ledger.root(size)
        return None

    return root_at


def _leaf_of(ledger: LedgerReader) -> LeafAt:
    """Leaf hashes computed from the data, not the stored ones."""

    def leaf_at(index: int) -> bytes | None:
        with suppress(LedgerError):
            return ledger.entry(index).leaf
        return None

    return leaf_at
