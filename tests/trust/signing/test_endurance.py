"""Kills at random points and many writers: no gap, no duplicate, no acknowledged entry lost. Slow."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.ledger.store import open_reader
from qlang.trust.signing.child import ChildSigner
from qlang.trust.signing.client import socket_signer
from qlang.trust.signing.request import SignedManifest
from qlang.trust.signing.setup import SignerSetup
from tests.trust.signing.conftest import request_of

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="a signer on a Unix socket")]
ROOT = Path(__file__).parents[3]
Acknowledged = dict[str, tuple[int, str]]
"""Run id → index of its entry and digest of its manifest, as the signer answered."""


def taken(signed: SignedManifest) -> tuple[int, str]:
    return signed.ledger_index, signed.manifest_digest


def assert_complete(ledger: Path, acknowledged: Acknowledged) -> None:
    """Every acknowledged run is in the ledger, once, where its answer says, and no run beside them."""
    with open_reader(ledger) as opened:
        found = [
            (str(entry.body["run_id"]), (entry.index, str(entry.body["manifest_digest"])))
            for entry in opened.entries(kind="run")
        ]
        assert [entry.index for entry in opened.entries()] == list(range(opened.size()))
    assert len(found) == len(acknowledged)
    assert dict(found) == acknowledged
    assert [check for check in check_ledger_file(ledger, deep=True) if not check.ok] == []


@contextmanager
def killed_after(seconds: float, pid: int) -> Iterator[None]:
    """SIGKILL for a process while the block runs, or at its end."""
    timer = threading.Timer(seconds, os.kill, (pid, signal.SIGKILL))
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_two_hundred_kills_of_a_child(setup: SignerSetup) -> None:
    source, acknowledged = random.Random(200), Acknowledged()
    for number in range(200):
        with ChildSigner(setup) as signer:
            acknowledged[f"w{number}"] = taken(signer.sign_manifest(request_of(f"w{number}")))  # it is warm now
            with killed_after(source.uniform(0, 0.012), signer.pid):
                acknowledged[f"k{number}"] = taken(signer.sign_manifest(request_of(f"k{number}")))
    assert len(acknowledged) == 400
    assert_complete(setup.ledger, acknowledged)


@contextmanager
def server(home: Path) -> Iterator[subprocess.Popen[str]]:
    """`qlangc signer serve` for the project in `home`, ready."""
    command = [str(Path(sys.executable).with_name("qlangc")), "signer", "serve"]
    environment = {**os.environ, "HOME": str(home), "XDG_STATE_HOME": ""}
    with subprocess.Popen(command, cwd=home, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "signing for" in process.stderr.readline()
        try:
            yield process
        finally:
            process.terminate()


def test_kills_of_the_server_while_clients_write(tmp_path: Path) -> None:
    source, acknowledged = random.Random(60), Acknowledged()
    socket = tmp_path / ".qlang" / "signer" / "socket"
    waiting: list[str] = []
    for number in range(60):
        with server(tmp_path) as process:
            for run_id in waiting:
                acknowledged[run_id] = taken(socket_signer_once(socket, run_id))
            with killed_after(source.uniform(0, 0.04), process.pid):
                waiting = write_until_refused(socket, f"r{number}", acknowledged)
    with server(tmp_path):
        for run_id in waiting:
            acknowledged[run_id] = taken(socket_signer_once(socket, run_id))
    assert len(acknowledged) >= 60
    assert_complete(tmp_path / ".qlang" / "ledger.sqlite", acknowledged)


def socket_signer_once(socket: Path, run_id: str) -> SignedManifest:
    with socket_signer(socket) as signer:
        return signer.sign_manifest(request_of(run_id))


def write_until_refused(socket: Path, prefix: str, acknowledged: Acknowledged) -> list[str]:
    """Sign until the server is gone; returns what was asked and not answered."""
    from qlang.trust.errors import SignerUnavailable

    with socket_signer(socket) as signer:
        for number in range(1000):
            run_id = f"{prefix}-{number}"
            try:
                acknowledged[run_id] = taken(signer.sign_manifest(request_of(run_id)))
            except SignerUnavailable:
                return [run_id]
    raise AssertionError("the server was not killed")


WRITER = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from qlang.trust.signing.client import socket_signer
from tests.trust.signing.conftest import request_of

found = {}
with socket_signer(Path(sys.argv[2])) as signer:
    for number in range(int(sys.argv[4])):
        run_id = f"{sys.argv[3]}-{number}"
        signed = signer.sign_manifest(request_of(run_id))
        found[run_id] = [signed.ledger_index, signed.manifest_digest]
print(json.dumps(found))
"""


def test_four_writers_of_a_thousand_manifests(tmp_path: Path) -> None:
    socket, acknowledged = tmp_path / ".qlang" / "signer" / "socket", Acknowledged()
    with server(tmp_path):
        command = [sys.executable, "-c", WRITER, str(ROOT), str(socket)]
        writers = [
            subprocess.Popen([*command, f"writer{number}", "1000"], stdout=subprocess.PIPE, text=True)
            for number in range(4)
        ]
        for writer in writers:
            out, _ = writer.communicate(timeout=300)
            assert writer.returncode == 0
            acknowledged |= {run_id: (index, digest) for run_id, (index, digest) in json.loads(out).items()}
    assert len(acknowledged) == 4000
    assert len({index for index, _ in acknowledged.values()}) == 4000
    assert_complete(tmp_path / ".qlang" / "ledger.sqlite", acknowledged)


def test_four_signers_write_one_ledger(setup: SignerSetup) -> None:
    """As four commands at once do, each with a child of its own."""
    acknowledged, faults = Acknowledged(), []

    def work(name: int) -> None:
        try:
            with ChildSigner(setup) as signer:
                for number in range(50):
                    run_id = f"c{name}-{number}"
                    acknowledged[run_id] = taken(signer.sign_manifest(request_of(run_id)))
        except BaseException as error:
            faults.append(error)
            raise

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert_complete(setup.ledger, acknowledged)
