"""A simulator of a key management entity (ETSI GS QKD 014 v1.1.1): HTTPS with mutual TLS, keys from a random generator.

No quantum device is behind it. One process stands for the KMEs of both sites, so both ends see the same keys. The SAE
that calls is who its certificate names, as clause 5.1 of the specification wants it.
"""

import base64
import json
import os
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

MAX_PER_REQUEST = 16
SIZES = (64, 1024)


@dataclass
class Simulator:
    """Its keys, and how tests let it misbehave."""

    port: int = 0
    stored: int = 100
    keys: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """(master, slave) → key id → key in base64, until the slave has fetched it."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    answer: Callable[[str, int, Any], tuple[int, Any]] | None = None
    """Changes (path, status, body) of an answer; bytes are sent as they are."""
    drip: float = 0.0
    """Seconds to wait between the bytes of an answer."""
    stop: threading.Event = field(default_factory=threading.Event)

    def status(self, caller: str, other: str) -> tuple[int, Any]:
        """Clause 6.1."""
        return 200, {
            "source_KME_ID": "simulator-a",
            "target_KME_ID": "simulator-b",
            "master_SAE_ID": caller,
            "slave_SAE_ID": other,
            "key_size": 256,
            "stored_key_count": self.stored,
            "max_key_count": 1000,
            "max_key_per_request": MAX_PER_REQUEST,
            "max_key_size": SIZES[1],
            "min_key_size": SIZES[0],
            "max_SAE_ID_count": 0,
        }

    def enc_keys(self, caller: str, other: str, asked: dict[str, Any]) -> tuple[int, Any]:
        """Clauses 5.2 and 6.2."""
        number, size = asked.get("number", 1), asked.get("size", 256)
        if not isinstance(number, int) or not 1 <= number <= MAX_PER_REQUEST:
            return 400, {"message": "number is out of range"}
        if not isinstance(size, int) or size % 8 or not SIZES[0] <= size <= SIZES[1]:
            return 400, {"message": "size is out of range"}
        if number > self.stored:
            return 503, {"message": "not enough keys"}
        self.stored -= number
        fresh = {str(uuid.uuid4()): base64.b64encode(os.urandom(size // 8)).decode() for _ in range(number)}
        self.keys.setdefault((caller, other), {}).update(fresh)
        return 200, {"keys": [{"key_ID": key_id, "key": key} for key_id, key in fresh.items()]}

    def dec_keys(self, caller: str, other: str, asked: dict[str, Any]) -> tuple[int, Any]:
        """Clauses 5.3 and 6.4; each key once."""
        kept = self.keys.get((other, caller), {})
        wanted = [item["key_ID"] for item in asked.get("key_IDs", [])]
        if not wanted or any(key_id not in kept for key_id in wanted):
            return 400, {"message": "one or more keys specified are not found on KME"}
        return 200, {"keys": [{"key_ID": key_id, "key": kept.pop(key_id)} for key_id in wanted]}


def _handler(simulator: Simulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # header and body in one segment

        def do_GET(self) -> None:
            """Clauses 5.2 and 5.3 allow GET for keys too, with the request in the query."""
            query = dict(parse_qsl(urlsplit(self.path).query))
            sizes = {name: int(text) for name, text in query.items() if text.isdecimal()}
            self._serve({**sizes, "key_IDs": [{"key_ID": query.get("key_ID", "")}]})

        def do_POST(self) -> None:
            self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, *_: Any) -> None:
            pass

        def _serve(self, asked: Any) -> None:
            certificate: Any = self.connection.getpeercert()  # type: ignore[attr-defined]  # a TLS socket
            caller = certificate["subjectAltName"][0][1]
            simulator.requests.append((caller, self.path))
            *front, other, action = urlsplit(self.path).path.split("/")
            routes: dict[str, Callable[[], tuple[int, Any]]] = {
                "status": lambda: simulator.status(caller, other),
                "enc_keys": lambda: simulator.enc_keys(caller, other, asked),
                "dec_keys": lambda: simulator.dec_keys(caller, other, asked),
            }
            route = routes.get(action) if front == ["", "api", "v1", "keys"] else None
            status, body = route() if route else (404, {"message": "unknown"})
            if simulator.answer:
                status, body = simulator.answer(self.path, status, body)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if status == 302:
                self.send_header("Location", "/api/v1/keys/elsewhere/status")
            self.end_headers()
            self._send(data)

        def _send(self, data: bytes) -> None:
            if not simulator.drip:
                self.wfile.write(data)
                return
            for byte in data:
                if simulator.stop.wait(simulator.drip):
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()

    return Handler


@contextmanager
def running_simulator(context: ssl.SSLContext) -> Iterator[Simulator]:
    """A simulator on a port of its own; `context` has its certificate and demands one of the caller."""
    simulator = Simulator()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request: Any, client_address: Any) -> None:
            try:
                with context.wrap_socket(request, server_side=True) as secured:
                    super().finish_request(secured, client_address)
            except OSError:  # refused certificates and clients that leave are part of the tests
                return

    with Server(("127.0.0.1", 0), _handler(simulator)) as server:
        simulator.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield simulator
        finally:
            simulator.stop.set()
            server.shutdown()
            thread.join(5)
