"""The signer as users meet it: run with a child, run with a server, status, configuration, and what lies on disk."""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qlang.compiler.signers import SOCKET
from qlang.runtime.run_folder import LEDGER
from qlang.trust.algorithms import software_key
from qlang.trust.custody import DEVELOPMENT
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.store import KeyStore
from qlang.trust.keys.unlocking import open_kek
from qlang.trust.ledger.store import open_reader
from qlang.trust.policy.model import POLICY_FILE

BELL = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\nh q[0];\ncx q[0], q[1];\nc = measure q;\n'
COMMAND = str(Path(sys.executable).with_name("qlangc"))
RUN = ("run", "bell.qasm", "--crypto", "hybrid", "--json")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A home folder with a project in it, each of its own."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "bell.qasm").write_text(BELL, encoding="utf-8")
    return project


def environment(place: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(place.parent), "XDG_STATE_HOME": "", "NO_COLOR": "1"}


def call(place: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command as users call it."""
    return subprocess.run(
        [COMMAND, *arguments], cwd=place, env=environment(place) | more, capture_output=True, text=True, timeout=120
    )


@contextmanager
def serving(place: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [COMMAND, "signer", "serve", *arguments]
    with subprocess.Popen(
        command, cwd=place, env=environment(place), stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stderr is not None
        assert "signing for" in process.stderr.readline()
        try:
            yield process
        finally:
            process.terminate()


def entries(place: Path, kind: str) -> int:
    with open_reader(place / LEDGER) as ledger:
        return len(list(ledger.entries(kind=kind)))


posix = pytest.mark.skipif(sys.platform != "linux", reason="a signer on a Unix socket")


@posix
def test_a_run_on_a_fresh_machine_asks_nothing_and_leaves_no_process(place: Path) -> None:
    done = call(place, *RUN)
    assert done.returncode == 0, done.stderr
    assert "made your signing keys" in done.stderr
    run = json.loads(done.stdout)
    assert {"manifest.dsse.json", "receipt.tlog-proof"} <= {path.name for path in Path(run["run_dir"]).iterdir()}
    assert call(place, "verify", "last").returncode == 0
    assert stat.S_IMODE((place / LEDGER).stat().st_mode) & 0o022 == 0


@posix
def test_a_store_that_a_passphrase_protects(place: Path) -> None:
    secret = {"PASSPHRASE": "correct horse battery"}
    assert call(place, *RUN, "--passphrase", "env:PASSPHRASE", **secret).returncode == 0
    asked = call(place, *RUN)
    assert asked.returncode == 3
    assert "passphrase" in asked.stderr and "Traceback" not in asked.stderr
    (place / "qlang.toml").write_text('[signer]\npassphrase = "env:PASSPHRASE"\n')
    assert call(place, *RUN, **secret).returncode == 0
    wrong = call(place, *RUN, PASSPHRASE="wrong horse battery")
    assert wrong.returncode == 3
    assert "wrong horse" not in wrong.stderr
    assert (entries(place, "run"), entries(place, "refusal")) == (2, 2)


@posix
def test_status_and_runs_through_a_server(place: Path) -> None:
    nobody = call(place, "signer", "status")
    assert nobody.returncode == 1
    assert "`qlangc signer serve` starts one" in nobody.stderr
    with serving(place):
        assert call(place, *RUN, "--signer", str(SOCKET)).returncode == 0
        (place / "qlang.toml").write_text(f'[signer]\nsocket = "{SOCKET}"\n')
        assert call(place, *RUN).returncode == 0
        told = json.loads(call(place, "signer", "status", "--json").stdout)
        assert told["schema"] == "qlang.signer/1"
        assert {key["custody"] for key in told["keys"]} == {DEVELOPMENT}
        assert "built-in policy" in call(place, "signer", "status").stdout
    assert entries(place, "run") == 2
    gone = call(place, *RUN)
    assert gone.returncode == 3
    assert "cannot sign: the signer is not available" in gone.stderr
    assert entries(place, "run") == 2


@posix
def test_status_says_which_keys_may_sign(place: Path) -> None:
    assert call(place, "keys", "create", "--algorithm", "ed25519").returncode == 0
    assert call(place, "keys", "rotate", "ed25519", "--not-before", "2999-01-01T00:00:00Z").returncode == 0
    assert call(place, "keys", "create", "--algorithm", "ml-dsa-65").returncode == 0
    assert call(place, "keys", "revoke", "ml-dsa-65", "--reason", "lost").returncode == 3, "only a root key says so"
    assert call(place, "keys", "revoke", "ml-dsa-65", "--reason", "retired").returncode == 0
    with serving(place):
        told = json.loads(call(place, "signer", "status", "--json").stdout)["keys"]
        shown = call(place, "signer", "status").stdout
    states = {(key["algorithm"], key["generation"]): key["state"] for key in told}
    assert states == {("ed25519", 1): "valid", ("ed25519", 2): "not yet valid", ("ml-dsa-65", 1): "revoked"}
    assert shown.count("development, valid)") == shown.count("development, revoked)") == 1


@posix
def test_a_run_with_a_key_that_was_revoked(place: Path) -> None:
    """The refusal names the key once, and doctor does tell more."""
    assert call(place, *RUN).returncode == 0
    revoked = call(place, "keys", "revoke", "ed25519", "--purpose", "run-manifest", "--reason", "compromised")
    assert revoked.returncode == 0
    refused = call(place, *RUN)
    assert refused.returncode == 3
    assert refused.stderr.splitlines()[-2].count("ed25519:") == 1
    assert "`qlangc doctor` says what helps" in refused.stderr
    assert "`qlangc keys create --algorithm ed25519` makes one" in call(place, "doctor").stdout
    verified = call(place, "verify", "last")
    assert verified.returncode == 1
    last = verified.stdout.splitlines()[-1]
    assert last.startswith("first broken link: key: key ed25519:") and "is compromised" in last
    assert "its signatures count no more" in last and "--keys" not in last


@posix
def test_a_policy_that_only_the_signer_can_judge(place: Path) -> None:
    """The command compiles under one policy, the server signs under another: the server's counts."""
    with serving(place):
        (place / "elsewhere").mkdir()
        (place / "elsewhere" / "bell.qasm").write_text(BELL)
        (place / "elsewhere" / "qlang.toml").write_text('[project]\nname = "other"\n')
        (place / POLICY_FILE).write_text('schema = 1\n[defaults]\nbackends = ["ibm.*"]\n')
        refused = call(place / "elsewhere", *RUN, "--signer", str(place / SOCKET), HOME=str(place.parent))
    assert refused.returncode == 3
    assert "the policy refuses" in refused.stderr
    assert f"{POLICY_FILE}:3" in refused.stderr
    assert (entries(place, "run"), entries(place, "refusal")) == (0, 1)
    assert not (place / "elsewhere" / ".qlang" / "runs").exists(), "the run was not begun"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[signer]\nsocket = 7\n", "not a text"),
        ('[signer]\nsockets = "x"\n', "no others"),
        ('signer = "x"\n', "no others"),
        ("[signer\n", "cannot be read"),
    ],
)
def test_a_configuration_that_is_wrong(place: Path, text: str, words: str) -> None:
    (place / "qlang.toml").write_text(text)
    done = call(place, *RUN)
    assert done.returncode == 3
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_signer_knows_two_actions(qlangc: Callable[..., object]) -> None:
    answer = qlangc("signer", "sign")
    assert answer.status == 2  # type: ignore[attr-defined]


def secrets_of(paths: KeyPaths) -> list[bytes]:
    """Every secret of a store in the clear: the seeds, what encrypts them, and the private keys as PKCS8."""
    custodian = DevelopmentCustodian(paths)
    seeds = [custodian.secret(record) for record in KeyStore(paths).records()]
    assert len(seeds) >= 3
    for record, seed in zip(KeyStore(paths).records(), seeds, strict=True):
        assert software_key(record.spec.algorithm, seed).public == record.public
    return [*seeds, open_kek(paths, None).value]


def spellings(secret: bytes) -> list[bytes]:
    """As bytes, hexadecimal in both cases, and base64 in both alphabets at each of its three alignments."""
    found = [secret, secret.hex().encode(), secret.hex().upper().encode()]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            text = encode(b"\0" * before + secret)
            found.append(text[4 if before else 0 : len(text) - 4])
    return found


@posix
def test_no_secret_lies_in_the_clear_anywhere(place: Path) -> None:
    outputs = [call(place, *RUN, "--time-passes") for _ in range(2)]
    with serving(place) as server:
        outputs += [call(place, *RUN, "--signer", str(SOCKET)), call(place, "signer", "status")]
        outputs += [call(place, "doctor", "--json"), call(place, "keys", "list"), call(place, "keys", "probe")]
    assert server.stderr is not None
    logs = b"".join((done.stdout + done.stderr).encode() for done in outputs)
    home = place.parent
    paths = KeyPaths(home / ".qlang" / "keys", home / ".local" / "state" / "qlang")
    files = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert len(files) > 30
    unlock = paths.unlock.read_bytes()
    for secret in secrets_of(paths):
        for spelling in spellings(secret):
            assert len(spelling) >= 32
            assert spelling not in logs
            assert [path for path, content in files.items() if spelling in content] == []
    assert [path for path, content in files.items() if unlock in content] == [paths.unlock]
    for path in (paths.unlock, *paths.store.glob("*.key.json"), paths.kek):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
