"""`qlangc signer`: the long-running signer of a project, and whether one listens."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, add_actions, console_of, verb_parser
from qlang.compiler.failure import Failure
from qlang.compiler.passphrases import add_passphrase
from qlang.compiler.workspace import find_workspace

if TYPE_CHECKING:
    from qlang.trust.policy.model import Policy

SCHEMA = "qlang.signer/1"
_ACTIONS = {
    "serve": "answer on a socket until SIGTERM",
    "status": "ask who listens; exit status 1 if nobody does",
}
_DESCRIPTION = """Sign the runs of a project in a process of its own, under its policy (qlang-policy.toml).

`serve` answers one kind of question on a Unix socket, *sign this manifest*, to its owner and to the users that the
policy names; runs use it with --signer or `[signer] socket = "..."` in qlang.toml. SIGTERM ends it. `status` asks who
listens, exit status 1 if nobody does."""


def main(argv: list[str]) -> int:
    parser = verb_parser("signer", _DESCRIPTION)
    of = add_actions(parser, _ACTIONS)
    for action in of.values():
        action.add_argument("--socket", metavar="PATH", help="default: `[signer] socket`, else .qlang/signer/socket")
    add_passphrase(of["serve"])
    of["status"].add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    from qlang.trust.errors import TrustError

    try:
        return (_serve if options.action == "serve" else _status)(options, console_of(options))
    except TrustError as fault:
        status = exit_codes.EXECUTION if options.action == "serve" else exit_codes.DIAGNOSTICS
        hint = "" if options.action == "serve" else "`qlangc signer serve` starts one"
        raise Failure(str(fault), hint, status) from fault


def _socket(options: Namespace, workspace: Path) -> Path:
    from qlang.compiler.signers import SOCKET, configured_socket

    return Path(options.socket) if options.socket else configured_socket(workspace) or workspace / SOCKET


def _serve(options: Namespace, console: Console) -> int:
    from qlang.compiler.signers import setup_of
    from qlang.trust.policy.load import find_policy
    from qlang.trust.signing.hardening import harden
    from qlang.trust.signing.opening import open_service
    from qlang.trust.signing.server import SignerServer, listening, stopped_by_signals

    workspace = find_workspace(Path.cwd())
    setup, path, done = setup_of(workspace, options.passphrase), _socket(options, workspace), harden(lock_memory=True)
    shared = _names_others(find_policy(workspace))
    with open_service(setup) as service, listening(path, shared=shared) as listener:
        server = SignerServer(service, listener)
        with stopped_by_signals(server):
            console.note(f"signing for {workspace} on {path} ({', '.join(done)})")
            server.serve()
    console.note("ended")
    return exit_codes.OK


def _names_others(policy: Policy) -> bool:
    """Whether the policy lets other users ask: then they must be able to reach the socket."""
    from qlang.trust.signing.peer import own_peer

    own = own_peer()
    sections = (policy.defaults, *policy.tenants.values())
    named = {signer for section in sections for signer in section.signers or ()}
    return bool(named - ({own.uid, own.user} if own else set()))


def _status(options: Namespace, console: Console) -> int:
    from qlang.trust.signing.client import socket_signer

    path = _socket(options, find_workspace(Path.cwd()))
    with socket_signer(path, answer_seconds=10.0) as signer:
        told = signer.describe()
    if options.json:
        console.result_json({"schema": SCHEMA, "socket": str(path), **told})
    else:
        console.result(_text(path, told))
    return exit_codes.OK


def _text(path: Path, told: Mapping[str, Any]) -> str:
    from qlang.compiler.tables import facts

    ledger, policy = told["ledger"], told["policy"]
    keys = [
        f"{key['keyid']} ({key['purpose']}, tenant {key['tenant']}, {key['custody']}, {key['state']})"
        for key in told["keys"]
    ]
    return facts(
        [
            ("socket", str(path)),
            ("version", str(told["version"])),
            ("ledger", f"{ledger['origin']}, {ledger['size']} entries, root {ledger['root']}"),
            ("policy", f"{policy['name']}, {policy['digest']}"),
            ("keys", "\n".join(keys) if keys else "none yet; the first run makes them"),
        ]
    )
