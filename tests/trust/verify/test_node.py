"""The verifier in Node as a program, and the statements that it refuses as ours does."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qlang.compiler.run_folders import expected_id
from qlang.trust.algorithms import PublicKey
from qlang.trust.canonical import sha256_digest
from qlang.trust.envelope import SigningKey
from qlang.trust.spki import ALGORITHMS
from qlang.trust.verify import verify_run
from tests.trust.verify.forging import reissue, replaced, run_keys
from tests.trust.verify.house import House, broken, build
from tests.trust.verify.node import VERIFIER, ForNode, node, node_binary, node_verdicts
from tests.trust.verify.spoiling import encode

TOOLS = VERIFIER.parent
DIGEST = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("node") / "house")


@pytest.fixture
def house(built: House, tmp_path: Path) -> House:
    shutil.copytree(built.root, tmp_path / "house")
    return House(tmp_path / "house")


def agreed(house: House) -> tuple[str, str] | None:
    """The broken link by the receipt alone; Node must agree."""
    found = broken(house.verify(with_ledger=False))
    (verdict,) = node_verdicts([ForNode(house.run(), house.public)])
    assert verdict["ok"] == (found is None), (verdict["broken"], found)
    return found


# --- the program


def test_wrong_usage(house: House) -> None:
    run, keys = str(house.run()), str(house.public)
    unknown = ("--keys", keys, "--require", "ed25519,rot13", run)
    for arguments in ((), (run,), ("--keys", keys), ("--keyz", "x", run), unknown, ("--keys", keys, "--batch", run)):
        answer = node(*arguments)
        assert (answer.returncode, answer.stdout) == (2, "")
        assert all(word in answer.stderr for word in ("usage", "--keys", "--any-key", "--require", "--batch"))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"keys": "x"}', '{"run": "x"}', '{"run": 1, "keys": "x"}'])
def test_a_batch_that_is_none(text: str) -> None:
    answer = node("--batch", text=text)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "usage" in answer.stderr
    assert "    at " not in answer.stderr


def test_a_batch_with_keys_for_all(house: House) -> None:
    answer = node("--batch", "--keys", str(house.public), text=f'{{"run": "{house.run()}"}}\n')
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("version", ["18.20.8", "20.20.2", "22.21.1", "24.14.9", "24.15.0", "24.19.0", "25.0.0"])
def test_the_versions_of_node_that_can_verify(version: str) -> None:
    script = f'import("{(TOOLS / "node-version.mjs").as_uri()}").then((m) => console.log(m.versionFault("{version}")))'
    answer = subprocess.run([node_binary(), "-e", script], capture_output=True, text=True, timeout=60, check=True)
    new = tuple(map(int, version.split("."))) >= (24, 15)
    assert answer.stdout.strip() == ("null" if new else f"needs Node 24.15 or newer, this is {version}")


@pytest.mark.parametrize("program", ["verify.mjs", "verify-release.mjs"])
def test_an_old_node_gives_no_verdict(program: str, house: House) -> None:
    found = shutil.which("node")
    if found is None:
        pytest.skip("the system has no Node of its own")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip(" v\n")
    if tuple(map(int, version.split("."))) >= (24, 15):
        pytest.skip(f"the system's Node {version} is new enough")
    arguments = ["--keys", house.public, house.run()] if program == "verify.mjs" else [house.run(), house.public]
    answer = subprocess.run(
        [found, TOOLS / program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == f"{program} needs Node 24.15 or newer, this is {version}\n"


@pytest.mark.parametrize("path", sorted(TOOLS.glob("*.mjs")), ids=lambda path: path.name)
def test_the_verifiers_are_short_and_need_nothing(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    assert max(map(len, lines)) <= 120
    modules = [found[1] for line in lines if (found := re.search(r'^import .*?"(.*)";$', line))]
    assert len(modules) == sum(line.startswith("import ") for line in lines)
    assert all(name.startswith("node:") or (TOOLS / name).is_file() for name in modules)


# --- statements


def with_key(**members: object) -> Callable[[Any], None]:
    return lambda statement: statement["predicate"]["keys"][0].update(members)


def without(*path: str) -> Callable[[Any], None]:
    def drop(statement: Any) -> None:
        at = statement["predicate"]
        for name in path[:-1]:
            at = at[name][0] if isinstance(at[name], list) else at[name]
        del at[path[-1]]

    return drop


MALFORMED: dict[str, Callable[[Any], None]] = {
    "no run": replaced(run_id=""),
    "a run with a slash": replaced(run_id="a/b"),
    "a run of 121 characters": replaced(run_id="r" * 121),
    "no job": replaced(job_id=""),
    "no tenant": replaced(tenant=""),
    "a long backend": replaced(backend_id="x" * 1025),
    "a method that is a number": replaced(em_method=1),
    "no version of the compiler": without("compiler_version"),
    "a seed as a number": replaced(seed=7),
    "a seed that is negative": replaced(seed="-7"),
    "a seed in capitals": replaced(seed="0xFF"),
    "a seed of 79 digits": replaced(seed="1" * 79),
    "a seed with a line": replaced(seed="1\n"),
    "a plan's hash": replaced(plan_hash="x"),
    "no kernel at all": without("kernel_digest"),
    "a kernel's hash": replaced(kernel_digest="sha256:"),
    "no snapshot at all": without("calibration_snapshot_id"),
    "a calibration on no day": replaced(calibration_at="2024-02-30T00:00:00Z"),
    "labels as a list": replaced(labels=[]),
    "a label that is a number": replaced(labels={"a": 1}),
    "a long label": replaced(labels={"a": "x" * 1025}),
    "a long label's name": replaced(labels={"x" * 1025: ""}),
    "257 labels": replaced(labels={str(number): "" for number in range(257)}),
    "passes as a text": replaced(passes="sign"),
    "a pass that is a number": replaced(passes=[1]),
    "no passes": without("passes"),
    "methods that are texts": replaced(methods_applied=["none"]),
    "no suite": without("pqc_suite"),
    "no gate": without("qkd"),
    "a gate in another mode": replaced(
        qkd={"kme": "vendor", "source_kme": "a", "target_kme": "b", "probed_at": "2024-11-21T10:00:00Z"}
    ),
    "a log without a name": lambda statement: statement["predicate"]["ledger"].update(origin=""),
    "a policy without a name": without("policy", "name"),
    "a signer without a version": without("signer", "version"),
    "a key without a probe": without("keys", "probe"),
    "a key without an end": without("keys", "not_after"),
    "a key made on no day": with_key(created_at="yesterday"),
    "a key of generation 0": with_key(generation=0),
    "a probe as a text": with_key(probe="non_extractable: enforced"),
    "another verdict of a probe": with_key(probe={"verdict": "non_extractable: yes", "flags": {}}),
    "a probe without flags": with_key(probe={"verdict": "non_extractable: not claimed"}),
    "a flag that is a number": with_key(probe={"verdict": "non_extractable: not claimed", "flags": {"LOCAL": 1}}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_statement(name: str, house: House) -> None:
    reissue(house, MALFORMED[name])
    assert agreed(house) == ("statement", "statement")


WELL_FORMED: dict[str, Callable[[Any], None]] = {
    "a seed in hexadecimal": replaced(seed="0x" + "f" * 64),
    "no label": replaced(labels={}),
    "long labels": replaced(labels={"\U0001f600" * 1024: "ü" * 1024}),
    "empty texts": replaced(em_method="", em_version="", compiler_version="", passes=[], methods_applied=[]),
    "a kernel and a calibration": replaced(
        kernel_digest=DIGEST, calibration_snapshot_id="", calibration_at="2024-11-21T09:00:00.5Z"
    ),
    "members of later versions": replaced(more={"deeper": [1, 2.5]}),
    "flags": with_key(probe={"verdict": "non_extractable: not claimed", "flags": {"LOCAL": True}}),
}


@pytest.mark.parametrize("name", WELL_FORMED)
def test_an_unusual_statement(name: str, house: House) -> None:
    reissue(house, WELL_FORMED[name])
    assert agreed(house) is None


@pytest.mark.parametrize(("name", "link"), [("r1", None), ("r0", "file")])
def test_a_run_under_the_name_of_another(name: str, link: str | None, house: House, tmp_path: Path) -> None:
    """In a project a folder is named after its run; elsewhere it may have any name."""
    folder = tmp_path / ".qlang" / "runs" / name
    shutil.copytree(house.run(), folder)
    checks = verify_run(folder, ledger=None, trusted=house.trust, run_id=expected_id(folder))
    found = broken(checks)
    assert (found and found[0]) == link
    assert node("--keys", str(house.public), str(folder)).returncode == (link is not None)
    assert node("--keys", str(house.public), str(house.run("r1"))).returncode == 0


# --- keys that are none


def weak_key(y: int, sign_bit: int = 0) -> SigningKey:
    """An Ed25519 key of small order. R = identity, s = 0 is its signature of every message, or of many."""
    known = ALGORITHMS["ed25519"]
    spki = known.spki_prefix + (y | sign_bit << 255).to_bytes(32, "little")
    public = PublicKey("ed25519", f"ed25519:{sha256_digest(spki).removeprefix('sha256:')[:16]}", spki)
    return SigningKey(public, lambda message: bytes([1]) + bytes(63))


P = 2**255 - 19
ORDER_EIGHT = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826


@pytest.mark.parametrize("y", [0, 1, P - 1, P, P + 1, ORDER_EIGHT, P - ORDER_EIGHT])
@pytest.mark.parametrize("sign_bit", [0, 1])
def test_a_key_of_small_order_with_any_key(y: int, sign_bit: int, house: House) -> None:
    """Whoever names such a key needs no secret for its signatures, and one signature fits many runs."""
    weak, strong = weak_key(y, sign_bit), run_keys(house)[1]

    def claim(statement: Any) -> None:
        spki = encode(weak.public.spki)
        statement["predicate"]["keys"][0] |= {"keyid": weak.public.key_id, "spki": spki}

    reissue(house, claim, keys=[weak, strong])
    assert broken(house.verify(any_key=True, with_ledger=False)) == ("statement", "statement")
    answer = node("--any-key", str(house.run()))
    assert answer.returncode == 1
    assert "statement: a public key" in answer.stdout
