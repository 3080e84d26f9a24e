"""Key files, format 2: one `KeyRecord` in canonical JSON. The private half is wrapped, or not in the file at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qlang.trust.algorithms import public_key
from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.canonical import Json, canonical_json, load_json
from qlang.trust.custody import CUSTODIES, KeyRecord, KeySpec, ProbeAttempt, ProbeReport
from qlang.trust.errors import JsonRefused, KeyFormatError
from qlang.trust.keys.paths import spec_fault
from qlang.trust.times import is_time

FORMAT = "qlang-key-2"
MAX_RECORD_BYTES = 256 << 10
_OLD_FORMAT = "qlang-key-1"


def dump_record(record: KeyRecord) -> bytes:
    """The record as a file. Raises: JsonRefused for a value without canonical form."""
    return canonical_json(record_json(record))


def record_json(record: KeyRecord) -> dict[str, Json]:
    """The record as JSON."""
    spec, probe = record.spec, record.probe
    return {
        "format": FORMAT,
        "keyid": record.public.key_id,
        "algorithm": spec.algorithm,
        "purpose": spec.purpose,
        "tenant": spec.tenant,
        "generation": spec.generation,
        "not_before": spec.not_before,
        "not_after": spec.not_after,
        "custody": record.custody,
        "created_at": record.created_at,
        "public_key": to_base64(record.public.spki),
        "protection": dict(record.protection),
        "probe": {
            "verdict": probe.verdict,
            "attempts": [
                {"name": attempt.name, "yielded": attempt.yielded, "detail": attempt.detail}
                for attempt in probe.attempts
            ],
            "flags": dict(probe.flags),
        },
    }


def parse_record(data: bytes) -> KeyRecord:
    """Read a key file strictly. Raises: KeyFormatError."""
    try:
        value = load_json(data, max_bytes=MAX_RECORD_BYTES)
    except JsonRefused as error:
        raise KeyFormatError(f"is damaged: {error}") from error
    return record_of(value)


def record_of(value: Json) -> KeyRecord:
    """The record in a JSON value. Raises: KeyFormatError."""
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        old = isinstance(value, Mapping) and value.get("format") == _OLD_FORMAT
        hint = "; format 1 is not read any more, `qlangc keys create` makes a new key" if old else ""
        raise KeyFormatError(f"is not a key file of format {FORMAT}{hint}")
    spec = _spec(value)
    if fault := spec_fault(spec):
        raise KeyFormatError(fault)
    try:
        public = public_key(from_base64(_text(value, "public_key")))
    except ValueError as error:
        raise KeyFormatError("public_key is not base64") from error
    if public.algorithm != spec.algorithm or value.get("keyid") != public.key_id:
        raise KeyFormatError(f"does not hold the {spec.algorithm} key that it names")
    custody, protection = value.get("custody"), value.get("protection")
    if custody not in CUSTODIES or not isinstance(custody, str):
        raise KeyFormatError(f"custody is none of {', '.join(CUSTODIES)}")
    if not isinstance(protection, Mapping):
        raise KeyFormatError("protection is not an object")
    return KeyRecord(public, spec, custody, _time(value, "created_at"), protection, _probe(value.get("probe")))


def _spec(value: Mapping[str, Json]) -> KeySpec:
    generation = value.get("generation")
    if type(generation) is not int:
        raise KeyFormatError("generation is not a count")
    return KeySpec(
        _text(value, "algorithm"),
        _text(value, "purpose"),
        _text(value, "tenant"),
        generation,
        _time(value, "not_before"),
        None if value.get("not_after") is None else _time(value, "not_after"),
    )


def _probe(value: Json) -> ProbeReport:
    if not isinstance(value, Mapping):
        raise KeyFormatError("probe is not an object")
    attempts, flags = value.get("attempts"), value.get("flags")
    if not isinstance(attempts, Sequence) or isinstance(attempts, str) or not isinstance(flags, Mapping):
        raise KeyFormatError("probe has no attempts or flags")
    claimed = {name: flag for name, flag in flags.items() if isinstance(flag, bool)}
    if len(claimed) != len(flags):
        raise KeyFormatError("probe has a flag that is neither true nor false")
    return ProbeReport(_text(value, "verdict"), tuple(_attempt(item) for item in attempts), claimed)


def _attempt(value: Json) -> ProbeAttempt:
    match value:
        case {"name": str(name), "yielded": bool(yielded), "detail": str(detail)}:
            return ProbeAttempt(name, yielded, detail)
    raise KeyFormatError("probe has a malformed attempt")


def _text(value: Mapping[str, Json], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str):
        raise KeyFormatError(f"{name} is not a text")
    return text


def _time(value: Mapping[str, Json], name: str) -> str:
    text = _text(value, name)
    if not is_time(text):
        raise KeyFormatError(f"{name} is not an RFC 3339 time in UTC")
    return text
