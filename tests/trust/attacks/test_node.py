"""The verifier in Node believes no more of key events than the one in Python."""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from qlang.trust.custody import LEDGER_CHECKPOINT, ROOT
from qlang.trust.keys.events import SignedEvent, dump_event
from qlang.trust.keys.paths import event_name, public_name
from qlang.trust.keys.trust import load_trust_store
from qlang.trust.spki import to_pem
from qlang.trust.verify import verify_run
from tests.trust.keys.samples import EARLY, LATE, MIDDLE, Person, person
from tests.trust.verify.forging import run_keys
from tests.trust.verify.house import House, build
from tests.trust.verify.node import VERIFIER, node_verdicts
from tests.trust.verify.test_links import ForNode, broken

pytestmark = pytest.mark.skipif(not VERIFIER.exists(), reason="without Node")
TIMES = (EARLY, "2024-11-21T10:00:00Z", "2024-11-21T10:00:01Z", MIDDLE, LATE)
CASES = 250
MALLORY = person()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("node") / "house")


@pytest.fixture(scope="module")
def people(house: House) -> list[Person]:
    """The keys of a run and of its log, two strangers of each kind, two roots."""
    signer, log = run_keys(house, ("ed25519",))[0], run_keys(house, ("ed25519",), LEDGER_CHECKPOINT)[0]
    own = [Person(signer), Person(log, LEDGER_CHECKPOINT)]  # type: ignore[arg-type]  # they sign as software keys do
    return [*own, person(), person(), person(ROOT), person(ROOT), person(LEDGER_CHECKPOINT)]


def keys_with(house: House, folder: Path, events: list[SignedEvent], trusted: list[Person]) -> ForNode:
    shutil.copytree(house.public, folder)
    for event in events:
        path = folder / event_name(event.event.key.key_id, event.name, event.digest)
        path.write_bytes(dump_event(event))
    for one in trusted:
        (folder / public_name(one.key.key_id)).write_text(to_pem(one.key.spki))
    return ForNode(house.run(), folder)


def agree(cases: list[ForNode]) -> list[bool]:
    python = [broken(verify_run(case.run, ledger=None, trusted=load_trust_store(case.keys))) for case in cases]
    node = [verdict["ok"] for verdict in node_verdicts(cases)]
    assert node == [found is None for found in python]
    return node


Story = Callable[[list[Person]], list[SignedEvent]]
STORIES: dict[str, Story] = {
    "a root that a rotation makes by its own word": lambda p: [p[4].created(), p[4].rotated_to(p[5], (p[5],))],
    "two roots that make each other": lambda p: [
        p[4].created(),
        p[4].rotated_to(p[5], (p[5], Person(p[3].private, ROOT))),
        p[4].rotated_to(Person(p[3].private, ROOT), (p[5], p[3])),
    ],
    "a key that is its own successor": lambda p: [p[0].rotated_to(p[0])],
    "a lost key that dates its rotation back": lambda p: [
        p[4].created(),
        p[0].revoked("lost", (p[4],), at=LATE),
        p[0].rotated_to(MALLORY, at=EARLY),
    ],
    "a rotation to another tenant": lambda p: [p[2].rotated_to(MALLORY, tenant="bank")],
    "a statement by a root in a key's place": lambda p: [p[4].created(), p[0].created((p[4],))],
}


@pytest.mark.parametrize("name", STORIES)
def test_what_a_thief_would_like(name: str, house: House, people: list[Person], tmp_path: Path) -> None:
    case = keys_with(house, tmp_path / "keys", STORIES[name](people), people[2:6])
    assert agree([case]) == [False]


def test_stories_made_at_random(house: House, people: list[Person], tmp_path: Path) -> None:
    random, cases = Random(11), []
    for number in range(CASES):
        events = [story(random, people) for _ in range(random.choice([1, 1, 2, 2, 3, 4]))]
        trusted = [one for one in people[2:] if random.random() < 0.5]
        cases.append(keys_with(house, tmp_path / str(number), events, trusted))
    verdicts = agree(cases)
    assert CASES // 5 < sum(verdicts) < CASES * 4 // 5


def story(random: Random, people: list[Person]) -> SignedEvent:
    one, at = random.choice(people), random.choice(TIMES)
    match random.choice(("created", "rotated", "rotated", "revoked", "revoked")):
        case "created":
            changes = {"not_after": at} if random.random() < 0.3 else {}
            purpose = random.choice((one.purpose, one.purpose, ROOT))
            return one.created((random.choice((one, one, random.choice(people))),), purpose=purpose, **changes)
        case "rotated":
            heir = random.choice(people)
            signers = [person for person in people if random.random() < (0.85 if person in (one, heir) else 0.15)]
            return one.rotated_to(heir, tuple(signers[:4]) or (one,), at=at)
        case _:
            reason = random.choice(("compromised", "compromised", "lost", "retired", "superseded"))
            since = {"since_time": random.choice(TIMES)} if reason == "compromised" and random.random() < 0.6 else {}
            roots = tuple(root for root in people[4:6] if random.random() < 0.4)
            return one.revoked(reason, (*roots, *((one,) if random.random() < 0.8 else ())) or (one,), at=at, **since)
