"""The command `qlang-opt`: reads IR, runs passes, prints IR.

Plain `xdsl-opt` can do the same, for our dialects and passes are registered with it; this one is there where
only qlang is looked for, and shows the user's mistakes without a traceback.
"""

import sys

from xdsl.utils.exceptions import DiagnosticException, ParseError, PassFailedException, VerifyException
from xdsl.xdsl_opt_main import xDSLOptMain

from qlang.compiler.exit_codes import DIAGNOSTICS, OK
from qlang.version import __version__


class QlangOpt(xDSLOptMain):
    """The driver under our name."""

    version_format = f"qlang-opt {__version__} built on xdsl {{xdsl_version}}"


def main(argv: list[str] | None = None) -> int:
    """Run the driver; returns its exit status."""
    try:
        QlangOpt(description="Run passes over qlang's intermediate representation.", args=argv).run()  # type: ignore[no-untyped-call]  # untyped in xDSL
    except (ParseError, VerifyException, PassFailedException, DiagnosticException) as error:
        sys.stderr.write(f"error: {error}\n")
        return DIAGNOSTICS
    except FileNotFoundError as error:
        sys.stderr.write(f"error: {error.filename}: there is no such file\n")
        return DIAGNOSTICS
    return OK


if __name__ == "__main__":
    sys.exit(main())
