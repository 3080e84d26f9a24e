"""The signer in a process of its own: a child on pipes, a server on a socket, and rude clients of both."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.trust.errors import FileRefused, FrameRefused, PolicyRefused, SignerUnavailable, SigningError
from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.ledger.store import open_reader
from qlang.trust.policy.model import POLICY_FILE
from qlang.trust.signing import server as serving
from qlang.trust.signing.channel import MAX_FRAME, Channel, frame_of
from qlang.trust.signing.child import ChildSigner
from qlang.trust.signing.client import SignerClient, socket_signer
from qlang.trust.signing.launch import Launch, forked, spawned
from qlang.trust.signing.opening import open_service
from qlang.trust.signing.protocol import HELLO, Question, parse_answer_frame, question_bytes
from qlang.trust.signing.setup import SignerSetup
from tests.trust.signing.conftest import request_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the server tells its peers on Linux only")
HELLO_FRAME = frame_of(question_bytes(Question(HELLO)))


def run_ids(setup: SignerSetup) -> list[object]:
    with open_reader(setup.ledger) as ledger:
        return [entry.body["run_id"] for entry in ledger.entries(kind="run")]


def refusals(setup: SignerSetup) -> list[str]:
    with open_reader(setup.ledger) as ledger:
        return [str(reason) for entry in ledger.entries(kind="refusal") for reason in entry.body["reasons"]]  # type: ignore[union-attr]


@contextmanager
def served(setup: SignerSetup, path: Path, *, frame_seconds: float = 10.0, shared: bool = False) -> Iterator[None]:
    """A server in a thread of this process; its ledger connection lives in that thread."""
    ready, servers = threading.Event(), []

    def work() -> None:
        with open_service(setup) as service, serving.listening(path, shared=shared) as listener:
            servers.append(serving.SignerServer(service, listener, frame_seconds=frame_seconds))
            ready.set()
            servers[0].serve()

    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        servers[0].stop()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def path(setup: SignerSetup) -> Iterator[Path]:
    """A socket with a server behind it."""
    where = setup.policy_folder / "signer" / "socket"
    with served(setup, where):
        yield where


def raw(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(str(path))
    connection.settimeout(10)
    return connection


def answer(connection: socket.socket) -> object:
    """The answer to come, read with this room's own reader."""
    with Channel(os.dup(connection.fileno()), os.dup(connection.fileno())) as channel:
        frame = channel.receive(seconds=10)
    assert frame is not None
    return parse_answer_frame(frame)


LAUNCHES = pytest.mark.parametrize("launch", [spawned, forked], ids=["spawned", "forked"])
"""Under pytest-xdist, whose workers have threads, a fork is a fresh interpreter too."""


@LAUNCHES
def test_a_child_signs_and_ends(setup: SignerSetup, launch: Launch) -> None:
    with ChildSigner(setup, launch) as signer:
        first = signer.sign_manifest(request_of("r1"))
        assert signer.sign_manifest(request_of("r1")) == first
        pid = signer.pid
        with pytest.raises(PolicyRefused, match="clock"):
            signer.sign_manifest(request_of("r2", created_at="9000-01-01T00:00:00Z"))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert run_ids(setup) == ["r1"]


@LAUNCHES
def test_a_child_that_was_not_asked_makes_no_ledger(setup: SignerSetup, launch: Launch) -> None:
    with ChildSigner(setup, launch):
        pass
    assert not setup.ledger.exists()


@LAUNCHES
def test_a_killed_child_is_started_once_more(setup: SignerSetup, launch: Launch) -> None:
    with ChildSigner(setup, launch) as signer:
        first = signer.sign_manifest(request_of("r1"))
        os.kill(signer.pid, signal.SIGKILL)
        assert signer.sign_manifest(request_of("r1")) == first
        os.kill(signer.pid, signal.SIGKILL)
        signer.sign_manifest(request_of("r2"))
    assert run_ids(setup) == ["r1", "r2"]


CRASHING = """
import json, sys
given = json.loads(sys.argv[1])
sys.path[:] = given["path"]
from qlang.trust.signing import dispatch, launch
def reply_to(service, frame, peer):
    return {}["our mistake"]
dispatch.reply_to = reply_to
sys.exit(launch.spawned_main(given))
"""


def test_a_child_that_crashes_leaves_a_dump_and_says_where(
    setup: SignerSetup, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (setup.policy_folder / ".qlang").mkdir()
    monkeypatch.setattr("qlang.trust.signing.launch._START", CRASHING)
    words = "internal error in the signer: KeyError"
    with ChildSigner(setup) as signer, pytest.raises(SigningError, match=words) as told:
        signer.sign_manifest(request_of("r1"))
    (dump,) = (setup.policy_folder / ".qlang" / "crashes").iterdir()
    assert str(dump) in str(told.value)
    assert "KeyError: 'our mistake'" in dump.read_text()
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    assert "Traceback" not in capfd.readouterr().err


def test_a_child_told_nonsense_says_so_and_ends(setup: SignerSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    with ChildSigner(setup) as signer:
        monkeypatch.setattr("qlang.trust.signing.client.question_bytes", lambda question: b"{}")
        with pytest.raises(FrameRefused):
            signer.sign_manifest(request_of("r1"))
    assert len(refusals(setup)) == 1


PARENT = """
import sys, time
from pathlib import Path
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.signing.child import ChildSigner
from qlang.trust.signing.launch import forked, spawned
from qlang.trust.signing.setup import SignerSetup

folder, ledger, store, state = map(Path, sys.argv[1:5])
launch = {"forked": forked, "spawned": spawned}[sys.argv[5]]
signer = ChildSigner(SignerSetup(folder, ledger, KeyPaths(store, state)), launch)
print(signer.pid, flush=True)
time.sleep(60)
"""


@LAUNCHES
def test_a_child_ends_with_its_killed_parent(setup: SignerSetup, launch: Launch) -> None:
    folders = [str(p) for p in (setup.policy_folder, setup.ledger, setup.keys.store, setup.keys.state)]
    folders.append(launch.__name__)
    with subprocess.Popen([sys.executable, "-c", PARENT, *folders], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert wait_for(lambda: ended(pid))


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@LAUNCHES
def test_a_child_cannot_be_read_by_processes_of_the_same_user(setup: SignerSetup, launch: Launch) -> None:
    with ChildSigner(setup, launch) as signer:
        signer.sign_manifest(request_of("r1"))
        limits = Path(f"/proc/{signer.pid}/limits").read_text()
        owner = Path(f"/proc/{signer.pid}/environ").stat().st_uid
        assert [line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size")] == ["0"]
        assert owner == 0  # what is not dumpable belongs to root in /proc


def test_a_server_signs_for_many(setup: SignerSetup, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with socket_signer(path) as one, socket_signer(path) as two:
        for number in range(3):
            one.sign_manifest(request_of(f"a{number}"))
            two.sign_manifest(request_of(f"b{number}"))
        told = one.describe()
    assert run_ids(setup) == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert told["ledger"]["size"] >= 6  # type: ignore[index,call-overload]
    assert {key["purpose"] for key in told["keys"]} >= {"run-manifest"}  # type: ignore[union-attr,index,call-overload]
    assert json.dumps(told).count("protection") == 0


def test_a_server_that_ended_may_be_stopped_again(setup: SignerSetup) -> None:
    """It may see that it shall stop, and end, before who stops it has woken it."""
    where = setup.policy_folder / "signer" / "socket"
    with open_service(setup) as service, serving.listening(where, shared=False) as listener:
        server = serving.SignerServer(service, listener)
        server.stop()
        server.serve()
        server.stop()


def test_a_slow_client_holds_up_nobody(path: Path) -> None:
    with raw(path) as slow, raw(path), socket_signer(path, answer_seconds=10) as other:
        slow.sendall(HELLO_FRAME[:7])
        other.sign_manifest(request_of("r1"))
        slow.sendall(HELLO_FRAME[7:])
        assert answer(slow)


def test_who_takes_too_long_over_a_frame_is_let_go(setup: SignerSetup) -> None:
    where = setup.policy_folder / "signer" / "socket"
    with served(setup, where, frame_seconds=0.05), raw(where) as slow, raw(where) as idle:
        slow.sendall(HELLO_FRAME[:7])
        assert slow.recv(1) == b""  # let go
        idle.sendall(HELLO_FRAME)  # who says nothing at all may stay
        assert answer(idle)
    assert any("too long" in reason for reason in refusals(setup))


def test_many_frames_at_once_are_answered_in_turn(path: Path) -> None:
    with raw(path) as hasty, socket_signer(path) as other:
        hasty.sendall(HELLO_FRAME * 500)
        assert other.describe()
        for _ in range(500):
            assert answer(hasty)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\0",
        (MAX_FRAME + 1).to_bytes(4, "big") + b"x" * 100,
        b"GET / HTTP/1.1\r\nHost: signer\r\n\r\n",
        frame_of(b'{"protocol":"qlang-signer/1","verb":"sign-bytes"}'),
        frame_of(b"[" * 1000 + b"]" * 1000),
    ],
    ids=["empty", "oversized", "http", "wrong verb", "recursive"],
)
def test_rude_clients_are_refused_audited_and_let_go(setup: SignerSetup, path: Path, data: bytes) -> None:
    with raw(path) as rude:
        rude.sendall(data)
        with pytest.raises(FrameRefused):
            answer(rude)
        assert rude.recv(1) == b""
    assert len(refusals(setup)) == 1
    with socket_signer(path) as polite:
        polite.sign_manifest(request_of("r1"))


def test_a_client_that_goes_away_in_the_midst(setup: SignerSetup, path: Path) -> None:
    with raw(path) as gone:
        gone.sendall(HELLO_FRAME[:-1])
    with raw(path) as deaf:
        deaf.sendall(HELLO_FRAME * 100)
    with socket_signer(path) as other:
        other.sign_manifest(request_of("r1"))
    assert any("midst" in reason for reason in refusals(setup))


def test_more_connections_than_there_are_places(path: Path) -> None:
    connections = [raw(path) for _ in range(serving.MAX_CONNECTIONS + 10)]
    with socket_signer(path) as one:
        assert one.describe()
    for connection in connections:
        connection.close()


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs to become another user")
def test_another_user_is_refused_unless_the_policy_names_it(setup: SignerSetup, tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="qlang-signer-"))  # pytest's own folders are closed to others
    folder.chmod(0o755)
    try:
        with served(setup, folder / "socket", shared=True):
            assert asked_as(65534, folder / "socket") == "unavailable"
            assert any("(65534)" in reason for reason in refusals(setup))
            (setup.policy_folder / POLICY_FILE).write_text("schema = 1\n[defaults]\nsigners = [65534]\n")
            assert asked_as(65534, folder / "socket") == "ok"
    finally:
        folder.rmdir()


def asked_as(uid: int, path: Path) -> str:
    """What a process of another user hears on `hello`: `ok`, or the kind of the error."""
    program = (
        "import json, os, socket, sys\n"
        "os.setuid(int(sys.argv[1]))\n"
        "connection = socket.socket(socket.AF_UNIX)\n"
        "connection.connect(sys.argv[2])\n"
        "connection.sendall(bytes.fromhex(sys.argv[3]))\n"
        "file = connection.makefile('rb')\n"
        "answer = json.loads(file.read(int.from_bytes(file.read(4), 'big')))\n"
        "print('ok' if 'ok' in answer else answer['error']['kind'])\n"
    )
    command = [sys.executable, "-I", "-S", "-c", program, str(uid), str(path), HELLO_FRAME.hex()]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()


def test_a_second_server_and_a_stale_socket(setup: SignerSetup) -> None:
    where = setup.policy_folder / "signer" / "socket"
    with served(setup, where):
        with pytest.raises(SignerUnavailable, match="another signer"), serving.listening(where, shared=False):
            pass
        assert where.exists()
    assert not where.exists()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as killed:
        killed.bind(str(where))
    with served(setup, where), socket_signer(where) as signer:
        assert signer.describe()
    where.write_text("a file")
    with pytest.raises(SignerUnavailable, match="no socket"), serving.listening(where, shared=False):
        pass


def test_a_folder_that_is_open_to_others(setup: SignerSetup) -> None:
    (setup.policy_folder / "signer").mkdir(mode=0o755)
    where = setup.policy_folder / "signer" / "socket"
    with pytest.raises(FileRefused, match="open to group or others"), serving.listening(where, shared=False):
        pass


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(SignerUnavailable, match="No such file"), socket_signer(tmp_path / "socket") as signer:
        signer.sign_manifest(request_of("r1"))
    with pytest.raises(SignerUnavailable), socket_signer(tmp_path / ("x" * 200)) as signer:
        signer.sign_manifest(request_of("r1"))


def test_an_answer_that_is_none() -> None:
    def connect() -> Channel:
        (reading, feed), (drain, writing) = os.pipe(), os.pipe()
        os.write(feed, frame_of(b'{"ok":{"envelope":1}}'))
        os.close(feed)
        os.set_inheritable(drain, False)
        drains.append(drain)
        return Channel(reading, writing)

    drains: list[int] = []
    with SignerClient(connect) as client, pytest.raises(SignerUnavailable, match="no signed manifest"):
        client.sign_manifest(request_of("r1"))
    for drain in drains:
        os.close(drain)


def test_the_served_command_ends_on_sigterm(setup: SignerSetup) -> None:
    folder = setup.policy_folder
    environment = {**os.environ, "HOME": str(folder)}
    command = [str(Path(sys.executable).with_name("qlangc")), "signer", "serve"]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "signing for" in process.stderr.readline()
        with socket_signer(folder / ".qlang" / "signer" / "socket") as signer:
            signer.sign_manifest(request_of("r1"))
        process.terminate()
        assert process.wait(10) == 0
    ledger = folder / ".qlang" / "ledger.sqlite"
    assert not (folder / ".qlang" / "signer" / "socket").exists()
    assert run_ids(replace(setup, ledger=ledger)) == ["r1"]
    assert all(check.ok for check in check_ledger_file(ledger, deep=True))
