"""`qlangc seal`: encrypt a run or a file for named recipients."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.exit_codes import EXECUTION, OK
from qlang.compiler.failure import Failure
from qlang.compiler.passphrases import add_backup_passphrase, add_passphrase, backup_passphrase, secret_store

if TYPE_CHECKING:
    from qlang.trust.sealing.header import SealedHeader
    from qlang.trust.sealing.recipients import RecipientKey
    from qlang.trust.sealing.seal import QkdSource

_MODES = ("classical", "hybrid", "pqc_required", "qkd")
_DESCRIPTION = """Encrypt a run, or any file, so that only the named recipients can open it (`qlangc unseal`).

The crypto mode decides how: classical X25519; hybrid ML-KEM-768 with X25519; pqc_required ML-KEM-1024 with P-384; qkd
as hybrid, with a key of a QKD network mixed in. A run is sealed under its own mode or a stronger one.

`qlangc seal keygen` makes a key to receive with, `seal keys` lists them, `seal backup KEY` and `seal restore FILE`
copy one under a passphrase. A sealed file does not prove who made it: what is inside a run is signed."""


def main(argv: list[str]) -> int:
    from qlang.trust.errors import TrustError
    from qlang.trust.signing.hardening import forbid_core_dumps

    forbid_core_dumps()
    actions = {"keygen": _keygen, "keys": _keys, "backup": _backup, "restore": _restore}
    action = actions.get(argv[0], _seal) if argv else _seal
    try:
        return action(argv if action is _seal else argv[1:])
    except TrustError as error:
        raise Failure(str(error), status=EXECUTION) from error


def qkd_source(mode: str, file: str | None) -> QkdSource | None:
    """The KME for crypto mode `qkd`, from `[qkd]` of `file` or of the project's policy; None for other modes."""
    if mode != "qkd":
        return None
    from qlang.compiler.workspace import find_workspace
    from qlang.trust.errors import QkdUnavailable
    from qlang.trust.policy.model import POLICY_FILE
    from qlang.trust.qkd.config import configured
    from qlang.trust.qkd.source import KmeSource

    path = Path(file) if file else find_workspace(Path.cwd()) / POLICY_FILE
    config = configured(path)
    if config is None:
        raise QkdUnavailable(f"{path} has no section [qkd] that names a key management entity")
    return KmeSource(config)


def header_json(header: SealedHeader) -> dict[str, Any]:
    """What a sealed file says of itself."""
    return {
        "crypto_mode": header.crypto_mode,
        "suite": header.suite,
        "content": header.content,
        "run_id": header.binding.run_id,
        "manifest_digest": header.binding.manifest_digest,
        "qkd": None if header.qkd is None else {"kme": header.qkd.kme, "key_ID": header.qkd.key_id},
        "recipients": list(header.recipients),
    }


def _seal(argv: list[str]) -> int:
    parser = verb_parser("seal", _DESCRIPTION)
    parser.add_argument(
        "what", metavar="RUN_OR_FILE", help="id, beginning of an id, `last`, folder of a run, or a file"
    )
    parser.add_argument(
        "--to",
        action="append",
        required=True,
        metavar="KEY",
        help="a recipient: file of a public key, or id (or its beginning) of a key of your own; may be repeated",
    )
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the sealed file; must not exist")
    parser.add_argument(
        "--crypto",
        choices=_MODES,
        help="default: the run's, hybrid for a file, or a stronger one that the recipients' keys are for",
    )
    parser.add_argument("--run", metavar="RUN", help="the run that a file belongs to")
    parser.add_argument("--qkd", metavar="FILE", help="where `[qkd]` is (default: the project's policy file)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    from qlang.trust.keys.paths import default_key_paths
    from qlang.trust.sealing.recipients import find_recipient

    paths = default_key_paths()
    recipients = [find_recipient(text, paths) for text in dict.fromkeys(options.to)]
    header = _sealed(options, recipients)
    _report(options.output, header, options.json, console_of(options))
    return OK


def _sealed(options: Namespace, recipients: list[RecipientKey]) -> SealedHeader:
    from qlang.compiler.run_folders import find_run
    from qlang.trust.sealing.content import read_signed_run
    from qlang.trust.sealing.header import Binding
    from qlang.trust.sealing.seal import fitting_mode, seal_file, seal_run

    source, target = Path(options.what), Path(options.output)
    if source.is_file():
        mode = options.crypto or fitting_mode("hybrid", recipients)
        binding = read_signed_run(find_run(options.run, Path.cwd())).binding if options.run else Binding()
        qkd = qkd_source(mode, options.qkd)
        return seal_file(source, target, recipients, crypto_mode=mode, binding=binding, qkd=qkd).header
    if options.run:
        raise Failure("--run is for a file; a run belongs to itself")
    run_dir = find_run(options.what, Path.cwd())
    mode = options.crypto or fitting_mode(read_signed_run(run_dir).crypto_mode, recipients)
    return seal_run(run_dir, target, recipients, crypto_mode=mode, qkd=qkd_source(mode, options.qkd)).header


def _report(output: str, header: SealedHeader, as_json: bool, console: Console) -> None:
    if as_json:
        console.result_json({"schema": "qlang.sealed/1", "path": output, **header_json(header)})
        return
    what = f"run {header.binding.run_id}" if header.content == "run" else "the file"
    qkd = f", with key {header.qkd.key_id} of a {header.qkd.kme} KME" if header.qkd else ""
    console.result(
        f"{output}: {what}, for {', '.join(header.recipients)} ({header.crypto_mode}: {header.suite}{qkd})\n"
    )


def _keygen(argv: list[str]) -> int:
    parser = verb_parser("seal keygen", "Make a key to receive sealed files with; give its public file to senders.")
    parser.add_argument("--crypto", choices=_MODES, default="hybrid", help="for which crypto mode (default: hybrid)")
    add_passphrase(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    console, store = console_of(options), secret_store(options)
    from qlang.trust.sealing.recipients import create_recipient_key, public_path
    from qlang.trust.sealing.suites import SUITE_OF_MODE

    key = create_recipient_key(SUITE_OF_MODE[options.crypto], store)
    public = public_path(key, store.paths)
    if options.json:
        console.result_json(
            {"schema": "qlang.recipient/1", "key_id": key.key_id, "suite": key.suite, "path": str(public)}
        )
    else:
        console.result(f"{key.key_id}\n{public}\n")
    return OK


def _keys(argv: list[str]) -> int:
    parser = verb_parser("seal keys", "List your keys to receive sealed files with.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    console = console_of(options)
    from qlang.trust.keys.paths import default_key_paths
    from qlang.trust.sealing.recipients import own_recipient_keys, public_path

    paths = default_key_paths()
    keys = own_recipient_keys(paths)
    if options.json:
        rows = [{"key_id": key.key_id, "suite": key.suite, "path": str(public_path(key, paths))} for key in keys]
        console.result_json({"schema": "qlang.recipients/1", "keys": rows})
        return OK
    console.result("".join(f"{key.key_id}  {public_path(key, paths)}\n" for key in keys))
    if not keys:
        console.note("no keys yet: `qlangc seal keygen` makes one")
    return OK


def _backup(argv: list[str]) -> int:
    parser = verb_parser("seal backup", "Copy a key to receive with into one file under a passphrase.")
    parser.add_argument("key", metavar="KEY", help="id of a key, or its beginning")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="must not exist")
    add_passphrase(parser)
    add_backup_passphrase(parser)
    options = parser.parse_args(argv)
    from qlang.trust.sealing.key_backup import back_up_recipient_key
    from qlang.trust.sealing.recipients import find_recipient

    store = secret_store(options)
    key = find_recipient(options.key, store.paths)
    back_up_recipient_key(key, Path(options.output), store, backup_passphrase(options))
    console_of(options).result(f"{options.output}: {key.key_id}\n")
    return OK


def _restore(argv: list[str]) -> int:
    parser = verb_parser("seal restore", "Take a key to receive with from a backup into the store.")
    parser.add_argument("file", metavar="FILE", help="what `seal backup` wrote")
    add_passphrase(parser)
    add_backup_passphrase(parser)
    options = parser.parse_args(argv)
    from qlang.trust.sealing.key_backup import restore_recipient_key

    store = secret_store(options)
    key = restore_recipient_key(Path(options.file), store, backup_passphrase(options))
    console_of(options).result(f"restored {key.key_id}\n")
    return OK
