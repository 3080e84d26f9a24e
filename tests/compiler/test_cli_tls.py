"""`qlangc tls` between processes, and with a client that others wrote."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.trust.tls.parties import node

Command = Callable[..., Any]
SERVER = ("--certificate", "demo/server.ecdsa.pem", "--certificate", "demo/server.mldsa65.pem")
TRUST = ("--ca", "demo/ca.ecdsa.pem", "--ca", "demo/ca.mldsa65.pem")


@pytest.fixture
def demo(qlangc: Command) -> Path:
    answer = qlangc("tls", "certificates", "demo")
    assert answer.status == 0
    assert len(answer.out.splitlines()) == 6
    return Path("demo")


class Served:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port: int = self.line()["listening"]["port"]

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        value: dict[str, Any] = json.loads(self.process.stdout.readline())
        return value


@contextmanager
def serving(*options: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "qlang.compiler.cli", "tls", "serve", "--port", "0", *SERVER, *options]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    try:
        yield Served(process)
        process.wait(20)
    finally:
        process.kill()
        process.communicate()


def test_serve_and_connect_name_what_was_negotiated(qlangc: Command, demo: Path) -> None:
    with serving("--once") as server:
        seen = qlangc("tls", "connect", f"localhost:{server.port}", *TRUST, "--json").data
        told = server.line()
    assert (seen["group"], seen["protocol"]) == ("X25519MLKEM768", "TLSv1.3")
    assert told.pop("side") == "server"
    assert told.pop("address").startswith("127.0.0.1:")
    assert told == json.loads(seen["said"])
    assert (told["group"], told["cipher"]) == (seen["group"], seen["cipher"])
    assert told["certificate_algorithm"] == seen["peer_algorithm"]
    assert told["peer"] is None
    assert server.process.returncode == 0


def test_mutual_tls_with_ml_dsa_where_pqc_is_required(qlangc: Command, demo: Path) -> None:
    mine = ("--certificate", "demo/client.mldsa65.pem", "--sigalgs", "mldsa65", "--crypto", "pqc_required")
    with serving("--once", "--crypto", "pqc_required", *TRUST) as server:
        answer = qlangc("tls", "connect", f"127.0.0.1:{server.port}", *TRUST, *mine)
        told = server.line()
    assert answer.status == 0
    assert "peer_algorithm         ml-dsa-65" in answer.out
    assert (told["peer"], told["peer_algorithm"]) == ("qlang-demonstration-client", "ml-dsa-65")


def test_a_classical_client_is_refused_where_pqc_is_required(qlangc: Command, demo: Path) -> None:
    with serving("--once", "--crypto", "pqc_required") as server:
        answer = qlangc("tls", "connect", f"localhost:{server.port}", *TRUST, "--crypto", "classical")
        assert server.line()["refused"] == "no suitable key share"
    assert (answer.status, answer.out) == (3, "")
    assert "handshake failure" in answer.err
    assert server.process.returncode == 3


def test_node_is_served_and_can_check_either_certificate(demo: Path) -> None:
    for kind, algorithm, options in (("ecdsa", "ecdsa-p256", {}), ("mldsa65", "ml-dsa-65", {"sigalgs": "mldsa65"})):
        with serving("--once", "--crypto", "pqc_required") as server:
            answer = node(server.port, ca=(demo / f"ca.{kind}.pem").read_text(), **options)
            told = server.line()
        assert answer["authorized"] is True
        assert json.loads(answer["data"]).items() <= told.items()
        assert answer["group"]["name"] == told["group"] == "X25519MLKEM768"
        assert told["certificate_algorithm"] == algorithm


@pytest.mark.parametrize(("kind", "algorithm"), [("ecdsa", "ecdsa-p256"), ("mldsa65", "ml-dsa-65")])
def test_one_ca_suffices_to_connect(qlangc: Command, demo: Path, kind: str, algorithm: str) -> None:
    with serving("--once") as server:
        answer = qlangc("tls", "connect", f"localhost:{server.port}", "--ca", f"demo/ca.{kind}.pem", "--json")
        server.line()
    assert answer.status == 0, answer.err
    assert answer.data["peer_algorithm"] == algorithm


def test_each_connection_is_one_line_and_nothing_is_said_twice(qlangc: Command, demo: Path) -> None:
    with serving("--crypto", "pqc_required") as server:
        for mode in ("hybrid", "classical", "pqc_required"):
            qlangc("tls", "connect", f"localhost:{server.port}", *TRUST, "--crypto", mode)
        lines = [server.line() for _ in range(3)]
        server.process.terminate()
        out, err = server.process.communicate(timeout=20)
    assert [line.get("group", line.get("refused")) for line in lines] == [
        "X25519MLKEM768",
        "no suitable key share",
        "X25519MLKEM768",
    ]
    assert len({line["address"] for line in lines}) == 3
    assert (out, err) == ("", "serving pqc_required\n")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("connect", "localhost"), 2, "is not HOST:PORT"),
        (("connect", "localhost:1"), 3, "a client needs a CA to trust"),
        (("connect", "localhost:1", "--ca", "demo/ca.ecdsa.pem"), 3, "no connection to localhost port 1"),
        (("connect", "localhost:1", "--ca", "absent.pem"), 3, "absent.pem: does not exist"),
        (("serve", "--certificate", "demo/ca.ecdsa.pem"), 3, "ca.ecdsa.key.json: does not exist"),
        (("serve", "--certificate", "demo/server.ecdsa.pem", "--port", "70000"), 2, "not a port"),
        (("serve",), 2, "--certificate"),
        (("certificates", "demo"), 3, "demo is not empty"),
        (("certificates", "other", "--days", "0"), 2, "--days is from 1"),
    ],
)
def test_a_refusal_is_a_sentence(
    qlangc: Command, demo: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    answer = qlangc("tls", *arguments)
    assert (answer.status, answer.out) == (status, "")
    assert words in answer.err
