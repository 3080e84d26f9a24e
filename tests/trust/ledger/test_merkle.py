"""Merkle hashes and proofs: the vectors of Certificate Transparency, and the definitions of RFC 6962 word by word."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.trust.ledger.merkle import (
    EMPTY_ROOT,
    RunningRoot,
    consistency_path,
    inclusion_path,
    leaf_hash,
    naive_root,
    node_count,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

# Of transparency-dev/merkle, proof/verify_test.go (Apache-2.0), as in Google's Certificate Transparency.
DATA = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = {
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): INCLUSION[0, 8],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): INCLUSION[1, 5][1:],
    (6, 7): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}
SOME = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")

sizes = st.integers(0, 70)


class Nodes(dict[tuple[int, int], bytes]):
    """The stored nodes of a tree, as the ledger makes them."""

    def __init__(self, leaves: list[bytes]) -> None:
        super().__init__()
        tree = RunningRoot()
        for index, leaf in enumerate(leaves):
            for level, number, value in tree.add(leaf):
                assert (level, number) not in self
                self[level, number] = value
            self[0, index] = leaf

    def read(self, level: int, index: int) -> bytes:
        return self[level, index]


def leaves_of(size: int, seed: int = 0) -> list[bytes]:
    return [leaf_hash(f"{seed} {index}".encode()) for index in range(size)]


def mth(leaves: list[bytes]) -> bytes:
    """Merkle tree hash, RFC 6962 section 2.1, over leaf hashes; written from the text, apart from the code above."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]), section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b), section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    leaves = [leaf_hash(data) for data in DATA[:size]]
    running = RunningRoot()
    for leaf in leaves:
        running.add(leaf)
    assert naive_root(leaves) == tree_root(size, Nodes(leaves).read) == running.root() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_certificate_transparency(index: int, size: int) -> None:
    leaves = [leaf_hash(data) for data in DATA]
    proof = inclusion_path(index, size, Nodes(leaves).read)
    assert [part.hex() for part in proof] == list(INCLUSION[index, size])
    assert verify_inclusion(index, size, leaves[index], proof, ROOTS[size])


@pytest.mark.parametrize(("old", "size"), CONSISTENCY)
def test_consistency_proofs_are_those_of_certificate_transparency(old: int, size: int) -> None:
    proof = consistency_path(old, size, Nodes([leaf_hash(data) for data in DATA]).read)
    assert [part.hex() for part in proof] == list(CONSISTENCY[old, size])
    assert verify_consistency(old, size, proof, ROOTS[old], ROOTS[size])


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_corrupted_inclusion_proofs_prove_nothing(index: int, size: int) -> None:
    """The corruptions of the same test file."""
    leaf, root = leaf_hash(DATA[index]), ROOTS[size]
    proof = [bytes.fromhex(text) for text in INCLUSION[index, size]]
    probes = [
        (index - 1, size, leaf, proof, root),
        (index + 1, size, leaf, proof, root),
        (index ^ 2, size, leaf, proof, root),
        (index, size * 2, leaf, proof, root),
        (index, size // 2, leaf, proof, root),
        (index, size, b"WrongLeaf", proof, root),
        (index, size, leaf, proof, EMPTY_ROOT),
        (index, size, leaf, proof, SOME),
        (index, size, leaf, [*proof, b""], root),
        (index, size, leaf, [*proof, root], root),
        (index, size, leaf, [b"", *proof], root),
        (index, size, leaf, [root, *proof], root),
        *((index, size, leaf, flipped(proof, at), root) for at in range(len(proof))),
        *([(index, size, leaf, proof[:-1], root)] if proof else []),
        *([(index, size, leaf, [proof[0], SOME, *proof[1:]], root)] if len(proof) > 1 else []),
    ]
    assert [probe for probe in probes if verify_inclusion(*probe)] == []


@pytest.mark.parametrize(("old", "size"), [pair for pair in CONSISTENCY if pair != (1, 1)])
def test_corrupted_consistency_proofs_prove_nothing(old: int, size: int) -> None:
    before, after = ROOTS[old], ROOTS[size]
    proof = [bytes.fromhex(text) for text in CONSISTENCY[old, size]]
    probes = [
        (old - 1, size, proof, before, after),
        (old + 1, size, proof, before, after),
        (old ^ 2, size, proof, before, after),
        (old, size * 2, proof, before, after),
        (old, size // 2, proof, before, after),
        (old, size, proof, b"WrongRoot", after),
        (old, size, proof, before, b"WrongRoot"),
        (old, size, proof, after, before),
        (old, size, [], before, after),
        *((old, size, [*proof, extra], before, after) for extra in (b"", before, after)),
        *((old, size, [extra, *proof], before, after) for extra in (b"", before, after, proof[0])),
        (old, size, proof[:-1], before, after),
        *((old, size, flipped(proof, at), before, after) for at in range(len(proof))),
    ]
    assert [probe for probe in probes if verify_consistency(*probe)] == []


def flipped(proof: list[bytes], at: int) -> list[bytes]:
    return [bytes([part[0] ^ 8, *part[1:]]) if number == at else part for number, part in enumerate(proof)]


@given(sizes, st.integers(0, 3))
def test_stored_nodes_give_the_root_of_the_definition(size: int, seed: int) -> None:
    leaves = leaves_of(size, seed)
    nodes = Nodes(leaves)
    assert tree_root(size, nodes.read) == naive_root(leaves) == mth(leaves)
    assert sum(level > 0 for level, _ in nodes) == node_count(size)


@given(sizes, st.integers(0, 20))
def test_a_tree_goes_on_from_its_stored_nodes(size: int, more: int) -> None:
    leaves = leaves_of(size + more)
    tree = RunningRoot.resumed(size, Nodes(leaves[:size]).read)
    added = [node for leaf in leaves[size:] for node in tree.add(leaf)]
    assert tree.root() == mth(leaves)
    assert {(level, index): value for level, index, value in added}.items() <= Nodes(leaves).items()


@given(st.data(), st.integers(1, 70))
def test_inclusion_proofs_are_those_of_the_definition(data: st.DataObject, size: int) -> None:
    leaves = leaves_of(size)
    at = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, at - 1))
    proof = inclusion_path(index, at, Nodes(leaves).read)
    assert proof == path(index, leaves[:at])
    assert verify_inclusion(index, at, leaves[index], proof, mth(leaves[:at]))


@given(st.data(), st.integers(1, 70))
def test_consistency_proofs_are_those_of_the_definition(data: st.DataObject, size: int) -> None:
    leaves = leaves_of(size)
    at = data.draw(st.integers(1, size))
    old = data.draw(st.integers(1, at))
    proof = consistency_path(old, at, Nodes(leaves).read)
    assert proof == subproof(old, leaves[:at], True)
    assert verify_consistency(old, at, proof, mth(leaves[:old]), mth(leaves[:at]))


@given(st.data(), st.integers(2, 70))
def test_a_changed_entry_breaks_every_proof_over_it(data: st.DataObject, size: int) -> None:
    leaves = leaves_of(size)
    changed = data.draw(st.integers(0, size - 1))
    other = [*leaves[:changed], leaf_hash(b"another"), *leaves[changed + 1 :]]
    old = data.draw(st.integers(changed + 1, size))
    forged = consistency_path(old, size, Nodes(other).read)
    assert not verify_consistency(old, size, forged, mth(leaves[:old]), mth(other))
    assert not verify_inclusion(changed, size, leaves[changed], path(changed, other), mth(other))


def test_the_empty_tree_is_continued_by_every_tree() -> None:
    assert verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    assert verify_consistency(0, 5, [], EMPTY_ROOT, mth(leaves_of(5)))
    assert not verify_consistency(0, 5, [SOME], EMPTY_ROOT, mth(leaves_of(5)))
    assert not verify_consistency(0, 5, [], SOME, mth(leaves_of(5)))
    assert not verify_consistency(5, 4, [], mth(leaves_of(5)), mth(leaves_of(4)))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3)])
def test_there_is_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    nodes = Nodes(leaves_of(4))
    with pytest.raises(ValueError, match="no entry"):
        inclusion_path(index, size, nodes.read)
    assert not verify_inclusion(index, size, SOME, [], SOME)
