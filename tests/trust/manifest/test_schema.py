"""The published JSON Schema, our strict reader and readers of others agree on what a run manifest is."""

import base64
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from google.protobuf.json_format import Parse
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage
from securesystemslib.dsse import Envelope
from securesystemslib.signer import Key, SSlibKey

from qlang.trust.canonical import canonical_json
from qlang.trust.errors import ManifestError
from qlang.trust.manifest import parse_statement

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/schema/run-manifest-v1.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def payload(path: Path) -> bytes:
    return base64.b64decode(json.loads(path.read_bytes())["payload"])


@pytest.fixture(scope="module")
def statement(tmp_path_factory: pytest.TempPathFactory, build_house: Any) -> Any:
    return json.loads(payload(build_house(tmp_path_factory.mktemp("house")).manifest))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_real_manifests_are_valid(empty_house: Any) -> None:
    for number, changes in enumerate(
        (
            {},
            {"calibration_snapshot_id": "sha256:" + "1" * 64, "calibration_at": "2024-11-20T08:00:00.5Z"},
            {"kernel_digest": "sha256:" + "2" * 64, "seed": "0xff", "labels": {"ö": "ü"}},
        )
    ):
        VALIDATOR.validate(json.loads(payload(empty_house.seal(f"r{number}", **changes).envelope_path)))
    sealed = empty_house.seal("r9", ("ed25519",), crypto_mode="classical")
    VALIDATOR.validate(json.loads(payload(sealed.envelope_path)))


def paths(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every member of objects, and the first item of lists."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield (*place, name)
            yield from paths(child, (*place, name))
    elif isinstance(value, list) and value:
        yield from paths(value[0], (*place, 0))


FREE = ("methods_applied", "labels", "flags")
"""Members whose content is the runtime's or the token's own."""
FOUND = (1.5, "", [], {}, None, True, "\N{SNOWMAN}", -1)


def changed(statement: Any, place: tuple[Any, ...], value: Any) -> Any:
    mutated = copy.deepcopy(statement)
    at = mutated
    for step in place[:-1]:
        at = at[step]
    if value is ...:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    return mutated


def refused(statement: Any) -> bool:
    try:
        parse_statement(canonical_json(statement))
    except ManifestError:
        return True
    return False


def test_a_missing_member_is_refused_by_schema_and_reader(statement: Any) -> None:
    asked = [place for place in paths(statement) if not any(name in place[:-1] for name in FREE)]
    assert len(asked) > 50
    for place in asked:
        mutated = changed(statement, place, ...)
        assert not VALIDATOR.is_valid(mutated), place
        assert refused(mutated), place


def test_what_the_schema_refuses_the_reader_refuses(statement: Any) -> None:
    """The reader knows more (digests that must fit each other), never less."""
    count = 0
    for place in paths(statement):
        for value in FOUND:
            mutated = changed(statement, place, value)
            if not VALIDATOR.is_valid(mutated):
                count += 1
                assert refused(mutated), (place, value)
    assert count > 300


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("artifact_hash",), "sha256:" + "0" * 64),
        (("algorithms",), ["ml-dsa-65", "ed25519"]),
        (("algorithms",), ["ed25519"]),
        (("custody",), "token-native"),
        (("pqc_suite",), None),
        (("keys", 0, "keyid"), "ed25519:0000000000000000"),
        (("keys", 0, "algorithm"), "ml-dsa-65"),
        (("keys", 0, "not_after"), "2024-02-30T00:00:00Z"),
        (("qkd",), {"kme": "vendor", "source_kme": "a", "target_kme": "b", "probed_at": "2024-11-21T10:00:00Z"}),
        (("crypto_mode",), "qkd"),
    ],
)
def test_members_must_fit_each_other(statement: Any, place: tuple[Any, ...], value: Any) -> None:
    assert not refused(statement)
    assert refused(changed(statement, ("predicate", *place), value))


def test_unknown_members_are_ignored_as_in_toto_demands(statement: Any) -> None:
    mutated = changed(statement, ("predicate", "later"), {"x": 1})
    VALIDATOR.validate(mutated)
    assert not refused(mutated)


def test_in_toto_reads_it(house: Any) -> None:
    message = Parse(payload(house.manifest), StatementMessage())
    read = Statement.copy_from_pb(message)
    read.validate()
    assert [subject.name for subject in read.pb.subject] == ["plan.mlir", "results.json", "source.qjob"]
    assert read.pb.predicate_type == "https://qlang.dev/run/v1"


def test_securesystemslib_verifies_the_classical_signature(house: Any) -> None:
    """Its ML-DSA signs something else (TUF TAP 21): Node checks ours, in `test_envelope`."""
    data = json.loads(house.manifest.read_bytes())
    envelope = Envelope.from_dict(copy.deepcopy(data))  # it takes its argument apart
    keys = json.loads(envelope.payload)["predicate"]["keys"]
    spki = base64.b64decode(next(key["spki"] for key in keys if key["algorithm"] == "ed25519"))
    keyid = data["signatures"][0]["keyid"]
    key: Key = SSlibKey(keyid, "ed25519", "ed25519", {"public": spki[-32:].hex()})
    assert set(envelope.verify([key], 1)) == {keyid}
    envelope.payload = envelope.payload.replace(b"bell", b"hell")
    with pytest.raises(Exception, match=r"threshold|signatures"):
        envelope.verify([key], 1)
