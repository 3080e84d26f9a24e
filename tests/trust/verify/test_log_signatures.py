"""Receipts and what the log's keys must have signed under them; the verifier in Node says the same of each."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.crypto_modes import CLASSICAL
from qlang.trust.custody import LEDGER_CHECKPOINT, ROOT, WITNESS
from qlang.trust.envelope import SigningKey
from qlang.trust.keys.events import COMPROMISED, RETIRED, LedgerPlace
from qlang.trust.keys.life import create_key, revoke_key
from qlang.trust.ledger.checkpoint import Checkpoint
from qlang.trust.ledger.notes import NoteKey, log_key, signature_line, witness_key
from qlang.trust.ledger.proof import dump_proof
from qlang.trust.ledger.store import open_ledger
from tests.trust.verify.forging import run_keys
from tests.trust.verify.house import House, broken, build, write
from tests.trust.verify.node import ForNode, node_verdicts

DASH = "\N{EM DASH}"
MADE = ("ed25519", "ml-dsa-44")
MORE = ("ecdsa-p256", "ml-dsa-65", "slh-dsa-sha2-128f")
"""Algorithms for which checkpoints have a type of our own."""
ALGORITHMS = {"classical": ("ed25519",), "hybrid": ("ed25519", "ml-dsa-65"), "pqc_required": ("ml-dsa-65",)}
LOST = ("checkpoint", "checkpoint")


class Signer:
    """A key of the store as a signer of notes: as the log, or as a witness of some name."""

    def __init__(self, key: SigningKey, note_key: NoteKey) -> None:
        self.key = note_key
        self.sign = key.sign


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Runs of three modes, named after them; more log keys, a root and a witness than anybody needs."""
    house = build(tmp_path_factory.mktemp("log") / "house")
    for mode, algorithms in ALGORITHMS.items():
        house.seal(mode, algorithms, crypto_mode=mode)
    for algorithm in MORE:
        create_key(house.ring, algorithm, LEDGER_CHECKPOINT, "default")
    create_key(house.ring, "ml-dsa-87", ROOT, "default")
    create_key(house.ring, "ed25519", WITNESS, "default")
    house.publish()
    return house


@pytest.fixture
def house(built: House, tmp_path: Path) -> House:
    shutil.copytree(built.root, tmp_path / "house")
    return House(tmp_path / "house")


def agreed(house: House, run_id: str) -> tuple[str, str] | None:
    """The broken link by the receipt alone; Node must agree."""
    found = broken(house.verify(run_id, with_ledger=False))
    (node,) = node_verdicts([ForNode(house.run(run_id), house.public)])
    assert node["ok"] == (found is None), (node["broken"], found)
    return found


def lines_of(house: House, run_id: str) -> tuple[str, list[str]]:
    """A receipt up to its signatures, and those."""
    head, dash, rest = house.receipt(run_id).read_text().partition(DASH)
    return head, (dash + rest).splitlines(keepends=True)


def keep(house: House, run_id: str, kept: Sequence[int]) -> None:
    head, lines = lines_of(house, run_id)
    assert len(lines) == len(MADE)
    write(house.receipt(run_id), (head + "".join(lines[index] for index in kept)).encode())


def own(house: House, *algorithms: str, purpose: str = LEDGER_CHECKPOINT, name: str | None = None) -> list[Signer]:
    origin = lines_of(house, "r1")[0].split("\n\n")[1].split("\n")[0]
    keys = run_keys(house, algorithms, purpose)
    return [Signer(key, witness_key(name, key.public) if name else log_key(origin, key.public)) for key in keys]


def renew(house: House, run_id: str, signers: Sequence[Signer]) -> list[str]:
    """Write the receipt of a run anew, from a checkpoint of all entries; returns its signature lines."""
    text = house.receipt(run_id).read_text()
    index = int(text.split("\n")[1].removeprefix("index "))
    with open_ledger(house.ledger) as ledger:
        checkpoint = Checkpoint(ledger.origin, ledger.size(), ledger.root())
        path = ledger.inclusion_proof(index)
    lines = [signature_line(checkpoint.text, signer, timestamp=1_800_000_000) for signer in signers]
    write(house.receipt(run_id), dump_proof(index, path, f"{checkpoint.text}\n{''.join(lines)}").encode())
    return lines


@pytest.mark.parametrize("mode", ALGORITHMS)
@pytest.mark.parametrize("kept", [(0, 1), (1, 0), (0,), (1,)])
def test_a_stripped_signature_of_the_log(mode: str, kept: tuple[int, ...], house: House) -> None:
    """The log's classical signature under a run that a quantum computer must not be able to make is worth nothing.

    The order of the lines means nothing.
    """
    keep(house, mode, kept)
    enough = {"classical": 0 in kept, "hybrid": len(kept) == 2, "pqc_required": 1 in kept}
    assert agreed(house, mode) == (None if enough[mode] else LOST)


@pytest.mark.parametrize("mode", ALGORITHMS)
@pytest.mark.parametrize(
    "algorithms",
    [("ecdsa-p256",), ("ml-dsa-65",), ("ecdsa-p256", "ml-dsa-65"), ("ed25519", "slh-dsa-sha2-128f"), (*MADE, *MORE)],
)
def test_every_type_of_signature(mode: str, algorithms: tuple[str, ...], house: House) -> None:
    renew(house, mode, own(house, *algorithms))
    classical = not CLASSICAL.isdisjoint(algorithms)
    post_quantum = not CLASSICAL.issuperset(algorithms)
    enough = {"classical": classical, "hybrid": classical and post_quantum, "pqc_required": post_quantum}
    assert agreed(house, mode) == (None if enough[mode] else LOST)


@pytest.mark.parametrize("algorithm", [*MADE, *MORE])
def test_a_false_signature_beside_enough_good_ones(algorithm: str, house: House) -> None:
    """Each byte that means something: the last of the signature, and the time where there is one."""
    signers = own(house, *MADE, *MORE)
    lines = renew(house, "hybrid", signers)
    assert agreed(house, "hybrid") is None
    text = house.receipt("hybrid").read_text()
    line = lines[[*MADE, *MORE].index(algorithm)]
    name, value = line[2:].split(" ")
    for place in (4, 11, -1):
        data = bytearray(base64.b64decode(value))
        data[place] ^= 0x80
        other = f"{DASH} {name} {base64.b64encode(data).decode()}\n"
        write(house.receipt("hybrid"), text.replace(line, other).encode())
        assert agreed(house, "hybrid") == LOST


def test_a_root_key_speaks_for_the_log(house: House) -> None:
    renew(house, "pqc_required", own(house, "ml-dsa-87", purpose=ROOT))
    assert agreed(house, "pqc_required") is None
    assert agreed(house, "r1") is None
    renew(house, "r1", own(house, "ml-dsa-87", purpose=ROOT))
    assert agreed(house, "r1") == LOST


def test_keys_that_are_for_something_else(house: House) -> None:
    renew(house, "pqc_required", own(house, "ml-dsa-65", purpose="run-manifest"))
    assert agreed(house, "pqc_required") == LOST
    renew(house, "classical", own(house, "ed25519", purpose=WITNESS))
    assert agreed(house, "classical") == LOST


@pytest.mark.parametrize("algorithm", MADE)
def test_a_key_of_the_log_as_a_witness(algorithm: str, house: House) -> None:
    """Cosignatures under another name do not count for the log; where they are by a trusted key, they must hold."""
    mode = "classical" if algorithm == "ed25519" else "pqc_required"
    witness = own(house, algorithm, name="witness.example")
    renew(house, mode, witness)
    assert agreed(house, mode) == LOST
    lines = renew(house, mode, [*own(house, *MADE), *witness])
    assert agreed(house, mode) is None
    text = house.receipt(mode).read_text()
    spoiled = lines[-1][:-9] + ("A" if lines[-1][-9] != "A" else "B") + lines[-1][-8:]
    write(house.receipt(mode), text.replace(lines[-1], spoiled).encode())
    assert agreed(house, mode) == LOST


@pytest.mark.parametrize("name", ["a b", "a+b", "a\u2003b", "a\u0085b", "a\ufeffb", "x" * 256, "x" * 255, ""])
def test_the_names_of_other_signers(name: str, house: House) -> None:
    head, lines = lines_of(house, "r1")
    line = f"{DASH} {name} {base64.b64encode(bytes(68)).decode()}\n"
    write(house.receipt(), (head + "".join([*lines, line])).encode())
    assert agreed(house, "r1") == (None if name in ("a\ufeffb", "x" * 255) else ("ledger", "receipt"))


@pytest.mark.parametrize("value", ["AAAAAA==", "AAAAAAA=", "AAAAAAAA", "AAAAAAB=", "!"])
def test_the_values_of_other_signers(value: str, house: House) -> None:
    """Four bytes are a key id without a signature; another spelling of base64 is none."""
    head, lines = lines_of(house, "r1")
    write(house.receipt(), (head + "".join([*lines, f"{DASH} x {value}\n"])).encode())
    assert agreed(house, "r1") == (None if value in ("AAAAAAA=", "AAAAAAAA") else ("ledger", "receipt"))


def revoke_log_keys(house: House, reason: str, **since: Any) -> None:
    ring = house.ring
    records = [one for one in ring.contents().records if one.spec.purpose == LEDGER_CHECKPOINT]
    with open_ledger(house.ledger) as ledger, ledger.transaction() as step:
        for record in records:
            revoke_key(ring, record.public, reason, log=step, **since)
    house.publish()


def test_retired_keys_of_the_log(house: House) -> None:
    """A checkpoint of N entries covers the entries 0 to N - 1: the one that is followed by the revocation counts."""
    renew(house, "hybrid", own(house, *MADE))
    revoke_log_keys(house, RETIRED)
    assert [agreed(house, run_id) for run_id in ("r0", "r2", "hybrid", "pqc_required")] == [None] * 4
    assert broken(house.verify("hybrid")) is None
    renew(house, "hybrid", own(house, *MADE))
    assert agreed(house, "hybrid") == LOST


SINCE: dict[str, dict[str, Any]] = {
    "ever": {},
    "a time": {"since_time": "2026-01-01T00:00:00Z"},
    "an entry": {"since_ledger": LedgerPlace("qlang.local/0123456789abcdef", 1_000_000)},
}


@pytest.mark.parametrize("since", SINCE)
def test_stolen_keys_of_the_log(since: str, house: House) -> None:
    """A receipt shows no time: its thief may have signed it on any day, with a tree of any size."""
    revoke_log_keys(house, COMPROMISED, **SINCE[since])
    assert agreed(house, "hybrid") == LOST
