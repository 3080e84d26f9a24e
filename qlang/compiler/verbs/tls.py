"""`qlangc tls`: try out TLS with classical, hybrid and post-quantum parts."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.compiler.console import Console, add_actions, console_of, verb_parser
from qlang.compiler.exit_codes import EXECUTION, OK
from qlang.compiler.failure import Failure
from qlang.compiler.passphrases import add_passphrase, secret_store

if TYPE_CHECKING:
    from qlang.trust.tls.channel import TlsChannel
    from qlang.trust.tls.context import TlsSettings
    from qlang.trust.tls.identity import TlsIdentity

_DESCRIPTION = """Demonstrate the TLS of qlang: version 1.3, key exchange by crypto mode (classical X25519; hybrid
X25519MLKEM768 with X25519 for old peers; pqc_required nothing without ML-KEM-768), ECDSA and
ML-DSA-65 certificates at once. Needs the extra `tls`.

    qlangc tls certificates demo
    qlangc tls serve --certificate demo/server.ecdsa.pem --certificate demo/server.mldsa65.pem
    qlangc tls connect localhost:8443 --ca demo/ca.ecdsa.pem --ca demo/ca.mldsa65.pem"""

_ACTIONS = {
    "serve": "tell each client what was negotiated; one line of JSON for each connection",
    "connect": "connect, and show what was negotiated and what the server says",
    "certificates": "make demonstration CAs and certificates; their private keys are encrypted",
}
_MODES = ("classical", "hybrid", "pqc_required")
_MAX_ANSWER = 1 << 16


def main(argv: list[str]) -> int:
    parser = verb_parser("tls", _DESCRIPTION)
    of = add_actions(parser, _ACTIONS)
    _options(of["serve"], of["connect"], of["certificates"])
    options = parser.parse_args(argv)
    from qlang.trust.errors import TrustError

    run = {"serve": _serve, "connect": _connect, "certificates": _certificates}[options.action]
    try:
        return run(options, console_of(options))
    except TrustError as error:
        raise Failure(str(error), status=EXECUTION) from error


def _options(serve: ArgumentParser, connect: ArgumentParser, certificates: ArgumentParser) -> None:
    serve.add_argument("--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1)")
    serve.add_argument("--port", type=_port, default=8443, help="0 takes a free one (default: 8443)")
    serve.add_argument("--once", action="store_true", help="end after one connection; status 3 if it was refused")
    connect.add_argument("address", metavar="HOST:PORT")
    connect.add_argument("--name", help="name that the certificate must have (default: HOST)")
    connect.add_argument("--json", action="store_true", help="print one JSON object")
    for parser, required in ((serve, True), (connect, False)):
        parser.add_argument("--crypto", choices=_MODES, default="hybrid", help="crypto mode (default: hybrid)")
        parser.add_argument(
            "--certificate",
            action="append",
            default=[],
            required=required,
            metavar="PEM",
            help="own certificate, its key beside it as NAME.key.json; one of each kind",
        )
        trust = "CA of clients: they must have a certificate then" if required else "CA to trust"
        parser.add_argument("--ca", action="append", default=[], metavar="PEM", help=f"{trust}; may be repeated")
        parser.add_argument("--sigalgs", default="", metavar="LIST", help="signature algorithms, such as mldsa65")
        parser.add_argument("--timeout", type=float, default=5.0, metavar="S", help="seconds for a handshake (5)")
    certificates.add_argument("folder", metavar="DIR", help="a new or empty folder")
    certificates.add_argument(
        "--name", action="append", metavar="NAME", help="of the server (default: localhost, 127.0.0.1 and ::1)"
    )
    certificates.add_argument("--days", type=int, default=30, help="how long they are valid (default: 30)")
    for parser in (serve, connect, certificates):
        add_passphrase(parser)


def _serve(options: Namespace, console: Console) -> int:
    from qlang.trust.tls.channel import Limits
    from qlang.trust.tls.server import TlsServer

    settings = _settings(options)
    with TlsServer(options.host, options.port, settings, Limits(handshake_seconds=options.timeout)) as server:
        host, port = server.address
        console.note(f"serving {options.crypto}")
        _line({"listening": {"host": host, "port": port}})
        with _logged_to_output():
            if not options.once:
                server.serve(_answer)
                return OK
            with server.accept() as channel:
                _answer(channel)
    return OK


def _answer(channel: TlsChannel) -> None:
    """Tell the client what was agreed on."""
    channel.send(json.dumps(asdict(channel.negotiated)).encode() + b"\n")


def _connect(options: Namespace, console: Console) -> int:
    from qlang.trust.errors import TlsRefused
    from qlang.trust.tls.channel import Limits
    from qlang.trust.tls.client import connect

    host, _, port = options.address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise Failure(f"{options.address} is not HOST:PORT")
    limits = Limits(handshake_seconds=options.timeout)
    with connect(host.strip("[]"), int(port), _settings(options), server_name=options.name, limits=limits) as channel:
        said = b""
        while part := channel.receive():
            said += part
            if len(said) > _MAX_ANSWER:
                raise TlsRefused(f"the server said more than {_MAX_ANSWER} bytes")
        facts = asdict(channel.negotiated)
    text = said.decode("utf-8", "backslashreplace")
    if options.json:
        console.result_json({"schema": "qlang.tls/1", **facts, "said": text})
    else:
        from qlang.compiler.render.cells import safe_text

        console.result("".join(f"{name:<22} {safe_text(str(value))}\n" for name, value in facts.items()))
        console.note(f"the server said: {safe_text(text.strip())}")
    return OK


def _certificates(options: Namespace, console: Console) -> int:
    from qlang.trust.tls.certificates import write_demonstration

    if not 0 < options.days <= 3650:
        raise Failure("--days is from 1 to 3650")
    names = options.name or ["localhost", "127.0.0.1", "::1"]
    written = write_demonstration(Path(options.folder), names, options.days, secret_store(options))
    console.result("".join(f"{path}\n" for path in written))
    console.note("demonstration only: the keys of the CAs were not kept, so nothing more can be issued")
    return OK


def _settings(options: Namespace) -> TlsSettings:
    from qlang.trust.tls.context import TlsSettings
    from qlang.trust.tls.identity import load_certificates

    trust = tuple(one for path in options.ca for one in load_certificates(Path(path)))
    sigalgs = tuple(name for name in options.sigalgs.replace(",", ":").split(":") if name)
    return TlsSettings(options.crypto, _identities(options), trust, sigalgs)


def _identities(options: Namespace) -> tuple[TlsIdentity, ...]:
    from qlang.trust.tls.identity import load_identity

    store = secret_store(options)
    return tuple(load_identity(Path(path), store=store) for path in options.certificate)


def _line(value: object) -> None:
    """One line of JSON, seen at once by whoever reads the pipe."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


@contextmanager
def _logged_to_output() -> Iterator[None]:
    """The server's log is the result: each connection, served or refused, is one line of JSON in it."""
    import logging

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            sys.stdout.write(record.getMessage() + "\n")
            sys.stdout.flush()

    log, lines = logging.getLogger("qlang.trust.tls"), Lines(logging.INFO)
    before = log.level
    log.addHandler(lines)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(lines)
        log.setLevel(before)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 16:
        raise ArgumentTypeError(f"{text} is not a port")
    return int(text)
