"""The last links: the run's entry in the ledger, its receipt, and who vouches for the tree that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from qlang.trust.checks import Check
from qlang.trust.errors import FileRefused, JsonRefused, LedgerError, NoteError
from qlang.trust.files import read_file
from qlang.trust.keys.trust import TrustStore
from qlang.trust.ledger.deep import check_open_ledger
from qlang.trust.ledger.entries import entry_data, root_text
from qlang.trust.ledger.kinds import KEY_REVOKED
from qlang.trust.ledger.merkle import EMPTY_ROOT, RunningRoot, leaf_hash, node_hash, verify_inclusion
from qlang.trust.ledger.proof import MAX_BYTES, Proof, dump_proof, parse_proof
from qlang.trust.ledger.reader import LedgerReader
from qlang.trust.ledger.store import open_reader
from qlang.trust.ledger.vouching import by_store
from qlang.trust.manifest import RECEIPT_NAME, RUN_ENTRY, RunPredicate, ledger_body

DEEP_ENTRIES = 1024
"""Ledgers of up to so many entries are checked as a whole with every run; of larger ones, what the run rests on, and
that no entry was changed, which takes a second for 10⁵ of them."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger must say about a run."""

    predicate: RunPredicate
    digest: str
    """Of the signed statement."""

    @property
    def leaf(self) -> bytes:
        """The leaf hash of the entry. Raises: JsonRefused if the entry would be too large."""
        return leaf_hash(entry_data(RUN_ENTRY, ledger_body(self.predicate, self.digest)))


def receipt_checks(run_dir: Path, run: Recorded) -> tuple[Proof | None, tuple[Check, ...]]:
    """The receipt: that an entry with this manifest is in the tree of its checkpoint. Nothing says yet whose tree."""
    try:
        data = read_file(run_dir / RECEIPT_NAME, limit=MAX_BYTES)
        proof = parse_proof(data)
        if dump_proof(proof.index, proof.path, data.partition(b"\n\n")[2].decode()).encode() != data:
            raise NoteError("not spelled as the log writes it")
        if len({(line.name, line.key_id) for line in proof.note.signatures}) != len(proof.note.signatures):
            raise NoteError("a key has two lines under the checkpoint")
        leaf = run.leaf
    except (FileRefused, NoteError, JsonRefused) as error:
        missing = isinstance(error, FileRefused) and error.missing
        hint = "; `qlangc ledger proof` writes it anew" if missing else ""
        return None, (Check("receipt", False, f"{RECEIPT_NAME}: {error.reason}{hint}"),)
    place, checkpoint = run.predicate.ledger, proof.checkpoint
    if (proof.index, checkpoint.origin) != (place.index, place.origin):
        there = f"entry {proof.index} of {checkpoint.origin!a}"
        return None, (Check("receipt", False, f"is of {there}, the manifest of {place.index} of {place.origin!a:.80}"),)
    if not verify_inclusion(proof.index, checkpoint.size, leaf, proof.path, checkpoint.root):
        return None, (Check("receipt", False, f"does not prove that entry {place.index} records this manifest"),)
    before = _root_before(proof)
    if before is not None and root_text(before) != place.root:
        detail = f"the tree before entry {place.index} has root {root_text(before)}, the manifest says {place.root}"
        return None, (Check("receipt", False, detail),)
    detail = f"entry {proof.index} of {checkpoint.origin} at size {checkpoint.size}"
    return proof, (Check("receipt", True, detail),)


def _root_before(proof: Proof) -> bytes | None:
    """The root over the entries before this one, where it is the last of the checkpoint: its path is that tree."""
    if proof.checkpoint.size != proof.index + 1:
        return None
    if not proof.path:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), proof.path)


def ledger_checks(path: Path, run: Recorded, proof: Proof | None, trusted: TrustStore | None) -> tuple[Check, ...]:
    """The ledger's file, the run's entry in it, and the receipt's tree within it."""
    try:
        with open_reader(path) as ledger, ledger.snapshot():
            whole = _whole(ledger, run, proof, trusted)
            if not all(check.ok for check in whole):
                return whole
            return (*whole, *_in_ledger(ledger, run, proof, trusted))
    except LedgerError as error:
        where = "" if error.index is None else f"entry {error.index} "
        return (Check("ledger", False, f"{path.name}: {where}{error.reason}"),)


def _whole(ledger: LedgerReader, run: Recorded, proof: Proof | None, trusted: TrustStore | None) -> tuple[Check, ...]:
    size = ledger.size()
    if size > DEEP_ENTRIES:
        place = run.predicate.ledger.index
        sizes = {size, place, proof.checkpoint.size if proof is not None else place}
        if fault := _tree_fault(ledger, {known for known in sizes if known <= size}):
            return (Check("ledger entries", False, fault),)
        hint = "`qlangc ledger verify --deep` checks the rest"
        return (
            Check("note ledger", True, f"of {size} entries, hashes and what this run rests on were checked; {hint}"),
        )
    return check_open_ledger(ledger, deep=True, vouch=None if trusted is None else by_store(trusted))


def _tree_fault(ledger: LedgerReader, sizes: set[int]) -> str | None:
    """Whether an entry was changed or hidden: its data against its hash and its kind, and the roots at some sizes."""
    tree = RunningRoot()
    for index, leaf, kind, data in ledger.database.each("SELECT idx, leaf, kind, data FROM entry ORDER BY idx"):
        if index != tree.size or not isinstance(data, bytes) or leaf_hash(data) != leaf:
            return f"entry {tree.size} is missing, or does not match its leaf hash"
        if not data.endswith(f',"kind":"{kind}"}}'.encode()):  # in canonical JSON, the kind comes last
            return f"entry {tree.size} is listed under another kind"
        if tree.size in sizes and tree.root() != ledger.root(tree.size):
            return f"the first {tree.size} entries have another root than is stored"
        tree.add(leaf_hash(data))
    return None if tree.root() == ledger.root() else "the entries have another root than is stored"


def _in_ledger(ledger: LedgerReader, run: Recorded, proof: Proof | None, trusted: TrustStore | None) -> Iterator[Check]:
    size = ledger.size()
    yield _entry_check(ledger, size, run)
    yield _position_check(ledger, size, run)
    if proof is not None:
        yield _same_tree(ledger, size, proof)
    if trusted is not None:
        yield from _recorded_revocations(ledger, trusted)


def _entry_check(ledger: LedgerReader, size: int, run: Recorded) -> Check:
    index = run.predicate.ledger.index
    if index >= size:
        return Check("ledger entry", False, f"there is no entry {index} among {size}; manifest {run.digest}")
    entry = ledger.entry(index)
    if entry.kind != RUN_ENTRY or entry.body.get("manifest_digest") != run.digest:
        recorded = entry.body.get("manifest_digest")
        detail = f"entry {index} ({entry.kind}) records manifest {recorded!a:.80}, found {run.digest}"
        return Check("ledger entry", False, detail)
    if entry.body != ledger_body(run.predicate, run.digest):
        return Check("ledger entry", False, f"entry {index} differs from the manifest {run.digest}")
    if not verify_inclusion(index, size, entry.leaf, ledger.inclusion_proof(index, size), ledger.root(size)):
        return Check("ledger entry", False, f"entry {index} is not in the tree of {size} entries")
    return Check("ledger entry", True, f"entry {index} of {size}")


def _position_check(ledger: LedgerReader, size: int, run: Recorded) -> Check:
    place = run.predicate.ledger
    if ledger.origin != place.origin:
        return Check("ledger position", False, f"this is log {ledger.origin}, the manifest names {place.origin!a:.80}")
    if place.index > size:
        return Check("ledger position", False, f"the manifest follows {place.index} entries, the ledger has {size}")
    found = root_text(ledger.root(place.index))
    if found != place.root:
        detail = f"the first {place.index} entries have root {found}, the manifest says {place.root}"
        return Check("ledger position", False, detail)
    return Check("ledger position", True, f"after {place.index} entries with root {found}")


def _same_tree(ledger: LedgerReader, size: int, proof: Proof) -> Check:
    checkpoint = proof.checkpoint
    if checkpoint.size > size:
        detail = f"the ledger has {size} entries, the receipt saw {checkpoint.size}: entries were cut off"
        return Check("ledger receipt", False, detail)
    found = ledger.root(checkpoint.size)
    if found != checkpoint.root:
        return Check("ledger receipt", False, f"the first {checkpoint.size} entries are not those that the receipt saw")
    return Check("ledger receipt", True, f"the ledger continues the receipt's tree of {checkpoint.size} entries")


def _recorded_revocations(ledger: LedgerReader, trusted: TrustStore) -> Iterator[Check]:
    """A revocation of a trusted key that the ledger knows and the folder of keys does not was taken away, or never
    fetched: the run's keys are judged without it, and so is the log's."""
    known = {event.digest for event in trusted.events}
    ours = {key.key_id for key in trusted.trusted}
    for entry in ledger.entries(kind=KEY_REVOKED):
        if entry.body.get("keyid") in ours and entry.body.get("event_digest") not in known:
            detail = f"the ledger records its revocation in entry {entry.index}, but the trusted keys lack that event"
            yield Check(f"key {entry.body['keyid']}", False, detail)
