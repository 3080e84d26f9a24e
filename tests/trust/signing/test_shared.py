"""One child for many runs of a program: kept, replaced, not shared with forks, and gone at the end."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.trust.ledger.store import open_reader
from qlang.trust.signing.setup import SignerSetup
from qlang.trust.signing.shared import SharedSigner
from tests.trust.signing.conftest import request_of

ROOT = Path(__file__).parents[3]


def run_ids(ledger: Path) -> set[object]:
    with open_reader(ledger) as opened:
        return {entry.body["run_id"] for entry in opened.entries(kind="run")}


def children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_one_child_serves_until_another_project_comes(setup: SignerSetup, tmp_path: Path) -> None:
    before = children()
    for run_id in ("r0", "r1"):
        with SharedSigner(setup) as signer:
            signer.sign_manifest(request_of(run_id))
    (kept,) = children() - before
    with SharedSigner(replace(setup, ledger=tmp_path / "other.sqlite")) as signer:
        signer.sign_manifest(request_of("r2"))
    (other,) = children() - before
    assert other != kept
    assert (run_ids(setup.ledger), run_ids(tmp_path / "other.sqlite")) == ({"r0", "r1"}, {"r2"})


def test_threads_take_turns(setup: SignerSetup) -> None:
    def work(number: int) -> None:
        with SharedSigner(setup) as signer:
            signer.sign_manifest(request_of(f"t{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(20)))
    assert run_ids(setup.ledger) == {f"t{number}" for number in range(20)}


PROGRAM = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.signing.setup import SignerSetup
from qlang.trust.signing.shared import SharedSigner
from tests.trust.signing.conftest import request_of

folder, ledger, store, state = map(Path, sys.argv[2:6])
setup = SignerSetup(folder, ledger, KeyPaths(store, state))

def sign(run_id):
    with SharedSigner(setup) as signer:
        signer.sign_manifest(request_of(run_id))

sign("before")
pid = os.fork()
sign("child" if pid == 0 else "parent")
if pid:
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a program that forks")
def test_a_program_that_forks(setup: SignerSetup) -> None:
    folders = [str(path) for path in (setup.policy_folder, setup.ledger, setup.keys.store, setup.keys.state)]
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", PROGRAM, str(ROOT), *folders],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert run_ids(setup.ledger) == {"before", "child", "parent"}
