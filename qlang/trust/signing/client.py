"""Asking a signer in another process."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from qlang.trust.canonical import Json
from qlang.trust.errors import FrameRefused, ManifestError, SignerUnavailable
from qlang.trust.manifest.fields import count, object_of, objects, text
from qlang.trust.signing.channel import Channel
from qlang.trust.signing.intent import SigningIntent, intent_json
from qlang.trust.signing.protocol import HELLO, PREPARE, SIGN_MANIFEST, Question, parse_answer_frame, question_bytes
from qlang.trust.signing.request import ManifestRequest, SignedManifest, parse_answer, request_json

ANSWER_SECONDS = 120.0
"""How long one answer may take: slow algorithms, a token, a passphrase to be typed."""
CONNECT_SECONDS = 5

_TIMEVAL = struct.Struct("ll")
"""Seconds and microseconds, as `SO_SNDTIMEO` takes them (socket(7))."""

Connect = Callable[[], Channel]


class SignerClient:
    """A `ManifestSigner` on the other end of a channel, which `connect` opens when it is needed.

    If the signer goes away before it has answered, it is asked once more with the same request: what was recorded
    is not recorded again.
    """

    def __init__(self, connect: Connect, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._connect, self._answer_seconds = connect, answer_seconds
        self._channel: Channel | None = None

    def __enter__(self) -> SignerClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation; the next question opens another."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def describe(self) -> Mapping[str, Json]:
        """Version, ledger and policy of the signer. Raises: SignerUnavailable, and what the signer raises."""
        answer = self._ask(question_bytes(Question(HELLO)))
        try:
            return _description(answer)
        except ManifestError as error:
            raise SignerUnavailable(f"its answer to `hello` is odd: {error}") from error

    def prepare(self, intent: SigningIntent) -> None:
        """See `ManifestSigner`."""
        self._ask(question_bytes(Question(PREPARE, intent_json(intent))))

    def sign_manifest(self, request: ManifestRequest) -> SignedManifest:
        """See `ManifestSigner`."""
        answer = self._ask(question_bytes(Question(SIGN_MANIFEST, request_json(request))))
        try:
            return parse_answer(answer)
        except ManifestError as error:
            raise SignerUnavailable(f"its answer is no signed manifest: {error}") from error

    def _ask(self, question: bytes) -> Json:
        try:
            return self._exchange(question)
        except SignerUnavailable:
            self.close()
        try:
            return self._exchange(question)
        except SignerUnavailable:
            self.close()
            raise

    def _exchange(self, question: bytes) -> Json:
        if self._channel is None:
            self._channel = self._connect()
        try:
            self._channel.send(question, seconds=self._answer_seconds)
        except SignerUnavailable:
            if not self._channel.ready(0):
                raise  # else it has closed, but said why before
        try:
            frame = self._channel.receive(seconds=self._answer_seconds)
        except FrameRefused as error:
            raise SignerUnavailable(f"it does not speak this protocol: {error.reason}") from error
        if frame is None:
            raise SignerUnavailable("it went away without an answer")
        return parse_answer_frame(frame)


def _description(value: Json) -> Mapping[str, Json]:
    """What a signer says of itself, if it is what callers show. Raises: ManifestError."""
    told = object_of(value, "hello")
    ledger, policy = object_of(told.get("ledger"), "ledger"), object_of(told.get("policy"), "policy")
    count(ledger, "size")
    text(told, "version")
    for member in ("origin", "root"):
        text(ledger, member)
    for member in ("name", "digest"):
        text(policy, member)
    for key in objects(told, "keys"):
        for member in ("keyid", "algorithm", "purpose", "tenant", "custody", "probe", "state"):
            text(key, member)
    return told


def socket_signer(path: Path, *, answer_seconds: float = ANSWER_SECONDS) -> SignerClient:
    """The signer that `qlangc signer serve` runs on a Unix socket."""
    return SignerClient(lambda: _connected(path), answer_seconds=answer_seconds)


def _connected(path: Path) -> Channel:
    if not hasattr(socket, "AF_UNIX"):
        raise SignerUnavailable("this system has no Unix sockets")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEVAL.pack(CONNECT_SECONDS, 0))
        try:
            connection.connect(str(path))  # waits for a place in the queue, at most the time for sending
        except OSError as error:
            raise SignerUnavailable(f"{path}: {error.strerror or error}") from error
        descriptor = connection.detach()
    return Channel(descriptor, descriptor)
