"""`qlangc keys`: the life of the keys that sign."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from qlang.compiler.console import add_actions, console_of, verb_parser
from qlang.compiler.exit_codes import EXECUTION
from qlang.compiler.failure import Failure
from qlang.compiler.passphrases import SOURCES, add_backup_passphrase, add_passphrase

_DESCRIPTION = """Create, list, rotate, revoke, share, probe and back up the keys that sign runs and the ledger.

KEY is a key id or its beginning, or the beginning of its digits. Keys of custody `development` are made at the first
run without a question; this verb is for everything else."""

_ACTIONS = {
    "create": "make a key",
    "list": "show all keys, what they are for and whether they may sign",
    "rotate": "make a new key, which the old one signs, and let the old one end",
    "revoke": "let a key's signatures count no more",
    "export-public": "write public keys and key events into a folder, for whoever verifies",
    "import-public": "trust public keys of somebody else",
    "probe": "try to get private keys out of their custody",
    "protect": "change what opens the key store: a passphrase, or this machine's unlock secret",
    "backup": "copy keys into one file under a passphrase",
    "restore": "take the keys of a backup into the store",
}


def main(argv: list[str]) -> int:
    parser = verb_parser("keys", _DESCRIPTION)
    of = add_actions(parser, _ACTIONS)
    _options_of_new_keys(of["create"], of["rotate"])
    _options_of_life(of["rotate"], of["revoke"])
    _options_of_sharing(of["export-public"], of["import-public"])
    _options_of_protection(of["protect"], of["backup"], of["restore"])
    of["probe"].add_argument("key", nargs="?", metavar="KEY", help="default: all keys")
    for name in ("rotate", "revoke", "probe"):
        of[name].add_argument("--purpose", help="of the key that KEY names, where it begins several ids")
        of[name].add_argument("--tenant", metavar="NAME", help="the same")
    for name in ("list", "create", "rotate", "revoke", "probe"):
        of[name].add_argument("--json", action="store_true", help="print one JSON object")
    for name in ("create", "rotate", "revoke"):
        of[name].add_argument("--ledger", metavar="PATH", help="record it there instead of in the project's ledger")
    for name in ("create", "rotate", "revoke", "probe", "backup", "restore"):
        add_passphrase(of[name])
    for name in ("revoke", "import-public", "restore", "protect"):
        of[name].add_argument("-y", "--yes", action="store_true", help="do not ask on a terminal")
    return _run(parser.parse_args(argv))


def _run(options: Namespace) -> int:
    from qlang.compiler.keys import life, listing, sharing
    from qlang.trust.errors import TrustError
    from qlang.trust.signing.hardening import forbid_core_dumps

    forbid_core_dumps()
    actions = {
        "create": life.create,
        "rotate": life.rotate,
        "revoke": life.revoke,
        "list": listing.show,
        "probe": listing.probe,
        "export-public": sharing.export_public,
        "import-public": sharing.import_public,
        "protect": sharing.protect,
        "backup": sharing.backup,
        "restore": sharing.restore_backup,
    }
    try:
        return actions[options.action](options, console_of(options))
    except TrustError as error:
        raise Failure(str(error), status=EXECUTION) from error


def _options_of_new_keys(create: ArgumentParser, rotate: ArgumentParser) -> None:
    create.add_argument(
        "--algorithm", action="append", metavar="NAME", help="may be repeated; default: what the purpose needs"
    )
    create.add_argument(
        "--purpose",
        default="run-manifest",
        help="run-manifest (default), ledger-checkpoint, root, witness or release",
    )
    create.add_argument("--tenant", default="default", metavar="NAME", help="whose key it is (default: default)")
    for parser, default in ((create, "development"), (rotate, "as before")):
        parser.add_argument(
            "--custody", metavar="CLASS", help=f"development, token-wrapped or token-native (default: {default})"
        )
        parser.add_argument("--token", metavar="NAME", help="which `[tokens.NAME]` of the policy file")
        parser.add_argument("--not-before", metavar="TIME", help="YYYY-MM-DDTHH:MM:SSZ (default: now)")
        parser.add_argument("--valid-days", type=int, metavar="N", help="days until it expires (default: without end)")


def _options_of_life(rotate: ArgumentParser, revoke: ArgumentParser) -> None:
    rotate.add_argument("key", metavar="KEY")
    revoke.add_argument("key", metavar="KEY")
    revoke.add_argument("--reason", required=True, help="compromised, superseded, lost or retired")
    revoke.add_argument("--since", metavar="TIME", help="compromised: since when; without it, since ever")
    revoke.add_argument("--since-entry", type=int, metavar="INDEX", help="compromised: since which entry of the ledger")


def _options_of_sharing(export: ArgumentParser, importing: ArgumentParser) -> None:
    export.add_argument("folder", metavar="DIR")
    importing.add_argument("path", metavar="PATH", help="a public key (PEM), a key event, or a folder of such files")


def _options_of_protection(protect: ArgumentParser, backup: ArgumentParser, restore: ArgumentParser) -> None:
    how = protect.add_mutually_exclusive_group(required=True)
    how.add_argument("--new-passphrase", metavar="SOURCE", help=f"where the new one comes from: {SOURCES}")
    how.add_argument("--unlock-secret", action="store_true", help="no passphrase: a file in the state folder")
    protect.add_argument("--passphrase", metavar="SOURCE", help="where the present one comes from (default: prompt)")
    for parser in (backup, restore):
        parser.add_argument("file", metavar="FILE")
        add_backup_passphrase(parser)
