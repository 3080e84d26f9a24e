"""Runs by keys that were rotated, revoked, exchanged or used for something else; Node agrees each time."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from qlang.trust.algorithms import signature_fault
from qlang.trust.canonical import canonical_json
from qlang.trust.custody import LEDGER_CHECKPOINT, ROOT, RUN_MANIFEST, KeyRecord
from qlang.trust.errors import TrustError
from qlang.trust.keys.events import COMPROMISED, RETIRED, LedgerPlace
from qlang.trust.keys.life import Validity, create_key, revoke_key, rotate_key
from qlang.trust.ledger.store import open_ledger
from qlang.trust.policy.model import Policy, Section
from qlang.trust.times import now
from qlang.trust.verification.chain import first_broken
from tests.trust.verify.forging import reissue, run_keys
from tests.trust.verify.house import House, broken, build, write
from tests.trust.verify.node import ForNode, node_verdicts
from tests.trust.verify.spoiling import encode, mutated, read

OLD, FUTURE = "2020-01-01T00:00:00Z", "9998-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("life") / "house")


@pytest.fixture
def house(built: House, tmp_path: Path) -> House:
    shutil.copytree(built.root, tmp_path / "house")
    return House(tmp_path / "house")


def key_of(house: House, algorithm: str = "ed25519", purpose: str = RUN_MANIFEST) -> KeyRecord:
    return house.ring.contents().of(purpose, "default", algorithm)[0]


def verdict(house: House, run_id: str = "r1", *, with_ledger: bool = False) -> str | None:
    """The broken link by the receipt alone; Node must agree."""
    found = broken(house.verify(run_id, with_ledger=False))
    (node,) = node_verdicts([ForNode(house.run(run_id), house.public)])
    assert node["ok"] == (found is None), node["broken"]
    if with_ledger:
        found = broken(house.verify(run_id))
    return None if found is None else found[0]


def revoke(house: House, record: KeyRecord, reason: str, **since: Any) -> None:
    with open_ledger(house.ledger) as ledger, ledger.transaction() as step:
        revoke_key(house.ring, record.public, reason, log=step, **since)
    house.publish()


def rotate(house: House, record: KeyRecord) -> KeyRecord:
    with open_ledger(house.ledger) as ledger, ledger.transaction() as step:
        new, _ = rotate_key(house.ring, record, log=step)
    house.publish()
    return new


def place_of(house: House, run_id: str) -> LedgerPlace:
    place = json.loads(read(house.manifest(run_id)).payload)["predicate"]["ledger"]
    return LedgerPlace(place["origin"], place["index"])


def advice(house: House) -> str:
    found = first_broken(house.verify("r1", with_ledger=False))
    assert found is not None and found.link == "key"
    return found.advice


def test_advice_fits_what_is_wrong_with_the_key(house: House, tmp_path: Path) -> None:
    """Nobody is sent for public keys where the key is here and has ended."""
    revoke(house, key_of(house), COMPROMISED)
    assert "count no more" in advice(house) and "run and signed again" in advice(house)
    assert "--keys" not in advice(house)
    for path in house.public.iterdir():
        path.unlink()
    write(house.public / "odd.event.dsse.json", b"{}")
    assert "get that file anew" in advice(house)
    (house.public / "odd.event.dsse.json").unlink()
    assert "--keys" in advice(house), "keys that are not here are to be had from the signer"


def test_a_retired_key_has_signed_what_it_has_signed(house: House) -> None:
    revoke(house, key_of(house), RETIRED)
    assert verdict(house, with_ledger=True) is None


def test_a_compromised_key_counts_for_nothing(house: House) -> None:
    revoke(house, key_of(house), COMPROMISED)
    assert verdict(house, with_ledger=True) == "key"


@pytest.mark.parametrize(("run_id", "link"), [("r0", None), ("r1", "key"), ("r2", "key")])
def test_a_key_compromised_since_an_entry(run_id: str, link: str | None, house: House) -> None:
    revoke(house, key_of(house), COMPROMISED, since_ledger=place_of(house, "r1"))
    assert verdict(house, run_id) == link


@pytest.mark.parametrize(("since", "link"), [(OLD, "key"), ("2026-01-01T00:00:00Z", None)])
def test_a_key_compromised_since_a_time(since: str, link: str | None, house: House) -> None:
    revoke(house, key_of(house), COMPROMISED, since_time=since)
    assert verdict(house) == link


def test_a_compromised_key_of_the_log(house: House) -> None:
    revoke(house, key_of(house, purpose=LEDGER_CHECKPOINT), COMPROMISED)
    assert verdict(house) == "checkpoint"


@pytest.mark.parametrize("purpose", [RUN_MANIFEST, LEDGER_CHECKPOINT])
def test_a_revocation_that_was_taken_away_from_the_keys(purpose: str, house: House) -> None:
    """Without the ledger nobody can know; the ledger remembers it."""
    revoke(house, key_of(house, purpose=purpose), COMPROMISED)
    (event,) = house.public.glob("*.revoked.*")
    event.unlink()
    assert verdict(house) is None
    assert verdict(house, with_ledger=True) == "key"


def spoil_signature(path: Path) -> None:
    value = json.loads(path.read_bytes())
    signature = value["signatures"][0]["sig"]
    value["signatures"][0]["sig"] = ("B" if signature[0] == "A" else "A") + signature[1:]
    write(path, json.dumps(value, separators=(",", ":"), sort_keys=True).encode())


@pytest.mark.parametrize("event", ["created", "revoked", "rotated"])
def test_an_event_about_a_trusted_key_must_hold(event: str, house: House) -> None:
    """A spoiled revocation is not passed over as if it were none."""
    rotate(house, key_of(house, "ml-dsa-65"))
    revoke(house, key_of(house), RETIRED)
    assert verdict(house) is None
    spoil_signature(next(house.public.glob(f"*.{event}.*")))
    assert verdict(house) == "key"


@pytest.mark.parametrize("keep", [True, False])
def test_a_rotated_key(keep: bool, house: House) -> None:
    """What the old key signed stays; the new one is trusted because the old one says so, with or without its file."""
    new = rotate(house, key_of(house))
    house.seal("r7", created_at=now())
    if not keep:
        next(path for path in house.public.glob("*.pub.pem") if ".run-manifest.ed25519.2" in path.name).unlink()
    assert new.public.key_id in house.manifest("r7").read_text()
    assert verdict(house, "r1", with_ledger=True) is None
    assert verdict(house, "r7", with_ledger=True) is None


def test_a_key_that_has_a_successor_signs_no_more(house: House) -> None:
    (old, other) = run_keys(house)
    rotate(house, key_of(house))
    at = "2030-01-01T00:00:00Z"
    reissue(house, lambda value: value["predicate"].update(created_at=at), keys=[old, other])
    assert verdict(house) == "key"


def test_a_successor_that_the_old_key_did_not_sign(house: House, tmp_path: Path) -> None:
    """A thief of the folder adds keys and a rotation of his own."""
    thief = build(tmp_path / "thief")
    rotate(thief, key_of(thief))
    for path in thief.public.glob("*.rotated.*"):
        write(house.public / path.name, path.read_bytes())
    assert verdict(house) is None  # about a key that nobody trusts here
    value = json.loads(next(house.public.glob("*.rotated.*")).read_bytes())
    mine = run_keys(house)[0].public
    statement = json.loads(base64.b64decode(value["payload"]))
    statement["key"] |= {"keyid": mine.key_id, "spki": base64.b64encode(mine.spki).decode()}
    value["payload"] = base64.b64encode(canonical_json(statement)).decode()
    write(next(house.public.glob("*.rotated.*")), canonical_json(value))
    assert verdict(house) == "key"


def test_a_root_key_speaks_for_the_others(house: House) -> None:
    create_key(house.ring, "ml-dsa-44", ROOT, "default")
    revoke(house, key_of(house), COMPROMISED, since_ledger=place_of(house, "r2"))
    rotate(house, key_of(house, "ml-dsa-65"))
    assert verdict(house, "r1") is None
    assert verdict(house, "r2") == "key"


def with_keys(house: House, records: list[KeyRecord]) -> Callable[[Any], None]:
    """A statement that names other keys of the store, truthfully."""

    def change(statement: Any) -> None:
        run = statement["predicate"]
        for entry, record in zip(run["keys"], records, strict=True):
            entry |= {"keyid": record.public.key_id, "spki": encode(record.public.spki)}
            entry |= {"generation": record.spec.generation, "not_before": record.spec.not_before}
            entry["not_after"] = record.spec.not_after

    return change


@pytest.mark.parametrize(
    ("validity", "link"),
    [
        (Validity(OLD, "2021-01-01T00:00:00Z"), "key"),
        (Validity("2026-11-21T00:00:00Z", FUTURE), "key"),
        (Validity(OLD, FUTURE), None),
    ],
)
def test_the_validity_of_a_key(validity: Validity, link: str | None, house: House) -> None:
    """Expired, not yet valid, and valid when the run was made."""
    record = create_key(house.ring, "ed25519", RUN_MANIFEST, "default", validity=validity)
    house.publish()
    records = [record, key_of(house, "ml-dsa-65")]
    reissue(house, with_keys(house, records), keys=[house.ring.signer(each) for each in records])
    assert verdict(house) == link


def test_a_key_that_is_for_something_else(house: House) -> None:
    records = [key_of(house, purpose=LEDGER_CHECKPOINT), key_of(house, "ml-dsa-65")]
    reissue(house, with_keys(house, records), keys=[house.ring.signer(each) for each in records])
    assert verdict(house) == "key"


def test_a_run_that_claims_a_better_custody_than_its_key(house: House) -> None:
    def claim(statement: Any) -> None:
        run = statement["predicate"]
        run["custody"] = "token-native"
        for key in run["keys"]:
            key |= {"custody": "token-native", "probe": {"verdict": "non_extractable: enforced", "flags": {}}}

    reissue(house, claim)
    assert verdict(house) == "key"
    assert broken(house.verify(policy=Policy(defaults=Section(production=True)))) is not None


def test_a_tenant_has_keys_of_its_own(house: House) -> None:
    policy = Policy(tenants={"default": Section(), "lab": Section()})
    assert broken(house.verify(policy=policy)) is None
    reissue(house, lambda statement: statement["predicate"].update(tenant="lab"))
    assert verdict(house) is None  # no policy that lists tenants
    assert broken(house.verify(policy=policy)) == ("key", f"key {run_keys(house)[0].public.key_id}")


def test_the_age_of_a_key(house: House) -> None:
    assert broken(house.verify(policy=Policy(defaults=Section(max_key_age=60)))) == (
        "policy",
        "policy defaults.max_key_age",
    )


@pytest.mark.parametrize("name", ["ed25519", "ml-dsa-65"])
def test_a_changed_key_file_signs_nothing_false(name: str, house: House) -> None:
    """Any byte of the private key's file: refused, or the same key signs the same."""
    record = key_of(house, name)
    path, random, refused = house.paths.private(record.spec), Random(5), 0
    original = path.read_bytes()
    for _ in range(150):
        path.write_bytes(mutated(random, original))
        try:
            (found,) = house.ring.select(RUN_MANIFEST, "default", (name,), now(), create=False)
            signature = house.ring.sign(found, b"message")
        except TrustError:
            refused += 1
            continue
        assert found == record  # white space or an unknown member
        assert signature_fault(record.public, b"message", signature) is None
    path.write_bytes(original)
    print(f"\nkey file of {name}: 150 changes, {refused} refused, {150 - refused} without meaning")
    assert refused == 150
