# ruff: noqa: F811 - fixtures of another folder are imported by their names
"""Whoever may speak to the signer tries to end it, to fill its ledger, or to keep others from it."""

import os
import resource
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.trust.canonical import canonical_json
from qlang.trust.envelope import dump_envelope, parse_envelope
from qlang.trust.errors import FrameRefused, LedgerError, PolicyRefused, SignerUnavailable
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.policy.evaluate import evaluate, evaluate_verification
from qlang.trust.policy.model import POLICY_FILE, Policy, Section
from qlang.trust.policy.questions import KeyFacts, Peer, SigningQuestion, VerificationQuestion
from qlang.trust.signing import dispatch
from qlang.trust.signing import server as serving
from qlang.trust.signing.channel import frame_of
from qlang.trust.signing.client import SignerClient, socket_signer
from qlang.trust.signing.dispatch import reply_to
from qlang.trust.signing.opening import PolicySource, open_service
from qlang.trust.signing.protocol import HELLO, Question, failure_bytes, parse_answer_frame, question_bytes
from qlang.trust.signing.request import answer_json
from qlang.trust.signing.service import SigningService
from qlang.trust.signing.setup import SignerSetup
from tests.trust.signing.conftest import request_of, service, setup  # noqa: F401 - fixtures
from tests.trust.signing.test_processes import answer, raw, refusals, served
from tests.trust.verify.spoiling import edit_ledger

linux = pytest.mark.skipif(sys.platform != "linux", reason="the server tells its peers on Linux only")


def test_the_last_moment_of_the_calendar_ends_no_signer(service: SigningService) -> None:
    service.sign_manifest(request_of("r0"))
    with pytest.raises(PolicyRefused, match="after the signer's clock"):
        service.sign_manifest(request_of("r1", created_at="9999-12-31T23:59:59.500000Z"))


@pytest.mark.parametrize("kind", [b"[]", b"{}", b"null", b'"no-such"'])
def test_an_answer_with_an_odd_kind_of_error_is_no_answer(kind: bytes) -> None:
    with pytest.raises(FrameRefused):
        parse_answer_frame(b'{"error":{"kind":' + kind + b"}}")


def test_an_answer_that_fits_into_no_frame_is_an_error(
    service: SigningService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "MAX_FRAME", 100)
    reply = reply_to(service, question_bytes(Question(HELLO)), Peer(0, "root"))
    with pytest.raises(FrameRefused, match="a frame at most 100"):
        parse_answer_frame(reply.data)


def test_a_policy_replaced_by_one_of_the_same_size_and_time_counts(tmp_path: Path) -> None:
    """`cp --preserve` and `rsync` set the time of modification; nobody can set that of the change."""
    path, policy = tmp_path / POLICY_FILE, PolicySource(tmp_path)
    path.write_text('schema = 1\n[defaults]\nmodes = ["hybrid"]\n')
    before = path.stat()
    assert policy().defaults.modes == ("hybrid",)
    path.write_text('schema = 1\n[defaults]\nmodes = ["qkd"] ##\n')
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_ino) == (before.st_size, before.st_ino)
    assert policy().defaults.modes == ("qkd",)


@linux
def test_a_stranger_fills_no_ledger(setup: SignerSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    where = setup.policy_folder / "signer" / "socket"
    monkeypatch.setattr(SigningService, "accepts", lambda self, peer: False)
    with served(setup, where):
        for _ in range(20):
            with raw(where) as stranger, pytest.raises(SignerUnavailable, match="not one of its signers"):
                answer(stranger)
    assert len(refusals(setup)) == 1


@linux
def test_a_crowd_of_one_user_keeps_no_other_out(setup: SignerSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    where, uids = setup.policy_folder / "signer" / "socket", iter([1, *[2] * 1000])
    monkeypatch.setattr(serving, "MAX_CONNECTIONS", 8)
    monkeypatch.setattr(SigningService, "accepts", lambda self, peer: True)
    monkeypatch.setattr(serving, "peer_of", lambda connection: Peer(next(uids), "somebody"))
    with served(setup, where), raw(where) as quiet:
        crowd = [raw(where) for _ in range(40)]
        quiet.sendall(len(frame := question_bytes(Question(HELLO))).to_bytes(4, "big") + frame)
        assert quiet.recv(4)
        for connection in crowd:
            connection.close()


@linux
def test_a_signer_without_descriptors_goes_on(setup: SignerSetup) -> None:
    """One connection more than the process may have open: the longest silent one makes room."""
    where = setup.policy_folder / "signer" / "socket"
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with served(setup, where), socket.socket(socket.AF_UNIX) as late, raw(where) as idle:
        late.settimeout(10)
        with socket_signer(where) as signer:
            signer.sign_manifest(request_of("r0"))
        os.close(free := os.dup(0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
        try:
            late.connect(str(where))
            assert idle.recv(1) == b""
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        late.sendall(len(frame := question_bytes(Question(HELLO))).to_bytes(4, "big") + frame)
        assert late.recv(4)


@linux
def test_a_full_disk_loses_nothing_that_was_answered(setup: SignerSetup) -> None:
    """A limit on the size of files stands for a full disk: the write fails in the midst of a transaction."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_service(setup) as signer:
        signer.sign_manifest(request_of("r0"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 10, before[1]))
        try:
            with pytest.raises(LedgerError):
                for number in range(1, 100):
                    signer.sign_manifest(request_of(f"r{number}"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signer.sign_manifest(request_of("after"))
    assert all(check.ok for check in check_ledger_file(setup.ledger, deep=True))


@pytest.mark.parametrize("part", ["envelope", "manifest_digest", "ledger_index"])
def test_a_planted_answer_is_not_given_again(setup: SignerSetup, part: str) -> None:
    """Answers are beside the Merkle tree: who can write the ledger's file plants one of his own."""
    request = request_of("r1")
    with open_service(setup) as signer:
        signed = signer.sign_manifest(request)
        other = signer.sign_manifest(request_of("r2"))
        assert signer.sign_manifest(request) == signed
    planted = answer_json(signed) | {part: answer_json(other)[part]}
    if part == "envelope":
        envelope = parse_envelope(signed.envelope)
        false = tuple(replace(one, value=bytes(len(one.value))) for one in envelope.signatures)
        planted[part] = dump_envelope(replace(envelope, signatures=false)).decode()
    kept = canonical_json({"request_digest": request.digest, "answer": planted})
    edit_ledger(setup.ledger, ("UPDATE answer SET answer = ? WHERE id = 'run:r1'", (kept,)))
    with open_service(setup) as signer, pytest.raises(LedgerError, match="another answer"):
        signer.sign_manifest(request)


def test_an_old_key_is_not_made_young_by_dating_the_run_back(setup: SignerSetup) -> None:
    """`created_at` is what the client says; a key's age is measured by the signer's clock."""
    made, back, now = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-11-21T00:00:00Z"
    key = KeyFacts("ed25519:0", "ed25519", "development", "", "1970-01-01T00:00:00Z", None, created_at=made)
    policy = Policy(defaults=Section(max_key_age=30 * 86400))
    signing = SigningQuestion("default", "classical", ("ed25519",), (key,), "sim", back, now)
    assert [verdict.rule for verdict in evaluate(policy, signing).rules if not verdict.allowed] == [
        "defaults.max_key_age"
    ]
    seen = VerificationQuestion("default", "classical", ("ed25519",), (key,), "sim", back, signed_at=now)
    assert not evaluate_verification(policy, seen).allowed
    assert evaluate_verification(policy, replace(seen, signed_at=back)).allowed


def test_what_the_policy_refuses_makes_no_keys(setup: SignerSetup, tmp_path: Path) -> None:
    """Else whoever may connect fills the key store, and keeps the signer busy, with tenants that he makes up."""
    fresh = replace(setup, keys=KeyPaths(tmp_path / "keys", tmp_path / "state"))
    (setup.policy_folder / POLICY_FILE).write_text("schema = 1\n[tenants.lab]\n")
    with open_service(fresh) as signer:
        for number in range(3):
            with pytest.raises(PolicyRefused, match="not listed"):
                signer.sign_manifest(request_of(f"r{number}", tenant=f"made-up-{number}"))
        with pytest.raises(PolicyRefused, match="asks the signer"):
            signer.sign_manifest(request_of("r9", tenant="lab"), Peer(12345, "stranger"))
    assert not list((tmp_path / "keys").glob("*.key.json"))


@contextmanager
def impostor(path: Path, answer: bytes, *, at_once: bool = False) -> Iterator[threading.Semaphore]:
    """Somebody else behind the socket, who says one thing to two clients; counts those that he has left."""
    left = threading.Semaphore(0)

    def work() -> None:
        with suppress(OSError):  # the end of the test
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    if not at_once:
                        connection.recv(1 << 16)
                    connection.sendall(frame_of(answer))
                left.release()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=work, daemon=True).start()
        yield left


@linux
@pytest.mark.parametrize("answer", [b'{"ok":{}}', b'{"ok":[]}', b'{"ok":{"keys":[1],"ledger":{},"policy":{}}}', b"{}"])
def test_an_impostor_gets_an_error_and_no_traceback(tmp_path: Path, answer: bytes) -> None:
    for name, ask in (("a", SignerClient.describe), ("b", lambda signer: signer.sign_manifest(request_of("r1")))):
        with (
            impostor(tmp_path / name, answer),
            socket_signer(tmp_path / name, answer_seconds=5) as signer,
            pytest.raises((SignerUnavailable, FrameRefused)),
        ):
            ask(signer)


@linux
def test_who_is_turned_away_hears_why(tmp_path: Path) -> None:
    """The signer closes at once; the question that comes too late must not hide the answer."""
    refusal = failure_bytes(SignerUnavailable("user `mallory` (7) is not one of its signers"))
    with (
        impostor(tmp_path / "s", refusal, at_once=True) as left,
        socket_signer(tmp_path / "s", answer_seconds=5) as signer,
    ):
        signer._channel = signer._connect()
        assert left.acquire(timeout=5)
        with pytest.raises(SignerUnavailable, match="mallory"):
            signer.describe()
