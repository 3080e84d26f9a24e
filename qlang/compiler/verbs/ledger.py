"""`qlangc ledger`: the Merkle log of all runs, keys, refusals and policies of a project."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from qlang.compiler.console import add_actions, console_of, verb_parser
from qlang.compiler.exit_codes import DIAGNOSTICS, EXECUTION
from qlang.compiler.failure import Failure
from qlang.compiler.passphrases import add_passphrase

_DESCRIPTION = """Check, read, sign and share the ledger of a project.

Nobody can change an entry unseen by those who kept an older checkpoint, receipt or export of the ledger, or by its
witnesses. Without any of these, whoever owns the file can write another one: keep a checkpoint elsewhere."""

_ACTIONS = {
    "verify": "check every hash and compare with older checkpoints",
    "show": "list the newest entries, or show some",
    "checkpoint": "sign the present state; keep the result elsewhere",
    "proof": "prove that an entry is in the ledger (a receipt)",
    "receipts": "write the receipts of the project's runs anew, from the newest checkpoint",
    "consistency": "prove that the ledger continues an older state",
    "export": "write the whole ledger as JSON lines, for anyone to verify",
    "witness": "have another machine cosign checkpoints, or be that machine",
}
_WITNESS_ACTIONS = {
    "log-keys": "log: print the public keys that sign checkpoints",
    "request": "log: ask for a cosignature of the newest checkpoint",
    "add": "log: take in a witness's answer, and give the runs that it covers receipts with it",
    "create": "witness: set up what it knows of one log",
    "keys": "witness: print its public keys",
    "cosign": "witness: answer a request, or refuse a fork or a rollback",
}


def main(argv: list[str]) -> int:
    parser = verb_parser("ledger", _DESCRIPTION)
    of = add_actions(parser, _ACTIONS)
    _options_of_verify(of["verify"])
    _options_of_looking(of["show"], of["proof"], of["consistency"], of["export"])
    step = add_actions(of["witness"], _WITNESS_ACTIONS, "step")
    _options_of_witness(step)
    for one in (of["checkpoint"], step["log-keys"]):
        one.add_argument("--root", action="store_true", help="with the root key too")
    for name in ("verify", "show", "checkpoint", "receipts", "consistency"):
        of[name].add_argument("--json", action="store_true", help="print one JSON object")
    for one in (*(of[name] for name in _ACTIONS if name != "witness"), step["log-keys"], step["request"], step["add"]):
        one.add_argument("--ledger", metavar="PATH", help="instead of the project's")
    for one in (of["checkpoint"], of["proof"], *(step[name] for name in _WITNESS_ACTIONS if name != "create")):
        one.add_argument("-o", "--output", metavar="FILE", help="write there instead of to standard output")
    for one in (of["checkpoint"], step["log-keys"], step["keys"], step["cosign"]):
        add_passphrase(one)
    return _run(parser.parse_args(argv))


def _run(options: Namespace) -> int:
    from qlang.compiler.ledger import looking, vouching
    from qlang.trust.errors import CustodyError, KeyRefused, TrustError

    actions = {
        "verify": looking.verify,
        "show": looking.show,
        "proof": looking.proof,
        "consistency": looking.consistency,
        "export": looking.export,
        "checkpoint": vouching.checkpoint,
        "receipts": vouching.receipts,
        "log-keys": vouching.log_keys,
        "request": vouching.request,
        "add": vouching.add,
        "create": vouching.create,
        "keys": vouching.witness_keys,
        "cosign": vouching.cosign,
    }
    try:
        return actions[options.step if options.action == "witness" else options.action](options, console_of(options))
    except (CustodyError, KeyRefused) as error:  # says nothing about the ledger
        raise Failure(str(error), status=EXECUTION) from error
    except TrustError as error:
        raise Failure(str(error), status=DIAGNOSTICS) from error


def _options_of_verify(verify: ArgumentParser) -> None:
    verify.add_argument("--deep", action="store_true", help="recompute every hash from the entries")
    verify.add_argument(
        "--from", dest="source", metavar="EXPORT", help="check an exported ledger instead of a database"
    )
    verify.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        metavar="FILE",
        help="an older checkpoint or receipt that the ledger must continue; may be repeated",
    )
    whose = verify.add_mutually_exclusive_group()
    whose.add_argument("--keys", metavar="DIR", help="a folder with the public keys to trust instead of your own store")
    whose.add_argument("--any-key", action="store_true", help="leave the signatures of checkpoints unchecked")


def _options_of_looking(
    show: ArgumentParser, proof: ArgumentParser, consistency: ArgumentParser, export: ArgumentParser
) -> None:
    show.add_argument("index", nargs="*", type=int, metavar="N", help="show these entries whole")
    show.add_argument("--kind", metavar="KIND", help="list one kind only: run, refusal, key-created, policy, …")
    show.add_argument("--limit", type=_positive, default=20, metavar="COUNT", help="how many at most (default: 20)")
    proof.add_argument("index", type=int, metavar="INDEX")
    proof.add_argument("--newest", action="store_true", help="prove it to the newest checkpoint, not to the first one")
    consistency.add_argument("old", type=int, metavar="OLD", help="number of entries of the older state")
    consistency.add_argument("size", nargs="?", type=int, metavar="SIZE", help="of the newer state (default: now)")
    export.add_argument("file", metavar="FILE")


def _options_of_witness(step: dict[str, ArgumentParser]) -> None:
    step["request"].add_argument(
        "--old", type=int, metavar="SIZE", help="what the witness saw last (default: as recorded)"
    )
    step["add"].add_argument("answer", metavar="FILE", help="what `cosign` wrote")
    step["add"].add_argument("--witness-key", required=True, metavar="FILE", help="what `keys` of the witness wrote")
    step["create"].add_argument("--name", required=True, help="of the witness, such as witness.example.org/w1")
    step["create"].add_argument("--log-key", required=True, metavar="FILE", help="what `log-keys` of the log wrote")
    step["create"].add_argument("--origin", metavar="NAME", help="of the log (default: the name in its keys)")
    step["cosign"].add_argument("request", metavar="FILE", help="what `request` of the log wrote")
    for name in ("create", "keys", "cosign"):
        step[name].add_argument("--state", required=True, metavar="FILE", help="where the witness keeps what it knows")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
