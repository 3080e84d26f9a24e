"""Believing key events: who must have signed which, and what follows from those that hold.

Root keys are settled first, because they sign about the others; then revocations, because a compromised key cannot
name its successor; then rotations, until nothing new becomes trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qlang.trust.algorithms import PublicKey
from qlang.trust.custody import DEFAULT_TENANT, ROOT, RUN_MANIFEST
from qlang.trust.keys.events import COMPROMISED, SUPERSEDED, Created, KeyClaims, Revoked, Rotated, SignedEvent
from qlang.trust.times import moment


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that is not believed."""

    event: SignedEvent
    reason: str

    def __str__(self) -> str:
        return f"{self.event.name} {self.event.event.key.key_id} of {self.event.event.at}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Lineage:
    """What follows from keys and events."""

    trusted: tuple[PublicKey, ...]
    claims: Mapping[PublicKey, tuple[KeyClaims, ...]]
    """Everything that a key has signed about itself; all of it limits the key."""
    revocations: Mapping[PublicKey, tuple[Revoked, ...]]
    rotations: Mapping[PublicKey, tuple[Rotated, ...]]
    """Old key → its rotations."""
    ignored: tuple[Ignored, ...]


@dataclass(slots=True)
class _Tracing:
    """The work in progress."""

    trusted: dict[PublicKey, None]
    anchors: frozenset[PublicKey]
    claims: dict[PublicKey, list[KeyClaims]] = field(default_factory=dict)
    revocations: dict[PublicKey, list[Revoked]] = field(default_factory=dict)
    rotations: dict[PublicKey, list[Rotated]] = field(default_factory=dict)
    ignored: list[Ignored] = field(default_factory=list)

    def roots(self) -> list[PublicKey]:
        """Trusted keys that say of themselves that they are roots, and nothing else."""
        return [key for key in self.trusted if self.purpose(key) == ROOT]

    def purpose(self, key: PublicKey) -> str | None:
        """The one purpose of a key; run manifests if it says nothing, None if it contradicts itself."""
        purposes = {claims.purpose for claims in self.claims.get(key, ())} or {RUN_MANIFEST}
        return purposes.pop() if len(purposes) == 1 else None

    def tenants(self, key: PublicKey) -> set[str]:
        """Whose key it is; the default tenant's if it says nothing."""
        return {claims.tenant for claims in self.claims.get(key, ())} or {DEFAULT_TENANT}

    def compromised(self, key: PublicKey) -> bool:
        return any(event.reason == COMPROMISED for event in self.revocations.get(key, ()))

    def given_up(self, key: PublicKey) -> bool:
        """Whether nobody should hold the key any more: who finds it would date a rotation back."""
        return any(event.reason != SUPERSEDED for event in self.revocations.get(key, ()))

    def ended(self, key: PublicKey, at: str) -> bool:
        """Whether a key is compromised, or was revoked or rotated before `at`."""
        events = [*self.revocations.get(key, ()), *self.rotations.get(key, ())]
        return self.compromised(key) or any(moment(event.at) < moment(at) for event in events)

    def over(self, key: PublicKey, at: str) -> bool:
        """Whether a key was expired or revoked at `at`."""
        ends = [claims.not_after for claims in self.claims.get(key, ()) if claims.not_after is not None]
        ends += [event.at for event in self.revocations.get(key, ())]
        return any(moment(end) < moment(at) for end in ends)

    def speaks(self, root: PublicKey, at: str) -> bool:
        """Whether a root key has a say in a rotation that is dated `at`."""
        return not (self.given_up(root) or self.ended(root, at) or self.over(root, at))

    def ignore(self, event: SignedEvent, reason: str) -> None:
        self.ignored.append(Ignored(event, reason))


def trace(keys: Iterable[PublicKey], events: Iterable[SignedEvent]) -> Lineage:
    """What the keys of a folder and the events beside them amount to."""
    anchors = dict.fromkeys(keys)
    state = _Tracing(anchors, frozenset(anchors))
    created, rotated, revoked = _sorted(events)
    for event, content in created:
        _believe_created(state, event, content)
    of_roots = [(event, content) for event, content in rotated if content.successor.purpose == ROOT]
    of_others = [(event, content) for event, content in rotated if content.successor.purpose != ROOT]
    roots_known = set(state.roots()) | {content.successor.key for _, content in of_roots}
    _revoke(state, [item for item in revoked if item[1].key in roots_known], [])
    _follow(state, of_roots)
    believable = [root for root in state.roots() if not state.compromised(root)]
    _revoke(state, [item for item in revoked if item[1].key not in roots_known], believable)
    _follow(state, of_others)
    return Lineage(
        tuple(state.trusted),
        {key: tuple(claims) for key, claims in state.claims.items()},
        {key: tuple(events) for key, events in state.revocations.items()},
        {key: tuple(events) for key, events in state.rotations.items()},
        tuple(state.ignored),
    )


def _sorted(
    events: Iterable[SignedEvent],
) -> tuple[list[tuple[SignedEvent, Created]], list[tuple[SignedEvent, Rotated]], list[tuple[SignedEvent, Revoked]]]:
    """Events by their kind, in the order of their times, so that the order of files means nothing."""
    created, rotated, revoked = [], [], []
    for signed in sorted(events, key=lambda signed: (signed.event.at, signed.digest)):
        match signed.event:
            case Created() as content:
                created.append((signed, content))
            case Rotated() as content:
                rotated.append((signed, content))
            case Revoked() as content:
                revoked.append((signed, content))
    return created, rotated, revoked


def _believe_created(state: _Tracing, event: SignedEvent, content: Created) -> None:
    if fault := event.fault_by(content.key):
        state.ignore(event, fault)
    else:
        state.claims.setdefault(content.key, []).append(content.claims)


def _revoke(state: _Tracing, revoked: list[tuple[SignedEvent, Revoked]], roots: list[PublicKey]) -> None:
    """What a root says of a compromised key goes before what the key says: a thief has the key, not the root."""
    own: dict[PublicKey, list[Revoked]] = {}
    for event, content in revoked:
        if any(event.fault_by(root) is None for root in roots):
            state.revocations.setdefault(content.key, []).append(content)
        elif fault := event.fault_by(content.key):
            state.ignore(event, f"{fault}, nor by a trusted root key")
        else:
            own.setdefault(content.key, []).append(content)
    for key, events in own.items():
        if not state.compromised(key):
            state.revocations.setdefault(key, []).extend(events)


def _follow(state: _Tracing, rotated: list[tuple[SignedEvent, Rotated]]) -> None:
    """Believe rotations of trusted keys, until no further key becomes trusted."""
    waiting, forked = list(rotated), _forked(rotated)
    while ready := _ready(state, waiting):
        waiting = [item for item in waiting if item not in ready]
        for event, content in ready:
            if reason := _rotation_fault(state, event, content, forked):
                state.ignore(event, reason)
            else:
                state.rotations.setdefault(content.key, []).append(content)
                claims = state.claims.setdefault(content.successor.key, [])
                if content.successor not in claims:
                    claims.append(content.successor)
                state.trusted[content.successor.key] = None
    for event, content in waiting:
        state.ignore(event, f"{content.key.key_id} is not among the trusted keys")


def _ready(state: _Tracing, waiting: list[tuple[SignedEvent, Rotated]]) -> list[tuple[SignedEvent, Rotated]]:
    """Rotations of trusted keys; those first whose key no other of them makes: that says what the key is for."""
    trusted = [item for item in waiting if item[1].key in state.trusted]
    heirs = {content.successor.key for _, content in trusted}
    return [item for item in trusted if item[1].key not in heirs] or trusted


def _forked(rotated: list[tuple[SignedEvent, Rotated]]) -> set[PublicKey]:
    """Keys that have named several successors: one of those may be a thief's."""
    successors: dict[PublicKey, set[PublicKey]] = {}
    for event, content in rotated:
        if event.fault_by(content.key) is None:
            successors.setdefault(content.key, set()).add(content.successor.key)
    return {key for key, several in successors.items() if len(several) > 1}


def _rotation_fault(state: _Tracing, event: SignedEvent, content: Rotated, forked: set[PublicKey]) -> str | None:
    """Why a rotation of a trusted key is not followed."""
    old, new = content.key, content.successor.key
    if new == old or old in _descendants(state, new):
        return "the rotations run in a circle"
    if fault := event.fault_by(new):
        return fault
    if state.purpose(old) != content.successor.purpose:
        return f"{old.key_id} cannot pass on the purpose {content.successor.purpose}"
    if state.tenants(old) - {content.successor.tenant}:
        return f"{old.key_id} belongs to another tenant"
    if any(event.fault_by(root) is None for root in state.roots() if root != old and state.speaks(root, content.at)):
        return None
    if fault := event.fault_by(old):
        return fault
    if new in state.anchors:
        return None
    if state.compromised(old):
        return f"{old.key_id} is compromised and cannot name its successor without a root key"
    if state.over(old, content.at):
        return f"{old.key_id} was expired or revoked by then"
    if state.given_up(old):
        return f"{old.key_id} was given up, and could have dated that back; only a root key can name its successor"
    if old in forked:
        return f"{old.key_id} has named several successors; without a root key none of them is trusted"
    return None


def _descendants(state: _Tracing, key: PublicKey) -> set[PublicKey]:
    """The keys that `key` was rotated to, directly or not."""
    found: set[PublicKey] = set()
    waiting = [key]
    while waiting:
        for rotation in state.rotations.get(waiting.pop(), ()):
            successor = rotation.successor.key
            if successor not in found:
                found.add(successor)
                waiting.append(successor)
    return found
