"""What is said between a client and the signer: canonical JSON, one question, one answer.

    {"protocol":"qlang-signer/1","verb":"hello"}
    {"protocol":"qlang-signer/1","verb":"prepare","request":{"tenant":…,"crypto_mode":…,"algorithms":…,…}}
    {"protocol":"qlang-signer/1","verb":"sign-manifest","request":{"facts":…,"subjects":…,"algorithms":…}}

    {"ok":…}    or    {"error":{"kind":"policy-refused","reasons":[…]}}

There is no verb that signs bytes: what is signed is built by the signer from the facts that it has judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlang.trust import errors
from qlang.trust.canonical import Json, canonical_json, load_json
from qlang.trust.errors import FrameRefused, JsonRefused, SigningError, TrustError
from qlang.trust.signing.channel import MAX_FRAME

PROTOCOL = "qlang-signer/1"
HELLO = "hello"
PREPARE = "prepare"
"""Whether a manifest would be signed now. Signs nothing."""
SIGN_MANIFEST = "sign-manifest"
_WITH_REQUEST = (PREPARE, SIGN_MANIFEST)
MAX_DEPTH = 24
"""Deepest nesting of a message."""

Decode = Callable[[Json], Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A verb; for `sign-manifest` what to sign, for `prepare` what is known of it."""

    verb: str
    request: Json = None


def question_bytes(question: Question) -> bytes:
    """A question in canonical JSON. Raises: JsonRefused."""
    message: dict[str, Json] = {"protocol": PROTOCOL, "verb": question.verb}
    if question.request is not None:
        message["request"] = question.request
    return canonical_json(message)


def parse_question(data: bytes) -> Question:
    """Read a question that may come from an attacker. Raises: FrameRefused."""
    members = _message(data)
    if members.get("protocol") != PROTOCOL:
        raise FrameRefused(f"the protocol is not {PROTOCOL}")
    verb = members.get("verb")
    if verb not in (HELLO, *_WITH_REQUEST):
        raise FrameRefused(f"there is no verb {verb!a:.80}")
    wanted = {"protocol", "verb", "request"} if verb in _WITH_REQUEST else {"protocol", "verb"}
    if set(members) != wanted:
        raise FrameRefused(f"{verb} has the members {', '.join(sorted(wanted))}, no others")
    return Question(verb, members.get("request"))


def success_bytes(value: Json) -> bytes:
    """An answer. Raises: JsonRefused."""
    return canonical_json({"ok": value})


def failure_bytes(error: TrustError) -> bytes:
    """An error as an answer; one that has no form of its own crosses as its words."""
    kind = next((kind for kind in _KINDS if type(error) is kind.type), None)
    if kind is None:
        return failure_bytes(SigningError(str(error)))
    data: dict[str, Json] = {name: _plain(getattr(error, name)) for name in kind.members}
    return canonical_json({"error": {"kind": kind.name, **data}})


def parse_answer_frame(data: bytes) -> Json:
    """The value of an answer.

    Raises: the error that the signer answered; FrameRefused for anything that is no answer.
    """
    members = _message(data)
    match members:
        case {"ok": value, **others} if not others:
            return value
        case {"error": dict(told), **others} if not others:
            kind = told.pop("kind", None)
            if isinstance(kind, str) and kind in _BY_NAME:
                raise _revived(_BY_NAME[kind], told)
    raise FrameRefused("not an answer of a signer")


def _message(data: bytes) -> Mapping[str, Json]:
    try:
        value = load_json(data, max_bytes=MAX_FRAME, max_depth=MAX_DEPTH)
        if not isinstance(value, Mapping):
            raise FrameRefused("not a JSON object")
        if canonical_json(value) != data:
            raise FrameRefused("not canonical JSON (RFC 8785)")
    except JsonRefused as error:
        raise FrameRefused(str(error)) from error
    return value


@dataclass(frozen=True, slots=True)
class _Kind:
    """An error that keeps its type and data across the boundary."""

    name: str
    type: type[TrustError]
    members: Mapping[str, Decode]


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise FrameRefused("an error of the signer has a member that is no text")
    return value


def _path(value: Json) -> Path:
    return Path(_text(value))


def _texts(value: Json) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise FrameRefused("an error of the signer has a member that is no list")
    return tuple(map(_text, value))


def _optional_text(value: Json) -> str | None:
    return None if value is None else _text(value)


def _index(value: Json) -> int | None:
    if value is not None and type(value) is not int:
        raise FrameRefused("an error of the signer has a member that is no index")
    return value


_REASON: Mapping[str, Decode] = {"reason": _text}
_KINDS = (
    _Kind("policy-refused", errors.PolicyRefused, {"reasons": _texts}),
    _Kind("request-conflict", errors.RequestConflict, {"request_id": _text, "index": _index, "reason": _text}),
    _Kind("manifest", errors.ManifestError, {"field": _text, "reason": _text}),
    _Kind("json", errors.JsonRefused, _REASON),
    _Kind("frame", errors.FrameRefused, _REASON),
    _Kind("custody", errors.CustodyError, {"custody": _text, "reason": _text}),
    _Kind("key-store", errors.KeyStoreError, {"path": _path, "reason": _text}),
    _Kind(
        "key-refused",
        errors.KeyRefused,
        {"algorithm": _text, "key_id": _optional_text, "state": _text, "reason": _text},
    ),
    _Kind("key-format", errors.KeyFormatError, _REASON),
    _Kind("ledger", errors.LedgerError, {"path": _path, "index": _index, "reason": _text}),
    _Kind(
        "policy",
        errors.PolicyError,
        {"path": _path, "key": _text, "reason": _text, "line": _index, "suggestion": _optional_text},
    ),
    _Kind("file", errors.FileRefused, {"path": _path, "reason": _text}),
    _Kind("qkd", errors.QkdUnavailable, _REASON),
    _Kind("unavailable", errors.SignerUnavailable, _REASON),
    _Kind("signing", errors.SigningError, _REASON),
)
_BY_NAME = {kind.name: kind for kind in _KINDS}


def _plain(value: object) -> Json:
    match value:
        case Path():
            return str(value)
        case tuple():
            return [str(item) for item in value]
        case str() | int() | None:
            return value
    raise SigningError(f"an error has a member of type {type(value).__name__}")


def _revived(kind: _Kind, data: Mapping[str, Json]) -> TrustError:
    if set(data) != set(kind.members):
        raise FrameRefused(f"an error `{kind.name}` of the signer has other members than it should")
    return kind.type(**{name: decode(data[name]) for name, decode in kind.members.items()})
