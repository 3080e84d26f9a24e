"""Each link of the chain, broken on its own; the first one is named, and the verifier in Node agrees."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.algorithms import generate_secret, software_key
from qlang.trust.canonical import canonical_json, sha256_digest
from qlang.trust.custody import LEDGER_CHECKPOINT
from qlang.trust.envelope import Envelope, dump_envelope
from qlang.trust.keys.trust import TrustStore
from qlang.trust.ledger.notes import log_key, signature_line, witness_key
from qlang.trust.policy.model import LogTrust, Policy, Section, Witnesses
from qlang.trust.verification import recorded
from qlang.trust.verification.chain import ADVICE, LINKS, first_broken, link_of
from qlang.trust.verify import verify_run
from tests.trust.verify.catalogue import LEDGER_EDITS
from tests.trust.verify.forging import LOG, OwnSigner, reissue, replaced, run_keys
from tests.trust.verify.house import House, broken, build, write
from tests.trust.verify.node import VERIFIER, ForNode, node, node_verdicts
from tests.trust.verify.spoiling import edit_ledger, encode, read


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("links") / "house")


@pytest.fixture
def house(built: House, tmp_path: Path) -> House:
    shutil.copytree(built.root, tmp_path / "house")
    return House(tmp_path / "house")


def node_says(house: House, run_id: str = "r1") -> bool:
    return bool(node_verdicts([ForNode(house.run(run_id), house.public)])[0]["ok"])


def strip(house: House) -> None:
    envelope = read(house.manifest())
    write(house.manifest(), dump_envelope(Envelope(envelope.payload, envelope.signatures[:1])))


def strangers(house: House) -> None:
    def claim(statement: Any) -> None:
        for key, mine in zip(statement["predicate"]["keys"], made, strict=True):
            key |= {"keyid": mine.public.key_id, "spki": encode(mine.public.spki)}

    made = [software_key(name, generate_secret(name)) for name in ("ed25519", "ml-dsa-65")]
    reissue(house, claim, keys=made)  # type: ignore[arg-type]  # signs as a SigningKey does


BREAKS: dict[str, tuple[Callable[[House], object], str, bool]] = {
    "file": (lambda house: write(house.manifest(), house.manifest().read_bytes()[:-9]), "envelope", True),
    "subject": (lambda house: write(house.run() / "plan.mlir", b"other"), "subject plan.mlir", True),
    "statement": (lambda house: reissue(house, spell=lambda value: json.dumps(value).encode()), "statement", True),
    "signature": (strip, "signature ml-dsa-65", True),
    "key": (strangers, "key ed25519:", True),
    "ledger": (lambda house: write(house.receipt(), house.receipt("r0").read_bytes()), "receipt", True),
    "checkpoint": (lambda house: [path.unlink() for path in house.public.glob("*checkpoint*")], "checkpoint", True),
}
"""Link → how to break it, the check that fails, and whether Node sees it."""


@pytest.mark.parametrize("link", BREAKS)
def test_the_first_broken_link_is_named(link: str, house: House) -> None:
    assert broken(house.verify()) is None
    assert node_says(house)
    how, name, seen = BREAKS[link]
    how(house)
    found = first_broken(house.verify(with_ledger=False))
    assert found is not None
    assert (found.link, found.check.name[: len(name)]) == (link, name)
    assert found.text.startswith(f"first broken link: {link}: {name}")
    assert found.text.endswith(ADVICE[link])
    assert "\n" not in found.text
    assert node_says(house) is not seen


def test_of_several_broken_links_the_first(house: House) -> None:
    write(house.receipt(), b"")
    house.ledger.unlink()
    policy = Policy(defaults=Section(production=True))
    assert broken(house.verify(policy=policy)) == ("policy", "policy defaults.production")
    strip(house)
    assert broken(house.verify(policy=policy)) == ("signature", "signature ml-dsa-65")
    write(house.run() / "results.json", b"{}")
    assert broken(house.verify(policy=policy)) == ("subject", "subject results.json")


def test_every_check_belongs_to_a_link(house: House) -> None:
    (house.run() / "extra").write_bytes(b"")
    checks = house.verify(policy=Policy(defaults=Section(modes=("hybrid",)), witnesses=Witnesses(threshold=1)))
    assert {link_of(check) for check in checks} == {*LINKS, "note"}


def test_nothing_at_all(tmp_path: Path) -> None:
    assert broken(verify_run(tmp_path / "none", ledger=None)) == ("file", "envelope")
    assert broken(verify_run(tmp_path / "none", ledger=tmp_path / "none.sqlite")) == ("file", "envelope")


def test_a_folder_in_another_place_needs_no_ledger(house: House, tmp_path: Path) -> None:
    shutil.copytree(house.run(), tmp_path / "elsewhere")
    checks = verify_run(tmp_path / "elsewhere", ledger=None, trusted=house.trust)
    assert broken(checks) is None
    assert "note run id" in {check.name for check in checks}


def test_any_key_shows_integrity_only(house: House) -> None:
    strangers(house)
    checks = {check.name: check for check in house.verify(any_key=True)}
    assert broken(tuple(checks.values())) is None
    assert "not checked" in checks["key"].detail
    assert "not checked" in checks["checkpoint"].detail
    assert node("--any-key", str(house.run())).returncode == 0
    assert node("--keys", str(house.public), str(house.run())).returncode == 1
    assert broken(verify_run(house.run(), ledger=None, trusted=TrustStore(()))) is not None


# --- signatures and algorithms


@pytest.mark.parametrize(
    ("mode", "algorithms"),
    [
        ("classical", ("ecdsa-p256",)),
        ("classical", ("ed25519",)),
        ("hybrid", ("rsa-pss-3072", "ml-dsa-44")),
        ("hybrid", ("ecdsa-p256", "ml-dsa-87")),
        ("pqc_required", ("slh-dsa-sha2-128f",)),
        ("pqc_required", ("ml-dsa-65", "slh-dsa-sha2-128s")),
    ],
)
def test_all_algorithms(mode: str, algorithms: tuple[str, ...], house: House) -> None:
    house.seal("r7", algorithms, crypto_mode=mode)
    assert broken(house.verify("r7")) is None
    assert node_says(house, "r7")
    assert node("--keys", str(house.public), "--require", ",".join(algorithms), str(house.run("r7"))).returncode == 0
    envelope = read(house.manifest("r7"))
    spoiled = replace(envelope.signatures[-1], value=envelope.signatures[-1].value[:-1] + b"\0\0"[:1])
    if spoiled == envelope.signatures[-1]:
        spoiled = replace(spoiled, value=spoiled.value[:-1] + b"\1")
    write(house.manifest("r7"), dump_envelope(Envelope(envelope.payload, (*envelope.signatures[:-1], spoiled))))
    assert broken(house.verify("r7")) == ("signature", f"signature {algorithms[-1]}")
    assert not node_says(house, "r7")


def test_the_verifier_demands_more_than_the_run(house: House) -> None:
    policy = Policy(defaults=Section(require={"hybrid": ("ed25519", "slh-dsa-sha2-128s")}))
    assert broken(house.verify(policy=policy)) == ("signature", "algorithms")
    demanded = "ed25519,slh-dsa-sha2-128s"
    assert node("--keys", str(house.public), "--require", demanded, str(house.run())).returncode == 1


@pytest.mark.parametrize(("mode", "kept"), [("hybrid", 0), ("hybrid", 1), ("pqc_required", 0), ("classical", 1)])
def test_a_mode_that_its_signatures_do_not_serve(mode: str, kept: int, house: House) -> None:
    """Made by the owner of the keys: consistent, recorded, and still not what the mode promises."""

    def weaken(statement: Any) -> None:
        run = statement["predicate"]
        run |= {"crypto_mode": mode, "keys": [run["keys"][kept]], "algorithms": [run["algorithms"][kept]]}
        run["pqc_suite"] = (None, "ml-dsa-65")[kept]

    reissue(house, weaken, keys=[run_keys(house)[kept]])
    assert broken(house.verify()) == ("signature", "algorithms")
    assert not node_says(house)


# --- the statement


@pytest.mark.parametrize(
    "change",
    [
        replaced(crypto_mode="none"),
        replaced(crypto_mode=None),
        replaced(keys=[]),
        replaced(custody="token-native"),
        replaced(pqc_suite=None),
        replaced(algorithms=["ml-dsa-65", "ed25519"]),
        replaced(artifact_hash="sha256:" + "0" * 64),
        replaced(created_at="yesterday"),
        replaced(created_at="2026-02-30T00:00:00Z"),
        replaced(created_at="0000-01-01T00:00:00Z"),
        replaced(created_at="2026-11-21T24:00:00Z"),
        replaced(policy={"name": "x", "digest": "sha256:"}),
        replaced(signer={"version": "1", "signed_at": "now"}),
        lambda statement: statement.update(_type="x"),
        lambda statement: statement.update(predicateType="https://qlang.dev/run/v2"),
        lambda statement: statement.update(subject=statement["subject"][::-1]),
        lambda statement: statement.update(subject=[*statement["subject"], statement["subject"][0]]),
        lambda statement: statement["subject"][0].update(name="../plan.mlir"),
        lambda statement: statement["subject"][0].update(name="PLAN.mlir."),
        lambda statement: statement["predicate"].pop("signer"),
    ],
)
def test_malformed_statements_of_the_owner(change: Callable[[Any], None], house: House) -> None:
    reissue(house, change)
    assert broken(house.verify(with_ledger=False)) == ("statement", "statement")
    assert not node_says(house)


def test_a_statement_that_covers_too_little(house: House) -> None:
    def drop(statement: Any) -> None:
        del statement["subject"][0]
        statement["predicate"]["artifact_hash"] = sha256_digest(canonical_json(statement["subject"]))

    reissue(house, drop)
    assert broken(house.verify()) == ("subject", "subject plan.mlir")
    assert not node_says(house)


# --- policy


@pytest.mark.parametrize(
    ("policy", "check"),
    [
        (Policy(defaults=Section(production=True)), "policy defaults.production"),
        (Policy(defaults=Section(modes=("pqc_required",))), "policy defaults.modes"),
        (Policy(defaults=Section(backends=("ibm.*",))), "policy defaults.backends"),
        (Policy(defaults=Section(custody=("token-native",))), "policy defaults.custody"),
        (Policy(defaults=Section(enforced_probe=True)), "policy defaults.enforced_probe"),
        (Policy(defaults=Section(algorithms=("ed25519",))), "policy defaults.algorithms"),
        (Policy(tenants={"lab": Section()}), "policy tenants"),
    ],
)
def test_what_the_policy_refuses(policy: Policy, check: str, house: House) -> None:
    found = broken(house.verify(policy=policy))
    assert found == ("policy", check)


def test_stale_calibration(house: House) -> None:
    made, day_before = "2024-11-21T10:00:00Z", "2024-11-20T10:00:00Z"
    house.seal("r7", backend_id="sim like ibm.guadalupe", created_at=made, calibration_at=day_before)
    assert broken(house.verify("r7", policy=Policy(defaults=Section(max_calibration_age=90_000)))) is None
    stale = house.verify("r7", policy=Policy(defaults=Section(max_calibration_age=80_000)))
    assert broken(stale) == ("policy", "policy defaults.max_calibration_age")


def test_which_log_a_policy_believes(house: House) -> None:
    origin = house.receipt().read_text().split("\n\n")[1].split("\n")[0]
    log = run_keys(house, LOG, LEDGER_CHECKPOINT)
    other = software_key("ed25519", generate_secret("ed25519"))
    *mine, theirs = (log_key(origin, public).vkey for public in (*(key.public for key in log), other.public))
    assert broken(house.verify(policy=Policy(log=LogTrust((origin,), (theirs, *mine))), any_key=True)) is None
    for one in mine:
        checks = house.verify(policy=Policy(log=LogTrust((origin,), (theirs, one))), any_key=True)
        assert broken(checks) == ("checkpoint", "checkpoint"), "a hybrid run needs both"
    assert broken(house.verify(policy=Policy(log=LogTrust(("other.log",))))) == ("checkpoint", "checkpoint origin")
    assert broken(house.verify(policy=Policy(log=LogTrust((), (theirs,))))) == ("checkpoint", "checkpoint")
    assert broken(house.verify(policy=Policy(log=LogTrust((), ("x",))))) == ("checkpoint", "checkpoint")


def test_witnesses_that_a_policy_demands(house: House) -> None:
    keys = [software_key("ed25519", generate_secret("ed25519")) for _ in range(2)]
    names = [witness_key(f"witness.example/{number}", key.public) for number, key in enumerate(keys)]
    demand = [Policy(witnesses=Witnesses(tuple(name.vkey for name in names), count)) for count in (1, 2)]
    assert broken(house.verify(policy=demand[0])) == ("checkpoint", "witnesses")
    receipt = house.receipt().read_text()
    text = receipt.split("\n\n")[1] + "\n"
    signer = OwnSigner("unused", keys[0])  # type: ignore[arg-type]  # signs as a SigningKey does
    signer.key = names[0]
    write(house.receipt(), (receipt + signature_line(text, signer, timestamp=1_700_000_000)).encode())
    assert broken(house.verify(policy=demand[0])) is None
    assert broken(house.verify(policy=demand[1])) == ("checkpoint", "witnesses")
    assert node_says(house)


# --- ledger and receipt


def test_a_ledger_cut_off_behind_the_run(house: House, built: House) -> None:
    """What stays verifies; what was cut off does not, though its receipt is genuine."""
    house.seal("r8")
    assert broken(house.verify("r8")) is None
    shutil.copy(built.ledger, house.ledger)
    assert broken(house.verify("r1")) is None
    failed = house.verify("r8")
    assert broken(failed) == ("ledger", "ledger entry")
    details = {check.name: check.detail for check in failed if not check.ok}
    assert "entries were cut off" in details["ledger receipt"]
    assert broken(house.verify("r8", with_ledger=False)) is None


def test_a_ledger_of_somebody_else(house: House, tmp_path: Path) -> None:
    other = build(tmp_path / "other")
    checks = verify_run(house.run(), ledger=other.ledger, trusted=house.trust)
    assert broken(checks) is not None
    assert {check.name for check in checks if not check.ok} & {"ledger entry", "ledger checkpoints"}
    assert all(link_of(check) == "ledger" for check in checks if not check.ok)


@pytest.mark.parametrize("edit", [("entry data", b"{}"), ("entry leaf", bytes(32)), ("entry kind", None)])
def test_in_a_large_ledger_what_the_run_rests_on_is_checked(
    edit: tuple[str, bytes | None], house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "DEEP_ENTRIES", 2)
    checks = {check.name: check for check in house.verify()}
    assert broken(tuple(checks.values())) is None
    assert "--deep" in checks["note ledger"].detail
    name, value = edit
    index = json.loads(read(house.manifest()).payload)["predicate"]["ledger"]["index"]
    edit_ledger(house.ledger, (LEDGER_EDITS[name], (index,) if value is None else (value, index)))
    found = broken(house.verify())
    assert found is not None
    assert found[0] == "ledger"


def test_a_missing_receipt_says_how_to_get_it_again(house: House) -> None:
    house.receipt().unlink()
    found = first_broken(house.verify())
    assert found is not None
    assert "qlangc ledger proof" in found.check.detail
    assert not node_says(house)


def test_a_run_that_claims_another_place(house: House) -> None:
    """Recorded at its place, but after other entries than it says."""
    reissue(house, lambda statement: statement["predicate"]["ledger"].update(root="sha256:" + "0" * 64))
    assert broken(house.verify()) == ("ledger", "ledger position")
    assert broken(house.verify(with_ledger=False)) == ("ledger", "receipt")
    assert not node_says(house)


def test_the_commands_of_the_documentation(house: House, tmp_path: Path) -> None:
    """OpenSSL and coreutils alone, as docs/trust/verify.md says."""
    text = (VERIFIER.parents[1] / "docs" / "trust" / "verify.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    environment = {"PATH": os.environ["PATH"], "RUN": str(house.run()), "KEYS": str(house.public)}

    def run() -> subprocess.CompletedProcess[str]:
        command = ["sh", "-c", script]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    answer = run()
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines()[1:] == ["plan.mlir: OK", "results.json: OK", "source.qjob: OK"]
    write(house.run() / "plan.mlir", b"other")
    assert "plan.mlir: FAILED" in run().stdout
    reissue(house, keys=[run_keys(house)[1], run_keys(house)[0]])
    envelope = read(house.manifest())
    ours = replace(envelope.signatures[1], value=envelope.signatures[1].value[::-1])
    write(house.manifest(), dump_envelope(Envelope(envelope.payload, (ours,))))
    assert run().returncode != 0
