"""`qlangc lsp`: hands over to the language server, which is found by name and imported only now."""

from __future__ import annotations

from importlib import import_module

from qlang.compiler import exit_codes
from qlang.compiler.console import verb_parser
from qlang.compiler.failure import Failure

SERVER = "qlang.lsp.server:main"
_EXTRA = ("pygls", "lsprotocol")


def main(argv: list[str]) -> int:
    parser = verb_parser("lsp", "Serve an editor: the language server protocol on standard input and output.")
    parser.add_argument("--stdio", action="store_true", help="the default; editors like to say it")
    parser.parse_args(argv)
    module, _, function = SERVER.partition(":")
    try:
        serve = getattr(import_module(module), function)
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] not in _EXTRA:
            raise
        raise Failure(
            f"the language server needs {missing.name}, which is not installed",
            "install the extra `lsp`: python -m pip install 'qlang[lsp]'",
            exit_codes.EXECUTION,
        ) from missing
    status: int | None = serve()
    return status or exit_codes.OK
