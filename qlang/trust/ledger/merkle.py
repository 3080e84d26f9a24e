"""Merkle tree hashes and proofs (RFC 6962, section 2.1; checks as in RFC 9162, sections 2.1.3.2 and 2.1.4.2).

Hashes are 32 bytes of SHA-256. A *stored* node `(level, i)` is the root of the 2^level entries from `i << level` on;
everything here is computed from such full subtrees, O(log n) of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import reduce

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
"""Largest number of entries; what SQLite's integers hold."""
MAX_PROOF = 64
"""Longest proof over a tree of at most `MAX_SIZE` entries."""

EMPTY_ROOT = hashlib.sha256(b"").digest()

ReadNode = Callable[[int, int], bytes]
"""(level, i) → hash of the full subtree."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 | data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 | left | right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def node_count(size: int) -> int:
    """How many full subtrees of level ≥ 1 a tree of `size` entries has."""
    return size - size.bit_count()


def tree_root(size: int, read: ReadNode) -> bytes:
    """The root over the first `size` entries."""
    return subtree_root(0, size, read)


def subtree_root(start: int, stop: int, read: ReadNode) -> bytes:
    """MTH(D[start:stop]), where `start` is a multiple of the power of two that is not below `stop - start`."""
    if start == stop:
        return EMPTY_ROOT
    parts, at = [], start
    for level in range((stop - start).bit_length() - 1, -1, -1):
        if (stop - start) >> level & 1:
            parts.append(read(level, at >> level))
            at += 1 << level
    return reduce(lambda right, left: node_hash(left, right), reversed(parts))


def inclusion_path(index: int, size: int, read: ReadNode) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962, section 2.1.1: from the leaf's sibling to the root's child.

    Raises: ValueError unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"no entry {index} among {size}")
    path, start, stop = [], 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(subtree_root(middle, stop, read))
            stop = middle
        else:
            path.append(subtree_root(start, middle, read))
            start = middle
    return path[::-1]


def consistency_path(old: int, size: int, read: ReadNode) -> list[bytes]:
    """PROOF(old, D[size]) of RFC 6962, section 2.1.2; empty if `old` is 0 or `size`.

    Raises: ValueError unless 0 ≤ old ≤ size.
    """
    if not 0 <= old <= size:
        raise ValueError(f"no tree of {old} entries within {size}")
    if old in (0, size):
        return []
    path, start, stop, whole = [], 0, size, True
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(subtree_root(middle, stop, read))
            stop = middle
        else:
            path.append(subtree_root(start, middle, read))
            start, whole = middle, False
    if not whole:
        path.append(subtree_root(start, stop, read))
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that entry `index` of the tree with `size` entries and `root` has the hash `leaf`."""
    if not 0 <= index < size or len(path) > MAX_PROOF:
        return False
    position, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != HASH_BYTES:
            return False
        if position & 1 or position == last:
            current = node_hash(sibling, current)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(old: int, size: int, path: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether `path` proves that the tree of `size` entries continues the tree of `old` entries.

    The empty tree is continued by every tree, with an empty path.
    """
    if not 0 <= old <= size or len(path) > MAX_PROOF or any(len(part) != HASH_BYTES for part in path):
        return False
    if old == size:
        return not path and old_root == root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    parts = list(path) if old & (old - 1) else [old_root, *path]
    if not parts:
        return False
    position, last = old - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    before = after = parts[0]
    for part in parts[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            before, after = node_hash(part, before), node_hash(part, after)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, part)
        position, last = position >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH by its definition, over leaf hashes; O(n), for export files and as the yardstick of the rest."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(len(leaves))
    return node_hash(naive_root(leaves[:middle]), naive_root(leaves[middle:]))


class RunningRoot:
    """The root of a growing tree in O(log n) memory: from nothing, or on from stored nodes."""

    def __init__(self) -> None:
        self._full: list[tuple[int, bytes]] = []  # (level, hash), from left to right
        self.size = 0

    @classmethod
    def resumed(cls, size: int, read: ReadNode) -> RunningRoot:
        """On from a tree of `size` entries."""
        tree = cls()
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                tree._full.append((level, read(level, tree.size >> level)))
                tree.size += 1 << level
        return tree

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Take one more leaf hash; returns the subtrees of level ≥ 1 that it completes."""
        completed: list[tuple[int, int, bytes]] = []
        level, current = 0, leaf
        while self._full and self._full[-1][0] == level:
            current = node_hash(self._full.pop()[1], current)
            level += 1
            completed.append((level, self.size >> level, current))
        self._full.append((level, current))
        self.size += 1
        return completed

    def root(self) -> bytes:
        if not self._full:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), [part for _, part in reversed(self._full)])


def _split(size: int) -> int:
    """The largest power of two below `size` ≥ 2."""
    return 1 << (size - 1).bit_length() - 1
