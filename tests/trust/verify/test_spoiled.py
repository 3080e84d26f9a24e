"""Tampering: whatever is changed in a run, its receipt, its keys or its ledger is detected, and nothing crashes.

Each class of changes and each position in a file is drawn at random from a fixed seed. The verifier in Node, which
shares no code with ours, must say the same of every case that it can see: all but those of the ledger's file.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from qlang.trust.algorithms import SoftwareKey, generate_secret, software_key
from qlang.trust.keys.trust import TrustStore, load_trust_store
from qlang.trust.ledger.store import open_ledger
from qlang.trust.verification.chain import BrokenLink, first_broken
from qlang.trust.verify import verify_run
from tests.trust.verify.catalogue import CLASSES, LEDGER_CLASSES
from tests.trust.verify.house import HYBRID, House, build
from tests.trust.verify.node import ForNode, node_verdicts
from tests.trust.verify.spoiling import Case, Spoil, mutated, new_case

BATCH = 500
"""Cases that lie on the disk at one time."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("spoiled") / "house")


@pytest.fixture(scope="module")
def strangers() -> tuple[SoftwareKey, ...]:
    return tuple(software_key(name, generate_secret(name)) for name in HYBRID)


def verdict(case: Case, trust: TrustStore, ledger: Path | None) -> BrokenLink | None:
    """Ours. Any exception is a failure of the test."""
    own = trust if keys_are_linked(case) else load_trust_store(case.keys)
    checks = verify_run(case.run, ledger=ledger, trusted=own)
    for check in checks:
        f"{check.name}: {check.detail}".encode()  # can be printed
    return first_broken(checks)


def keys_are_linked(case: Case) -> bool:
    """Whether the keys are those of the house, so that they need not be read again."""
    ours = {path.name: path.stat().st_ino for path in case.house.public.iterdir()}
    return ours == {path.name: path.lstat().st_ino for path in case.keys.iterdir()}


def for_node(case: Case) -> ForNode:
    """The case, with the folder of the house where its keys are those: Node reads a folder once."""
    return ForNode(case.run, case.house.public if keys_are_linked(case) else case.keys)


def draw(random: Random, classes: Mapping[str, tuple[int, Spoil]]) -> str:
    return random.choices(list(classes), [weight for weight, _ in classes.values()])[0]


def spoil_many(
    house: House, strangers: tuple[SoftwareKey, ...], root: Path, count: int, seed: int
) -> tuple[Counter[str], Counter[str], list[str]]:
    """Cases by class, first broken links, and what went wrong."""
    random, trust = Random(seed), house.trust
    classes, links, wrong = Counter[str](), Counter[str](), list[str]()
    for start in range(0, count, BATCH):
        cases: list[tuple[str, Case, bool]] = []
        for number in range(start, min(start + BATCH, count)):
            name = draw(random, CLASSES)
            case = new_case(root / f"{number}", house, strangers, ledger=False)
            CLASSES[name][1](random, case)
            broken = verdict(case, trust, None)
            classes[name] += 1
            links[broken.link if broken else "none"] += 1
            if broken is None:
                wrong.append(f"not detected: {name}, case {number}")
            cases.append((f"{name}, case {number}", case, broken is None))
        for (name, case, genuine), node in zip(
            cases, node_verdicts([for_node(case) for _, case, _ in cases]), strict=True
        ):
            if node["ok"] != genuine:
                wrong.append(
                    f"Node says {node['broken']}, we say {'genuine' if genuine else 'broken'}: {name}, {case.root}"
                )
    return classes, links, wrong


def report(title: str, classes: Counter[str], links: Counter[str]) -> None:
    print(f"\n{title}: {sum(classes.values())} changes, {links['none']} undetected")
    print("  by class:", dict(sorted(classes.items())))
    print("  first broken link:", dict(sorted(links.items())))


def test_a_genuine_case_is_genuine(house: House, strangers: tuple[SoftwareKey, ...], tmp_path: Path) -> None:
    case = new_case(tmp_path / "case", house, strangers, ledger=True)
    assert verdict(case, house.trust, case.ledger) is None
    assert verdict(case, load_trust_store(case.keys), None) is None
    assert [node["broken"] for node in node_verdicts([case])] == [None]


def test_changes_are_detected(house: House, strangers: tuple[SoftwareKey, ...], tmp_path: Path) -> None:
    classes, links, wrong = spoil_many(house, strangers, tmp_path, 300, seed=1)
    report("run, receipt and keys", classes, links)
    assert wrong == []


@pytest.mark.slow
def test_ten_thousand_changes_are_detected(house: House, strangers: tuple[SoftwareKey, ...], tmp_path: Path) -> None:
    classes, links, wrong = spoil_many(house, strangers, tmp_path, 10_000, seed=2)
    report("run, receipt and keys", classes, links)
    assert set(classes) == set(CLASSES)
    assert wrong == []


def contents(ledger: Path) -> list[object]:
    """Everything that a ledger says; not how SQLite lays it out, and not what is kept so that retries are answered."""
    connection = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
    try:
        tables = ("meta", "entry", "node", "checkpoint")
        found: list[object] = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
        return [*found, connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()]
    finally:
        connection.close()


def spoil_ledgers(house: House, strangers: tuple[SoftwareKey, ...], root: Path, count: int, seed: int) -> None:
    """What is not detected must be proven to change nothing: every row of the ledger is as it was."""
    random, trust, genuine = Random(seed), house.trust, contents(house.ledger)
    classes, links, void = Counter[str](), Counter[str](), 0
    for number in range(count):
        name = draw(random, LEDGER_CLASSES)
        case = new_case(root / f"{number}", house, strangers, ledger=True)
        LEDGER_CLASSES[name][1](random, case)
        broken = verdict(case, trust, case.ledger)
        classes[name] += 1
        if broken is None:
            assert contents(case.ledger) == genuine, f"{name}, case {number}"
            void += 1
            continue
        links[broken.link] += 1
    report("ledger", classes, links)
    print(f"  changed bytes that change nothing: {void}")
    assert set(links) <= {"ledger", "key"}


def test_changes_of_the_ledger_are_detected(house: House, strangers: tuple[SoftwareKey, ...], tmp_path: Path) -> None:
    spoil_ledgers(house, strangers, tmp_path, 60, seed=3)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Path]:
    """A house whose last two runs were only in SQLite's write-ahead log when its ledger was copied."""
    house = House(tmp_path_factory.mktemp("live") / "house")
    house.root.mkdir()
    house.seal("r0")
    copied = house.root / "copied"
    copied.mkdir()
    with open_ledger(house.ledger) as ledger:
        house.seal("r1")
        house.seal("r2")
        assert ledger.size() > 0  # the connection that keeps the log from being merged
        for suffix in ("", "-wal"):
            name = house.ledger.name + suffix
            (copied / name).write_bytes(house.ledger.with_name(name).read_bytes())
    return house, copied


def test_changes_of_the_write_ahead_log_are_detected(
    live: tuple[House, Path], strangers: tuple[SoftwareKey, ...], tmp_path: Path
) -> None:
    """SQLite ends the log where it is damaged: what passes is the ledger before r2, which holds r1 as it was."""
    house, copied = live
    random, trust, genuine = Random(6), house.trust, contents(house.ledger)
    links, void = Counter[str](), 0
    for number in range(60):
        case = new_case(tmp_path / f"{number}", house, strangers, ledger=False)
        for path in copied.iterdir():
            (case.root / path.name).write_bytes(path.read_bytes())
        if number:
            log = case.ledger.with_name(case.ledger.name + "-wal")
            log.write_bytes(mutated(random, log.read_bytes()))
        broken = verdict(case, trust, case.ledger)
        if broken is not None:
            links[broken.link] += 1
            continue
        void += 1
        for found, whole in zip(contents(case.ledger)[1:4], genuine[1:4], strict=True):
            assert set(found) <= set(whole)  # type: ignore[call-overload]  # rows of a table
    print(f"\nwrite-ahead log: 59 changes, {sum(links.values())} detected, {void - 1} leave this run's part as it was")
    assert set(links) == {"ledger"}


@pytest.mark.slow
def test_two_thousand_changes_of_the_ledger_are_detected(
    house: House, strangers: tuple[SoftwareKey, ...], tmp_path: Path
) -> None:
    spoil_ledgers(house, strangers, tmp_path, 2_000, seed=4)
