"""Random stories of keys: made, rotated, revoked, with and without a root key, and folders that know only part of it.

Two verifiers that share no code read them; they must agree on every run.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from qlang.trust.custody import LEDGER_CHECKPOINT, ROOT, RUN_MANIFEST, KeyRecord
from qlang.trust.errors import TrustError
from qlang.trust.keys.events import COMPROMISED, REASONS, LedgerPlace
from qlang.trust.keys.life import create_key, revoke_key, rotate_key
from qlang.trust.keys.trust import IS_COMPROMISED, load_trust_store
from qlang.trust.times import now
from qlang.trust.verify import verify_run
from tests.trust.verify.house import House, broken, build
from tests.trust.verify.node import ForNode, node_verdicts

PURPOSES = (RUN_MANIFEST, RUN_MANIFEST, LEDGER_CHECKPOINT, ROOT)


@dataclass(frozen=True)
class Told:
    """A run, a folder of keys, and what we say."""

    for_node: ForNode
    verdict: tuple[str, str] | None


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("stories") / "house")


def any_record(random: Random, house: House) -> KeyRecord:
    records = sorted(house.ring.contents().records, key=lambda record: record.public.key_id)
    purpose = random.choice(PURPOSES)
    return random.choice([record for record in records if record.spec.purpose == purpose] or records)


def step(random: Random, house: House) -> str:
    """Let one thing happen to a key; what the store itself refuses does not happen."""
    ring, record = house.ring, any_record(random, house)
    what = random.choice(["rotate", "rotate", "revoke", "revoke", "root", "run"])
    try:
        if what == "rotate":
            rotate_key(ring, record)
        elif what == "revoke":
            reason = random.choice([COMPROMISED, COMPROMISED, *REASONS])
            since: dict[str, Any] = {}
            if reason == COMPROMISED and random.random() < 0.7:
                since["since_time"] = random.choice([None, "2020-01-01T00:00:00Z", "2025-06-01T00:00:00Z"])
                if random.random() < 0.5:
                    since["since_ledger"] = LedgerPlace(
                        random.choice([origin_of(house), "other"]), random.randrange(12)
                    )
            revoke_key(ring, record.public, reason, **since)
        elif what == "root":
            create_key(ring, "ed25519", ROOT, "default")
        else:
            house.seal(f"s{len(list((house.root / 'runs').iterdir()))}", created_at=now())
    except TrustError as refusal:
        shutil.rmtree(house.run(f"s{len(list((house.root / 'runs').iterdir())) - 1}"), ignore_errors=True)
        return f"{what}: {type(refusal).__name__}"
    return what


def origin_of(house: House) -> str:
    return house.receipt().read_text().split("\n\n")[1].split("\n")[0]


def lost_a_root(house: House) -> bool:
    """Whether a root key was stolen: what it alone has signed is believed no more, and is a fault."""
    contents = house.ring.contents()
    roots = [record for record in contents.records if record.spec.purpose == ROOT]
    return any(contents.status(record, now()).state == IS_COMPROMISED for record in roots)


def tell(random: Random, house: House, counts: Counter[str]) -> list[Told]:
    """A story, and folders of keys that know all or part of it."""
    for _ in range(random.randint(1, 6)):
        counts[step(random, house)] += 1
    house.publish()
    told = []
    for number in range(3):
        keys = house.root / f"keys-{number}"
        keys.mkdir()
        for path in sorted(house.public.iterdir()):
            if number == 0 or random.random() < 0.8:
                shutil.copy(path, keys)
        trust = load_trust_store(keys)
        for run in sorted((house.root / "runs").iterdir()):
            checks = verify_run(run, ledger=None, trusted=trust)
            verdict = broken(checks)
            store = [check.detail for check in checks if check.name == "key store"]
            assert number or not store or lost_a_root(house), store  # what the store writes, it believes
            counts["genuine" if verdict is None else f"broken {verdict[0]}"] += 1
            told.append(Told(ForNode(run, keys), verdict))
    return told


def compare(built: House, root: Path, count: int, seed: int) -> None:
    random, counts = Random(seed), Counter[str]()
    told: list[Told] = []
    for number in range(count):
        shutil.copytree(built.root, root / f"{number}")
        told += tell(random, House(root / f"{number}"), counts)
    wrong = [
        f"{one.for_node}: {one.verdict}, Node {node['broken']}"
        for one, node in zip(told, node_verdicts([one.for_node for one in told]), strict=True)
        if node["ok"] != (one.verdict is None)
    ]
    print(f"\n{count} stories, {len(told)} verdicts, {len(wrong)} disagreements:", dict(sorted(counts.items())))
    assert wrong == []
    assert counts["genuine"]
    assert counts["broken key"]
    assert counts["broken checkpoint"]


def test_two_verifiers_read_the_same_stories(built: House, tmp_path: Path) -> None:
    compare(built, tmp_path, 12, seed=7)


@pytest.mark.slow
def test_two_verifiers_read_four_hundred_stories(built: House, tmp_path: Path) -> None:
    compare(built, tmp_path, 400, seed=8)
