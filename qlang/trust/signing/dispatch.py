"""From one frame of a client to one frame of the signer: the same for a child and for a server."""

from __future__ import annotations

from dataclasses import dataclass

from qlang.trust.canonical import Json
from qlang.trust.errors import FrameRefused, LedgerError, TrustError
from qlang.trust.policy.questions import Peer
from qlang.trust.signing.channel import MAX_FRAME
from qlang.trust.signing.intent import parse_intent
from qlang.trust.signing.protocol import (
    HELLO,
    PREPARE,
    PROTOCOL,
    failure_bytes,
    parse_question,
    success_bytes,
)
from qlang.trust.signing.request import answer_json, parse_request
from qlang.trust.signing.service import SigningService


@dataclass(frozen=True, slots=True)
class Reply:
    """What to send back; `last` where the client broke the protocol and is not listened to any more."""

    data: bytes
    last: bool = False


def reply_to(service: SigningService, frame: bytes, peer: Peer | None) -> Reply:
    """Answer one frame. Whatever it holds, the answer is a frame, and a refusal is in the ledger."""
    try:
        question = parse_question(frame)
    except FrameRefused as error:
        return refuse(service, error, peer)
    try:
        if question.verb == HELLO:
            return _fitting(success_bytes({"protocol": PROTOCOL, **service.describe()}))
        if question.verb == PREPARE:
            return _fitting(success_bytes(_prepared(service, question.request, peer)))
        return _fitting(success_bytes(_signed(service, question.request, peer)))
    except TrustError as error:
        return _fitting(failure_bytes(error))


def refuse(service: SigningService, error: TrustError, peer: Peer | None) -> Reply:
    """Record what broke the protocol, and say so for the last time."""
    try:
        service.record_refusal((str(error),), peer)
    except LedgerError as fault:
        return Reply(failure_bytes(fault), last=True)
    return Reply(failure_bytes(error), last=True)


def _fitting(data: bytes) -> Reply:
    """Thousands of keys, or the names of thousands of tenants, do not go into one frame."""
    if len(data) <= MAX_FRAME:
        return Reply(data)
    return Reply(failure_bytes(FrameRefused(f"the answer has {len(data)} bytes, and a frame at most {MAX_FRAME}")))


def _prepared(service: SigningService, value: Json, peer: Peer | None) -> Json:
    try:
        intent = parse_intent(value)
    except TrustError as error:
        service.record_refusal((str(error),), peer)
        raise
    service.prepare(intent, peer)
    return {"ready": True}


def _signed(service: SigningService, value: Json, peer: Peer | None) -> Json:
    try:
        request = parse_request(value)
    except TrustError as error:
        service.record_refusal((str(error),), peer)
        raise
    return answer_json(service.sign_manifest(request, peer))
