"""The command `qlangc`: finds the verb and imports what that verb needs, nothing else.

`--version` and `--help` are answered from this file alone. A verb is a function `main(argv) -> int` that owns its
options; it is named here as text and imported when it is chosen.
"""

import gc
import sys

from qlang.compiler.exit_codes import BROKEN_PIPE, EXECUTION, INTERRUPTED, OK, USAGE
from qlang.compiler.failure import Failure
from qlang.compiler.interrupts import keep_interrupts
from qlang.compiler.streams import accept_any_text, open_missing, to_the_bin, write_result
from qlang.version import __version__

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Imports and compilations make many objects that stay: the default of 700 costs a tenth of a short run."""

_LANGUAGE, _WORK, _PROOF, _SETUP = "Write", "Run", "Prove", "Set up and look up"

VERBS: dict[str, tuple[str, str, str]] = {
    "check": (_LANGUAGE, "qlang.compiler.verbs.check:main", "find the mistakes in files; nothing runs"),
    "fmt": (_LANGUAGE, "qlang.compiler.verbs.fmt:main", "lay out files in the one style"),
    "explain": (
        _LANGUAGE,
        "qlang.compiler.verbs.explain:main",
        "explain a diagnostic, with a wrong and a right program",
    ),
    "draw": (_LANGUAGE, "qlang.compiler.verbs.draw:main", "draw a circuit as text or SVG"),
    "lsp": (_LANGUAGE, "qlang.compiler.verbs.lsp:main", "serve an editor (language server on stdio)"),
    "plan": (_WORK, "qlang.compiler.verbs.plan:main", "decide and show how a job would run, what it costs and why"),
    "run": (_WORK, "qlang.compiler.verbs.run:main", "plan, execute, sign and record a job"),
    "emit": (_WORK, "qlang.compiler.verbs.emit:main", "print the program after a stage or a pass"),
    "tune": (_WORK, "qlang.compiler.verbs.tune:main", "measure what runs a job's circuit fastest here, and keep it"),
    "convert": (_WORK, "qlang.compiler.verbs.convert:main", "write a circuit as OpenQASM 2 or 3, Stim or QIR"),
    "runs": (_PROOF, "qlang.compiler.verbs.runs:main", "list the recorded runs, or show one"),
    "verify": (_PROOF, "qlang.compiler.verbs.verify:main", "check a run's signatures and digests, offline"),
    "replay": (_PROOF, "qlang.compiler.verbs.replay:main", "execute a recorded plan again and compare every bit"),
    "keys": (_PROOF, "qlang.compiler.verbs.keys:main", "create, list, rotate, revoke, share and back up keys"),
    "policy": (_PROOF, "qlang.compiler.verbs.policy:main", "say what may be signed, by whom and how, and why not"),
    "ledger": (_PROOF, "qlang.compiler.verbs.ledger:main", "check, show, sign and share the log of all runs"),
    "signer": (_PROOF, "qlang.compiler.verbs.signer:main", "sign runs in a process of its own, for one project"),
    "seal": (_PROOF, "qlang.compiler.verbs.seal:main", "encrypt a run or a file for named recipients"),
    "unseal": (_PROOF, "qlang.compiler.verbs.unseal:main", "open what was sealed for you"),
    "tls": (_SETUP, "qlang.compiler.verbs.tls:main", "try out connections with post-quantum key exchange"),
    "devices": (_SETUP, "qlang.compiler.verbs.devices:main", "list the known devices and their calibration"),
    "doctor": (_SETUP, "qlang.compiler.verbs.doctor:main", "look for what is wrong with this installation"),
    "init": (_SETUP, "qlang.compiler.verbs.init:main", "start a project with an example that runs"),
}
"""Verb → (group, "module:function", summary)."""


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit status and lets no exception out."""
    if argv is None:  # the process is ours
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 50, 100)
        keep_interrupts()
        open_missing()
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        accept_any_text()
        status = _dispatch(arguments)
        write_result("", flush=True)
    except Failure as failure:
        return _say(failure)
    except SystemExit as request:  # argparse: 0 after --help, 2 after a wrong option
        return request.code if isinstance(request.code, int) else USAGE
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        # One that went through `exec`, as in the making of a dataclass, ends `python -m` by the signal, unless another
        # `exec` follows.
        exec("")  # noqa: S102 - no text of anybody's
        return INTERRUPTED
    except BrokenPipeError:
        to_the_bin()
        return BROKEN_PIPE
    except MemoryError as error:
        from qlang.compiler.memory_shortage import shortage

        return _say(shortage(error))
    except Exception as error:  # noqa: BLE001 - the one place that must survive our own mistakes
        return _answered(error, arguments)
    return status


def _dispatch(arguments: list[str]) -> int:
    options, rest = _leading_options(arguments)
    if not rest:
        sys.stderr.write(overview())
        return USAGE
    verb, *own = rest
    if verb in ("--version", "-V"):
        write_result(f"qlangc {__version__}\n")
        return OK
    if verb in ("--help", "-h", "help"):
        if verb == "help" and own and own[0] in VERBS:
            return _run(own[0], ["--help"])
        write_result(overview())
        return OK
    if verb not in VERBS:
        raise _unknown(verb)
    return _run(verb, [*options, *own])


def _run(verb: str, argv: list[str]) -> int:
    from importlib import import_module

    from qlang.compiler.cautions import cautions_shown

    module, _, function = VERBS[verb][1].partition(":")
    with cautions_shown(quiet=not {"-q", "--quiet"}.isdisjoint(argv)):
        status: int = getattr(import_module(module), function)(argv)
    return status


def _leading_options(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Options that every verb takes, where they stand before the verb."""
    count = 0
    while count < len(arguments):
        if arguments[count] in ("-q", "--quiet") or arguments[count].startswith("--color="):
            count += 1
        elif arguments[count] == "--color" and count + 1 < len(arguments):
            count += 2
        else:
            break
    return arguments[:count], arguments[count:]


def overview() -> str:
    """The help of the whole command: verbs in groups."""
    lines = ["usage: qlangc VERB [options]", "", "qlang: declarative quantum jobs, planned, run and signed.", ""]
    for group in (_LANGUAGE, _WORK, _PROOF, _SETUP):
        lines.append(f"{group}:")
        lines.extend(f"  {verb:<9} {text}" for verb, (of, _, text) in VERBS.items() if of == group)
        lines.append("")
    lines.append("`qlangc VERB --help` tells more; `qlangc --version` prints the version.")
    lines.append("Exit status: 0 ok, 1 mistakes found or verification failed, 2 wrong usage, 3 execution failed.")
    return "\n".join(lines) + "\n"


def _unknown(verb: str) -> Failure:
    from pathlib import Path

    from qlang.sema.suggestions import suggest

    if verb.startswith("-"):
        return Failure(f"unknown option `{verb}`", "`qlangc --help` lists the verbs")
    if verb.endswith((".qjob", ".qasm")) or Path(verb).is_file():
        return Failure(f"unknown verb `{verb}`", f"to run the file: `qlangc run {verb}`")
    near = suggest(verb, VERBS)
    return Failure(f"unknown verb `{verb}`", f"did you mean `{near}`?" if near else "`qlangc --help` lists the verbs")


def _say(failure: Failure) -> int:
    from qlang.compiler.render.cells import safe_text

    sys.stderr.write(f"error: {safe_text(failure.message)}\n")
    if failure.help:
        sys.stderr.write(f"  = help: {safe_text(failure.help)}\n")
    return failure.status


def _answered(error: Exception, arguments: list[str]) -> int:
    """What any verb may meet and none answers for; all else is our own mistake."""
    from qlang.compiler.crash import report
    from qlang.trust.errors import NoHome

    if isinstance(error, NoHome):
        return _say(Failure(str(error), "set HOME to a folder of your own", EXECUTION))
    return report(error, arguments)


if __name__ == "__main__":
    sys.exit(main())
