"""Creating, rotating and revoking keys from the command line."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from qlang.compiler import exit_codes
from qlang.compiler.console import Console
from qlang.compiler.failure import Failure
from qlang.compiler.keys.common import SCHEMA, confirmed, find_key, find_record, ledger_step, ring_of, tell, unlock
from qlang.compiler.keys.listing import described

if TYPE_CHECKING:
    from qlang.trust.keys.events import LedgerPlace
    from qlang.trust.keys.life import Validity
    from qlang.trust.ledger.store import Transaction


def create(options: Namespace, console: Console) -> int:
    """Make one key, or one for each algorithm that the purpose needs."""
    from qlang.trust.custody import DEVELOPMENT
    from qlang.trust.keys.life import create_key

    ring, custody = ring_of(options), options.custody or DEVELOPMENT
    made = []
    algorithms = options.algorithm or _algorithms_for(options.purpose)
    unlock(ring, custody)
    with ledger_step(options, console) as step:
        for algorithm in algorithms:
            record = create_key(
                ring,
                algorithm,
                options.purpose,
                options.tenant,
                custody=custody,
                validity=_validity(options),
                log=step,
            )
            made.append(record)
    tell(ring, console)
    entries = [described(ring, record) for record in made]
    if options.json:
        console.result_json({"schema": SCHEMA, "created": entries})
    else:
        for entry in entries:
            console.result(f"created {entry['key_id']}, {entry['purpose']} of {entry['tenant']}, {entry['custody']}\n")
            console.result(f"  {entry['probe']}; SHA-256 {entry['fingerprint']}\n")
    return exit_codes.OK


def rotate(options: Namespace, console: Console) -> int:
    """The old key, the new one and the root key, if there is one, sign that the new one takes over."""
    from qlang.trust.keys.life import rotate_key

    ring = ring_of(options)
    old = find_record(ring, options)
    ring.ready(old)
    unlock(ring, options.custody or old.custody)
    with ledger_step(options, console) as step:
        new, event = rotate_key(ring, old, custody=options.custody, validity=_validity(options), log=step)
    tell(ring, console)
    signed_by = [signature.key_id for signature in event.envelope.signatures]
    if options.json:
        rotated = {"old": old.public.key_id, "new": described(ring, new), "signed_by": signed_by}
        console.result_json({"schema": SCHEMA, "rotated": rotated})
    else:
        console.result(f"rotated {old.public.key_id} to {new.public.key_id}, generation {new.spec.generation}\n")
        console.result(f"  signed by {', '.join(signed_by)}\n")
    return exit_codes.OK


def revoke(options: Namespace, console: Console) -> int:
    """Signed by the key itself, where it is here and not lost, and by the root key."""
    from qlang.trust.keys.events import LOST
    from qlang.trust.keys.life import revoke_key

    ring = ring_of(options)
    key = find_key(ring, options)
    confirmed(options, f"revoke {key.key_id} as {options.reason}? This cannot be undone.")
    for record in ring.contents().records:
        if record.public == key and options.reason != LOST:
            ring.ready(record)
    with ledger_step(options, console) as step:
        place = _entry(step, options.since_entry)
        event = revoke_key(ring, key, options.reason, since_time=options.since, since_ledger=place, log=step)
    signed_by = [signature.key_id for signature in event.envelope.signatures]
    if options.json:
        revoked = {"key_id": key.key_id, "reason": options.reason, "at": event.event.at, "signed_by": signed_by}
        console.result_json({"schema": SCHEMA, "revoked": revoked | {"event_digest": event.digest}})
    else:
        console.result(f"revoked {key.key_id}: {options.reason}, signed by {', '.join(signed_by)}\n")
    console.note("`qlangc keys export-public` gives the revocation to those who verify")
    return exit_codes.OK


def _entry(step: Transaction | None, index: int | None) -> LedgerPlace | None:
    if index is None:
        return None
    if step is None:
        raise Failure("--since-entry needs a ledger", "--ledger names one")
    if not 0 <= index < step.position.index:
        raise Failure(f"the ledger has no entry {index}, but {step.position.index} entries")
    from qlang.trust.keys.events import LedgerPlace

    return LedgerPlace(step.position.origin, index)


def _validity(options: Namespace) -> Validity:
    from qlang.trust.keys.life import Validity
    from qlang.trust.times import days_after, is_time, now

    start = options.not_before
    if start is not None and not is_time(start):
        raise Failure(f"--not-before: `{start}` is not of the form YYYY-MM-DDTHH:MM:SSZ")
    if options.valid_days is None:
        return Validity(start)
    if options.valid_days < 1:
        raise Failure("--valid-days: a key is valid for a day at least")
    try:
        return Validity(start, days_after(start or now(), options.valid_days))
    except ValueError as error:
        raise Failure(f"--valid-days: {error}") from error


def _algorithms_for(purpose: str) -> tuple[str, ...]:
    """What keys of a purpose are made of. SLH-DSA rests on hash functions alone, but needs the extra `slh`."""
    from qlang.trust.algorithms import available_algorithms
    from qlang.trust.crypto_modes import ED25519, ML_DSA_65, ML_DSA_87, SLH_DSA_128S
    from qlang.trust.custody import LEDGER_CHECKPOINT, ROOT, WITNESS
    from qlang.trust.signing.log_keys import MADE

    if purpose == ROOT:
        return available_algorithms((SLH_DSA_128S,)) or (ML_DSA_87,)
    return {LEDGER_CHECKPOINT: MADE, WITNESS: (ED25519,)}.get(purpose, (ED25519, ML_DSA_65))
