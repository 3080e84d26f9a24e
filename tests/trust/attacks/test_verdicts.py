"""Runs that are consistent in themselves, and still not what they are shown for."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from qlang.compiler.cli import main
from qlang.trust.algorithms import generate_secret, software_key
from qlang.trust.custody import LEDGER_CHECKPOINT, RUN_MANIFEST
from qlang.trust.envelope import SigningKey
from qlang.trust.keys.events import COMPROMISED
from qlang.trust.keys.life import revoke_key
from qlang.trust.ledger.notes import log_key, signature_line, witness_key
from qlang.trust.ledger.store import open_ledger
from qlang.trust.policy.model import LogTrust, Policy, Witnesses
from qlang.trust.verification import recorded
from qlang.trust.verification.chain import first_broken
from qlang.trust.verify import verify_run
from tests.trust.verify.forging import LOG, OwnSigner, reissue, run_keys
from tests.trust.verify.house import House, build, write
from tests.trust.verify.node import VERIFIER, node_verdicts
from tests.trust.verify.spoiling import edit_ledger
from tests.trust.verify.test_links import ForNode


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("verdicts") / "house")


@pytest.fixture
def house(built: House, tmp_path: Path) -> House:
    shutil.copytree(built.root, tmp_path / "house")
    return House(tmp_path / "house")


def link(house: House, *, with_ledger: bool = False, **options: Any) -> str | None:
    ledger = house.ledger if with_ledger else None
    broken = first_broken(verify_run(house.run(), ledger=ledger, trusted=house.trust, **options))
    return None if broken is None else broken.link


def open_origin(house: House) -> str:
    with open_ledger(house.ledger) as ledger:
        return ledger.origin


def revoke(house: House, purpose: str, **since: Any) -> None:
    record = house.ring.contents().of(purpose, "default", "ed25519")[0]
    with open_ledger(house.ledger) as ledger, ledger.transaction() as step:
        revoke_key(house.ring, record.public, COMPROMISED, log=step, **since)
    house.publish()


def test_a_stolen_key_of_the_log_makes_no_receipts(house: House) -> None:
    """A checkpoint shows no time: whoever has the key since yesterday may sign a tree of last year."""
    revoke(house, LEDGER_CHECKPOINT, since_time="2025-01-01T00:00:00Z")
    reissue(house)  # a receipt by the stolen key, made after the theft
    assert link(house) == "checkpoint"
    if VERIFIER.exists():
        assert not node_verdicts([ForNode(house.run(), house.public)])[0]["ok"]


def test_a_policy_does_not_keep_a_stolen_key_of_the_log(house: House) -> None:
    origin = open_origin(house)
    keys = tuple(log_key(origin, key.public).vkey for key in run_keys(house, LOG, LEDGER_CHECKPOINT))
    policy = Policy(log=LogTrust((origin,), keys))
    assert link(house, policy=policy) is None
    revoke(house, LEDGER_CHECKPOINT, since_time="2025-01-01T00:00:00Z")
    assert link(house, policy=policy) == "checkpoint"


def test_one_key_under_two_names_is_one_witness(house: House) -> None:
    key = software_key("ed25519", generate_secret("ed25519"))
    names = [witness_key(f"witness.example/{number}", key.public) for number in (1, 2)]
    receipt = house.receipt().read_text()
    text = receipt.split("\n\n")[1] + "\n"
    lines = []
    for name in names:
        signer = OwnSigner("unused", SigningKey(key.public, key.sign))
        signer.key = name
        lines.append(signature_line(text, signer, timestamp=1_700_000_000))
    write(house.receipt(), (receipt + "".join(lines)).encode())
    keys = tuple(name.vkey for name in names)
    assert link(house, policy=Policy(witnesses=Witnesses(keys, 1))) is None
    assert link(house, policy=Policy(witnesses=Witnesses(keys, 2))) == "checkpoint"


def test_another_run_in_the_place_of_the_run(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Genuine, but not the one that was asked for."""
    assert link(house, run_id="r1") is None
    shutil.rmtree(house.run("r1"))
    shutil.copytree(house.run("r0"), house.run("r1"))
    assert link(house, run_id="r1") == "file"
    assert link(house) is None
    project = tmp_path / ".qlang"
    project.mkdir()
    shutil.copytree(house.root / "runs", project / "runs")
    shutil.copy(house.ledger, project)
    assert main(["verify", "--keys", str(house.public), str(project / "runs" / "r0")]) == 0
    assert main(["verify", "--keys", str(house.public), str(project / "runs" / "r1")]) == 1
    assert "run is r0" in capsys.readouterr().out


def hide(house: House, *, kind: bool) -> None:
    """Take a revocation out of a ledger: from its index of kinds, or the entry itself."""
    with sqlite3.connect(house.ledger) as connection:
        (index,) = connection.execute("SELECT idx FROM entry WHERE kind = 'key-revoked'").fetchone()
    connection.close()
    if kind:
        edit_ledger(house.ledger, ("UPDATE entry SET kind = 'run' WHERE idx = ?", (index,)))
    else:
        data = b'{"body":{"reasons":["x"]},"kind":"refusal"}'
        edit_ledger(house.ledger, ("UPDATE entry SET kind = 'refusal', data = ? WHERE idx = ?", (data, index)))


@pytest.mark.parametrize("kind", [True, False])
@pytest.mark.parametrize("large", [True, False])
def test_a_revocation_hidden_in_a_ledger(
    kind: bool, large: bool, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoke(house, RUN_MANIFEST)
    for event in house.public.glob("*.revoked.*"):
        event.unlink()
    monkeypatch.setattr(recorded, "DEEP_ENTRIES", 2 if large else 4096)
    assert link(house, with_ledger=True) == "key"
    hide(house, kind=kind)
    assert link(house, with_ledger=True) == "ledger"
