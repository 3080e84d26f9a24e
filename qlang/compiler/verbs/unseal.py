"""`qlangc unseal`: open what was sealed for one of the user's keys."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from qlang.compiler.console import console_of, verb_parser
from qlang.compiler.exit_codes import DIAGNOSTICS, EXECUTION, OK
from qlang.compiler.failure import Failure
from qlang.compiler.passphrases import add_passphrase, secret_store

_DESCRIPTION = """Open a sealed file with one of your keys. Nothing is written under the name OUT before everything
was found unchanged. The files of a run become a folder; `qlangc verify OUT` then tells who made them."""


def main(argv: list[str]) -> int:
    parser = verb_parser("unseal", _DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="what `qlangc seal` wrote")
    parser.add_argument("-o", "--output", metavar="OUT", help="a file, or a folder for a run; must not exist")
    parser.add_argument("--run", metavar="RUN", help="refuse unless it belongs to this run")
    parser.add_argument("--qkd", metavar="FILE", help="where `[qkd]` is (default: the project's policy file)")
    parser.add_argument("--show", action="store_true", help="show what the file says of itself, and open nothing")
    add_passphrase(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    from qlang.trust.signing.hardening import forbid_core_dumps

    forbid_core_dumps()
    return _run(options)


def _run(options: Namespace) -> int:
    if options.show == (options.output is not None):
        raise Failure("either -o OUT or --show is needed")
    console = console_of(options)
    from qlang.compiler.run_folders import find_run
    from qlang.compiler.verbs.seal import header_json, qkd_source
    from qlang.trust.errors import SealedFileRefused, TrustError
    from qlang.trust.sealing.content import read_signed_run
    from qlang.trust.sealing.recipients import recipient_secret
    from qlang.trust.sealing.unseal import read_header, unseal

    sealed = Path(options.file)
    try:
        header = read_header(sealed)
        if options.show:
            console.result_json({"schema": "qlang.sealed/1", "path": options.file, **header_json(header)})
            return OK
        expected = read_signed_run(find_run(options.run, Path.cwd())).binding if options.run else None
        store, qkd = secret_store(options), qkd_source(header.crypto_mode, options.qkd)
        opened = unseal(
            sealed, Path(options.output), lambda key_id: recipient_secret(key_id, store), expected=expected, qkd=qkd
        )
    except SealedFileRefused as error:
        raise Failure(str(error), status=DIAGNOSTICS) from error
    except TrustError as error:
        raise Failure(str(error), status=EXECUTION) from error
    if options.json:
        report = {"schema": "qlang.unsealed/1", "path": options.output, "key_id": opened.key_id}
        console.result_json({**report, "files": list(opened.files), **header_json(opened.header)})
    else:
        run = f"run {opened.header.binding.run_id}, " if opened.header.binding.run_id else ""
        count = len(opened.files)
        console.result(
            f"{options.output}: {run}{count} {'file' if count == 1 else 'files'}, opened with {opened.key_id}\n"
        )
    return OK
