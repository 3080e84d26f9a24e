"""Frames and messages: what crosses the boundary comes back as it was, and nothing else is understood."""

import json
import os
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.trust import errors
from qlang.trust.canonical import canonical_json
from qlang.trust.errors import FrameRefused, ManifestError, SignerUnavailable, TrustError
from qlang.trust.ledger.store import open_reader
from qlang.trust.policy.questions import Peer
from qlang.trust.signing import protocol
from qlang.trust.signing.channel import MAX_FRAME, Channel, frame_of
from qlang.trust.signing.dispatch import reply_to
from qlang.trust.signing.request import parse_request, request_json
from qlang.trust.signing.service import SigningService
from qlang.trust.signing.setup import SignerSetup
from tests.trust.signing.conftest import request_of

HELLO = protocol.question_bytes(protocol.Question(protocol.HELLO))
PEER = Peer(7, "ada")


def sign_frame(request: object) -> bytes:
    return canonical_json({"protocol": "qlang-signer/1", "verb": "sign-manifest", "request": request})  # type: ignore[dict-item]


def refusals(setup: SignerSetup) -> list[str]:
    with open_reader(setup.ledger) as ledger:
        return [reason for entry in ledger.entries(kind="refusal") for reason in entry.body["reasons"]]  # type: ignore[union-attr]


ERRORS = (
    errors.PolicyRefused(("one", "two")),
    errors.RequestConflict("r1", 7, "another"),
    errors.ManifestError("seed", "is odd"),
    errors.JsonRefused("no"),
    errors.FrameRefused("no"),
    errors.CustodyError("token-native", "wrong PIN"),
    errors.KeyStoreError(Path("/a/b"), "is open"),
    errors.KeyRefused("ed25519", None, "missing", "no key"),
    errors.KeyRefused("ed25519", "ed25519:00", "expired", "over"),
    errors.KeyFormatError("rot13"),
    errors.LedgerError(Path("/a/b"), None, "is damaged"),
    errors.PolicyError(Path("/p"), "defaults.x", "is unknown", 3, "y"),
    errors.FileRefused(Path("/p"), "is a link"),
    errors.QkdUnavailable("no KME"),
    errors.SignerUnavailable("gone"),
    errors.SigningError("wrong"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_keep_type_and_data(error: TrustError) -> None:
    with pytest.raises(type(error)) as caught:
        protocol.parse_answer_frame(protocol.failure_bytes(error))
    assert type(caught.value) is type(error)
    for field in fields(error):  # type: ignore[arg-type]  # every TrustError is a dataclass
        assert getattr(caught.value, field.name) == getattr(error, field.name)


def test_other_errors_cross_as_their_words() -> None:
    with pytest.raises(errors.SigningError, match="try again in"):
        protocol.parse_answer_frame(
            protocol.failure_bytes(errors.TooManyTries("token-native", "try again in 8 s", 3, 8))
        )


def test_requests_cross_unchanged() -> None:
    request = request_of("r1", labels={"ö": "ü"}, kernel_digest="sha256:" + "1" * 64, methods_applied=({"x": 1.5},))
    again = parse_request(json.loads(canonical_json(request_json(request))))
    assert (again, again.digest) == (request, request.digest)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"verb":"hello","protocol":"qlang-signer/1"}',  # not in canonical order
        b'{"protocol":"qlang-signer/1","protocol":"qlang-signer/1","verb":"hello"}',
        b'{"protocol":"qlang-signer/2","verb":"hello"}',
        b'{"protocol":"qlang-signer/1","verb":"sign"}',
        b'{"protocol":"qlang-signer/1","verb":"sign-bytes"}',
        b'{"protocol":"qlang-signer/1","verb":null}',
        b'{"protocol":"qlang-signer/1","verb":["hello"]}',
        b'{"message":"AA==","protocol":"qlang-signer/1","verb":"hello"}',
        b'{"payload":"AA==","protocol":"qlang-signer/1","request":{},"verb":"sign-manifest"}',
        b'{"protocol":"qlang-signer/1","verb":"sign-manifest"}',
        b'{"protocol":"qlang-signer/1","request":' + b"[" * 100_000 + b"]" * 100_000 + b',"verb":"sign-manifest"}',
        b'{"protocol":"qlang-signer/1","request":1e999,"verb":"sign-manifest"}',
    ],
    ids=lambda frame: frame[:60],
)
def test_whatever_else_is_said_is_refused_and_audited(
    service: SigningService, setup: SignerSetup, frame: bytes
) -> None:
    reply = reply_to(service, frame, PEER)
    assert reply.last
    with pytest.raises(FrameRefused):
        protocol.parse_answer_frame(reply.data)
    assert len(refusals(setup)) == 1


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("facts",), []),
        (("facts", "seed"), 7),
        (("facts", "custody"), "token-native"),
        (("facts", "ledger"), {"index": 0}),
        (("subjects",), []),
        (("subjects", 0, "name"), "../../etc/passwd"),
        (("subjects", 0, "name"), "manifest.dsse.json"),
        (("subjects", 0, "digest"), {"sha256": "0"}),
        (("algorithms",), ["ed25519", "ed25519"]),
        (("payload",), "AA=="),
    ],
)
def test_a_request_says_facts_and_nothing_else(
    service: SigningService, setup: SignerSetup, place: tuple[str | int, ...], value: object
) -> None:
    request = json.loads(canonical_json(request_json(request_of("r1"))))
    at = request
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    reply = reply_to(service, sign_frame(request), PEER)
    with pytest.raises(ManifestError):
        protocol.parse_answer_frame(reply.data)
    assert len(refusals(setup)) == 1


@given(st.binary(max_size=300) | st.binary(max_size=20).map(lambda data: HELLO[: len(data)] + data))
def test_any_frame_is_refused_or_understood(data: bytes) -> None:
    try:
        protocol.parse_question(data)
    except FrameRefused:
        return
    assert data == HELLO


def pair() -> tuple[Channel, int, int]:
    """A channel, and the raw other ends: where it reads from, where it writes to."""
    (reading, feed), (drain, writing) = os.pipe(), os.pipe()
    return Channel(reading, writing), feed, drain


def test_frames_in_pieces_and_in_a_row() -> None:
    channel, feed, drain = pair()
    with channel:
        data = frame_of(b"one") + frame_of(b"two")
        for position in range(len(data)):
            os.write(feed, data[position : position + 1])
        assert [channel.receive(seconds=5), channel.receive(seconds=5)] == [b"one", b"two"]
        os.close(feed)
        assert channel.receive(seconds=5) is None
    os.close(drain)


@pytest.mark.parametrize("header", [b"\0\0\0\0", b"\xff\xff\xff\xff", (MAX_FRAME + 1).to_bytes(4, "big")])
def test_impossible_lengths(header: bytes) -> None:
    channel, feed, drain = pair()
    with channel:
        os.write(feed, header)
        with pytest.raises(FrameRefused, match="announced"):
            channel.receive(seconds=5)
    os.close(feed)
    os.close(drain)


def test_half_a_frame_then_silence() -> None:
    channel, feed, drain = pair()
    with channel:
        os.write(feed, frame_of(b"whole")[:6])
        with pytest.raises(SignerUnavailable, match="in time"):
            channel.receive(seconds=0.05)
    os.close(feed)
    os.close(drain)


def test_half_a_frame_then_the_end() -> None:
    channel, feed, drain = pair()
    with channel:
        os.write(feed, frame_of(b"whole")[:6])
        os.close(feed)
        with pytest.raises(SignerUnavailable, match="midst"):
            channel.receive(seconds=5)
        os.close(drain)
        with pytest.raises(SignerUnavailable, match="gone"):
            channel.send(b"x", seconds=5)


def test_a_frame_that_is_too_long_is_never_sent() -> None:
    channel, feed, drain = pair()
    with channel, pytest.raises(FrameRefused, match="exceeds"):
        channel.send(b"x" * (MAX_FRAME + 1), seconds=5)
    os.close(feed)
    os.close(drain)


def test_somebody_who_does_not_read() -> None:
    channel, feed, drain = pair()
    with channel, pytest.raises(SignerUnavailable, match="in time"):
        channel.send(b"x" * MAX_FRAME, seconds=0.05)
    os.close(feed)
    os.close(drain)
