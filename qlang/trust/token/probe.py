"""The custody probe: try to get a key out of its token in the ways that tokens are known to allow.

A token says `non-extractable`; this finds out. Each way is tried on the key itself; what comes out is opened and
compared with the public key. `enforced` is said only if the token claims it and every way is refused in so many
words, or does not exist: an error that explains nothing is no refusal. It is evidence, not a proof: ways that are
not tried here, and faults of the hardware, are not covered. Imports python-pkcs11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pkcs11.constants import Attribute
from pkcs11.exceptions import AttributeTypeInvalid, PKCS11Error
from pkcs11.types import Session

from qlang.trust.custody import ENFORCED, NOT_CLAIMED, NOT_ENFORCED, ProbeAttempt, ProbeReport
from qlang.trust.spki import PublicKey
from qlang.trust.token.driver import LOST, error_name
from qlang.trust.token.recognize import Recognize, recognizer_of
from qlang.trust.token.schemes import SCHEMES
from qlang.trust.token.wrapping import Control, Ways, aes_ways, pair_control, rsa_ways, secret_control

Outcome = Literal["refused", "not possible", "yielded", "unclear"]

REFUSALS = frozenset(
    {
        "ActionProhibited",
        "AttributeReadOnly",
        "AttributeSensitive",
        "FunctionRejected",
        "KeyNotWrappable",
        "KeyUnextractable",
        "TemplateInconsistent",
    }
)
"""Errors by which a token says: not this key."""

ABSENCES = frozenset({"AttributeTypeInvalid", "FunctionNotSupported", "MechanismInvalid"})
"""Errors by which a token says: no such way for any key."""

FAILURES = LOST | {"DeviceMemory", "FunctionFailed", "GeneralError", "HostMemory", "SessionCount"}
"""Errors that say nothing about the key."""

_FLAGS = ("SENSITIVE", "EXTRACTABLE", "ALWAYS_SENSITIVE", "NEVER_EXTRACTABLE", "LOCAL", "MODIFIABLE", "COPYABLE")
_CLAIM = {"SENSITIVE": True, "EXTRACTABLE": False}
_HISTORY = ("ALWAYS_SENSITIVE", "NEVER_EXTRACTABLE")
_WEAKER: tuple[tuple[str, Attribute, bool], ...] = (
    ("extractable", Attribute.EXTRACTABLE, True),
    ("not sensitive", Attribute.SENSITIVE, False),
)


@dataclass(frozen=True, slots=True)
class _Try:
    """One attempt and how it ended."""

    name: str
    outcome: Outcome
    detail: str

    def attempt(self) -> ProbeAttempt:
        return ProbeAttempt(self.name, self.outcome == "yielded", f"{self.outcome}: {self.detail}")


def probe_private_key(session: Session, key: Any, public: PublicKey) -> ProbeReport:
    """Probe a private key whose public half is known. Needs a read/write session; leaves no object behind.

    Raises: PKCS11Error if even the flags of the key cannot be read.
    """
    scheme = SCHEMES[public.algorithm]
    recognize = recognizer_of(public)
    control = pair_control(session, scheme)
    return _probe(session, key, scheme.secret_attributes, recognize, [aes_ways(session, control)])


def probe_secret_key(session: Session, key: Any, recognize: Recognize) -> ProbeReport:
    """Probe a secret key; `recognize` tells whether bytes are it. Otherwise as `probe_private_key`."""
    control = secret_control(session)
    ways = [aes_ways(session, control), rsa_ways(session, control)]
    return _probe(session, key, (Attribute.VALUE,), recognize, ways)


def _probe(
    session: Session, key: Any, secrets: tuple[Attribute, ...], recognize: Recognize, ways: list[Ways]
) -> ProbeReport:
    flags = _flags(key)
    tries = [_read(key, attribute, recognize) for attribute in secrets]
    tries += [_flip(key, word, attribute, value) for word, attribute, value in _WEAKER]
    tries += [_copy(key, word, attribute, value) for word, attribute, value in _WEAKER]
    for kind in ways:
        tries += _wrap(kind, key, recognize)
    return ProbeReport(_verdict(flags, tries), tuple(attempt.attempt() for attempt in tries), flags)


def _flags(key: Any) -> dict[str, bool]:
    """What the token states about the key; attributes that it does not know are left out."""
    flags = {}
    for name in _FLAGS:
        try:
            flags[name] = bool(key[Attribute[name]])
        except AttributeTypeInvalid:
            continue
    return flags


def _verdict(flags: dict[str, bool], tries: list[_Try]) -> str:
    if any(flags.get(name) is not value for name, value in _CLAIM.items()):
        return NOT_CLAIMED
    if not all(flags.get(name) for name in _HISTORY):  # it may have left the token before, or have come from outside
        return NOT_ENFORCED
    if any(attempt.outcome in ("yielded", "unclear") for attempt in tries):
        return NOT_ENFORCED
    refused_to_read = any(attempt.outcome == "refused" and attempt.name.startswith("read") for attempt in tries)
    return ENFORCED if refused_to_read else NOT_ENFORCED


def _judged(name: str, error: PKCS11Error) -> _Try:
    answer = error_name(error)
    outcome: Outcome = "refused" if answer in REFUSALS else "not possible" if answer in ABSENCES else "unclear"
    return _Try(name, outcome, answer)


def _read(key: Any, attribute: Attribute, recognize: Recognize) -> _Try:
    name = f"read {attribute.name}"
    try:
        value = bytes(key[attribute])
    except PKCS11Error as error:
        return _judged(name, error)
    if recognize(value):
        return _Try(name, "yielded", f"{len(value)} bytes, which are the key")
    if not value:
        return _Try(name, "unclear", "an empty value instead of a refusal")
    return _Try(name, "unclear", f"{len(value)} bytes, which qlang cannot tell to be the key")


def _flip(key: Any, word: str, attribute: Attribute, value: bool) -> _Try:
    name = f"make {word}"
    try:
        if bool(key[attribute]) is value:
            return _Try(name, "yielded", f"it is {word} as it is")
        key[attribute] = value
        changed = bool(key[attribute]) is value
    except PKCS11Error as error:
        return _judged(name, error)
    if not changed:
        return _Try(name, "refused", "accepted without effect")
    try:
        key[attribute] = not value
    except PKCS11Error as error:
        return _Try(name, "yielded", f"the flag changed and cannot be set back: {error_name(error)}")
    return _Try(name, "yielded", "the flag changed; it has been set back")


def _copy(key: Any, word: str, attribute: Attribute, value: bool) -> _Try:
    name = f"copy as {word}"
    try:
        copy = key.copy({attribute: value, Attribute.TOKEN: False})
    except PKCS11Error as error:
        return _judged(name, error)
    try:
        changed = bool(copy[attribute]) is value
    except PKCS11Error as error:
        return _Try(name, "unclear", f"a copy was made, but: {error_name(error)}")
    finally:
        copy.destroy()
    if changed:
        return _Try(name, "yielded", f"the copy is {word}")
    return _Try(name, "refused", "a copy was made, but not a weaker one")


def _wrap(ways: Ways, key: Any, recognize: Recognize) -> Iterator[_Try]:
    """Wrap the key with one whose value is known, by every mechanism, and open what comes out."""
    try:
        with ways.known_key() as known:
            for way in ways.ways:
                yield _wrap_once(
                    f"wrap with a known key, {way.name}", way.wrap, way.open, known, key, recognize, ways.control
                )
    except PKCS11Error as error:
        outcome: Outcome = "unclear" if error_name(error) in FAILURES else "not possible"
        yield _Try(
            f"wrap with a known key, {ways.name}", outcome, f"no known key can be brought in: {error_name(error)}"
        )


def _wrap_once(
    name: str,
    wrap: Callable[[Any, Any], bytes],
    open_wrapped: Callable[[bytes], Iterator[bytes]],
    known: Any,
    key: Any,
    recognize: Recognize,
    control: Control,
) -> _Try:
    try:
        wrapped = wrap(known, key)
    except PKCS11Error as error:
        found = _judged(name, error)
        if found.outcome != "unclear" or error_name(error) in FAILURES:
            return found
        return _compared(name, error, wrap, known, control)
    if any(recognize(candidate) for candidate in open_wrapped(wrapped)):
        return _Try(name, "yielded", f"{len(wrapped)} bytes, which were opened and are the key")
    return _Try(name, "unclear", f"{len(wrapped)} bytes came out, which qlang cannot open")


def _compared(name: str, error: PKCS11Error, wrap: Callable[[Any, Any], bytes], known: Any, control: Control) -> _Try:
    """An odd error counts as no way only if a key that may leave fails likewise."""
    try:
        with control() as extractable:
            outcome, detail = _control_wrapped(wrap, known, extractable)
    except PKCS11Error as other:
        return _Try(name, "unclear", f"{error_name(error)}; no extractable key to compare with: {error_name(other)}")
    return _Try(name, outcome, f"{error_name(error)}; {detail}")


def _control_wrapped(wrap: Callable[[Any, Any], bytes], known: Any, extractable: Any) -> tuple[Outcome, str]:
    try:
        wrap(known, extractable)
    except PKCS11Error as error:
        if error_name(error) in FAILURES:
            return "unclear", f"for an extractable key {error_name(error)}"
        return "not possible", "an extractable key cannot be wrapped so either"
    return "unclear", "an extractable key can be wrapped so"
