"""A witness on another machine: what it cosigns, and what it refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qlang.trust.errors import LedgerError, NoteError, WitnessRefused
from qlang.trust.ledger.checkpoint import Checkpoint, checkpoint_of, sign_checkpoint
from qlang.trust.ledger.merkle import leaf_hash
from qlang.trust.ledger.notes import parse_note, verify_note
from qlang.trust.ledger.store import Ledger, open_ledger
from qlang.trust.ledger.witness import add_cosignatures, cosign, create_witness, dump_request, load_witness
from tests.trust.ledger.logs import ORIGIN, TIME, WITNESS, Signer, fill, log_signer, state_note, witness_signer


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite", origin=ORIGIN) as opened:
        fill(opened, 6)
        yield opened


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "witness.json"
    path.parent.mkdir()
    create_witness(path, WITNESS, ORIGIN, [log_signer().key])
    return path


def request_of(ledger: Ledger, old: int, size: int | None = None, signer: Signer | None = None) -> bytes:
    at = ledger.size() if size is None else size
    note = state_note(ledger, signer or log_signer(), size=at)
    return dump_request(old, ledger.consistency_proof(old, at), note).encode()


def answer(state: Path, request: bytes, timestamp: int = TIME) -> str:
    return cosign(state, request, [witness_signer()], timestamp=timestamp)


def refusal(state: Path, request: bytes) -> WitnessRefused:
    before = state.read_bytes()
    with pytest.raises(WitnessRefused) as caught:
        answer(state, request)
    assert state.read_bytes() == before
    return caught.value


def test_a_growing_log_is_cosigned_step_by_step(ledger: Ledger, state: Path) -> None:
    old = 0
    for _ in range(5):
        note = state_note(ledger, log_signer())
        lines = answer(state, request_of(ledger, old))
        whole = add_cosignatures(note, lines, [witness_signer().key])
        log, witness = verify_note(parse_note(whole.encode()), [log_signer().key, witness_signer().key])
        assert (log.key.name, witness.key.name, witness.timestamp) == (ORIGIN, WITNESS, TIME)
        seen = load_witness(state).seen
        assert (seen.size, seen.root) == (ledger.size(), ledger.root())
        old = ledger.size()
        fill(ledger, 3, start=old)


def test_the_state_keeps_the_cosigned_checkpoint(ledger: Ledger, state: Path) -> None:
    answer(state, request_of(ledger, 0))
    note = load_witness(state).note
    assert note is not None
    assert len(verify_note(parse_note(note.encode()), [log_signer().key, witness_signer().key])) == 2


def test_the_same_checkpoint_is_cosigned_again(ledger: Ledger, state: Path) -> None:
    """An answer that got lost can be asked for again."""
    answer(state, request_of(ledger, 0))
    assert answer(state, request_of(ledger, 6), TIME + 9) != ""
    refused = refusal(state, request_of(ledger, 0))
    assert (refused.verdict, refused.size) == ("stale", 6)


def test_a_rollback_is_refused(ledger: Ledger, state: Path) -> None:
    answer(state, request_of(ledger, 0))
    refused = refusal(state, request_of(ledger, 0, 4))
    assert (refused.verdict, refused.size) == ("rollback", 6)


def fork(path: Path, size: int) -> Ledger:
    """Another history of the same log."""
    other = open_ledger(path, origin=ORIGIN)
    fill(other, 2)
    fill(other, size - 2, start=100)
    return other


def test_two_trees_of_one_size_are_a_fork(ledger: Ledger, state: Path, tmp_path: Path) -> None:
    answer(state, request_of(ledger, 0))
    with fork(tmp_path / "fork.sqlite", 6) as other:
        for old in (6, 0):
            refused = refusal(state, request_of(other, old))
            assert refused.verdict == "fork"
            assert "two different trees of 6 entries" in refused.reason


def test_a_tree_that_does_not_continue_is_a_fork_and_kept_as_evidence(
    ledger: Ledger, state: Path, tmp_path: Path
) -> None:
    answer(state, request_of(ledger, 0))
    with fork(tmp_path / "fork.sqlite", 9) as other:
        request = request_of(other, 6)
        assert refusal(state, request).verdict == "fork"
    (evidence,) = state.parent.glob("witness.json.fork-*")
    assert evidence.read_bytes() == request
    note = evidence.read_text(encoding="utf-8").split("\n\n", 1)[1]
    assert len(verify_note(parse_note(note.encode()), [log_signer().key])) == 1  # the log cannot deny it


def test_a_proof_is_demanded(ledger: Ledger, state: Path) -> None:
    answer(state, request_of(ledger, 0))
    fill(ledger, 3, start=6)
    note = state_note(ledger)
    proof = ledger.consistency_proof(6)
    for path in ([], proof[:-1], proof[::-1], [*proof, proof[0]], [leaf_hash(b"x")] * len(proof)):
        assert refusal(state, dump_request(6, path, note).encode()).verdict == "fork"
    assert answer(state, dump_request(6, proof, note).encode())


def test_only_the_log_s_keys_count(ledger: Ledger, state: Path) -> None:
    assert refusal(state, request_of(ledger, 0, signer=log_signer(number=1))).verdict == "bad signature"
    other = Checkpoint("example.com/other", 1, leaf_hash(b"x"))
    note = sign_checkpoint(other, [log_signer(origin="example.com/other")], timestamp=TIME)
    assert refusal(state, dump_request(0, [], note).encode()).verdict == "unknown log"
    changed = request_of(ledger, 0).replace(b"\n6\n", b"\n7\n")
    assert refusal(state, changed).verdict == "bad signature"


@pytest.mark.parametrize(
    "request_text",
    [
        b"",
        b"old 0\n",
        b"old 00\n\nx\n",
        b"old -1\n\nx\n",
        b"new 0\n\nx\n",
        b"old 0\nAAAA\n\nx\n",
        b"old 0\n" + b"A" * 43 + b"=\n" + b"\nx\n",
        b"old 0\n" * 70 + b"\nx\n",
        b"\xff\n\nx\n",
        b"old 0\n\n" + b"x" * (1 << 20),
    ],
)
def test_malformed_requests_are_refused(state: Path, request_text: bytes) -> None:
    assert refusal(state, request_text).verdict == "bad request"


def test_an_old_size_beyond_the_checkpoint_is_refused(ledger: Ledger, state: Path) -> None:
    assert refusal(state, dump_request(7, [], state_note(ledger)).encode()).verdict == "bad request"


def test_a_witness_never_starts_anew(state: Path) -> None:
    with pytest.raises(LedgerError, match="never starts anew"):
        create_witness(state, WITNESS, ORIGIN, [log_signer().key])


@pytest.mark.parametrize("name", ["", "two words", "a+b", ORIGIN])
def test_impossible_witnesses_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LedgerError, match="cannot be the name"):
        create_witness(tmp_path / "w.json", name, ORIGIN, [log_signer().key])
    with pytest.raises(LedgerError, match="needs keys of"):
        create_witness(tmp_path / "w.json", WITNESS, ORIGIN, [])
    with pytest.raises(LedgerError, match="needs keys of"):
        create_witness(tmp_path / "w.json", WITNESS, "example.com/other", [log_signer().key])


def test_a_damaged_state_is_refused(ledger: Ledger, state: Path) -> None:
    answer(state, request_of(ledger, 0))
    whole = state.read_bytes()
    for spoiled in (
        b"",
        b"{}",
        whole[:-1],
        whole.replace(b"qlang-witness-1", b"qlang-witness-9"),
        whole.replace(b'"note":"', b'"note":7,"more":"'),
        whole.replace(ORIGIN.encode(), b"example.com/other", 1),
    ):
        state.write_bytes(spoiled)
        with pytest.raises(LedgerError, match="is damaged"):
            answer(state, request_of(ledger, 6))


def test_nothing_is_answered_that_could_not_be_kept(
    ledger: Ledger, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state is on disk before the answer is given: without it there is no answer."""

    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    before = state.read_bytes()
    monkeypatch.setattr("qlang.trust.ledger.witness.stage", full)
    with pytest.raises(OSError, match="No space left"):
        answer(state, request_of(ledger, 0))
    assert state.read_bytes() == before


def test_a_false_cosignature_never_leaves(ledger: Ledger, state: Path) -> None:
    """A token that signs something else is caught before its signature is given away."""

    class Broken:
        key = witness_signer().key

        def sign(self, message: bytes) -> bytes:
            return witness_signer().sign(message + b"!")

    before = state.read_bytes()
    with pytest.raises(WitnessRefused, match="the witness's own"):
        cosign(state, request_of(ledger, 0), [Broken()], timestamp=TIME)
    assert state.read_bytes() == before


def test_answers_of_strangers_are_not_taken_in(ledger: Ledger, state: Path) -> None:
    note, lines = state_note(ledger), answer(state, request_of(ledger, 0))
    with pytest.raises(NoteError, match="no known key"):
        add_cosignatures(note, lines, [witness_signer(number=7).key])
    fill(ledger, 1, start=6)
    with pytest.raises(NoteError, match="does not match"):
        add_cosignatures(state_note(ledger), lines, [witness_signer().key])
    with pytest.raises(NoteError):
        add_cosignatures(note, "nonsense\n", [witness_signer().key])
    both = witness_signer("ed25519", name="w2.example")
    two = cosign(state, request_of(ledger, 6), [witness_signer(), both], timestamp=TIME)
    taken = add_cosignatures(state_note(ledger), two, [both.key])
    assert checkpoint_of(taken.encode()).size == 7
    assert [signature.name for signature in parse_note(taken.encode()).signatures] == [ORIGIN, "w2.example"]
