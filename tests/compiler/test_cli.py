"""The command as a whole: finding verbs, exit codes, streams, crashes."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang import crash_dump
from qlang.compiler import cli, exit_codes
from qlang.version import __version__
from tests.conftest import Answer

PYTHON = sys.executable
QLANGC = (PYTHON, "-m", "qlang.compiler.cli")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    for spelling in ("--version", "-V"):
        assert cli.main([spelling]) == 0
        assert capsys.readouterr() == (f"qlangc {__version__}\n", "")


def test_help_lists_every_verb_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    for spelling in ("--help", "-h", "help"):
        assert cli.main([spelling]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        assert all(f"  {verb} " in out and text in out for verb, (_, _, text) in cli.VERBS.items())


def test_no_arguments_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "usage: qlangc" in err


@pytest.mark.parametrize("verb", sorted(cli.VERBS))
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([verb, "--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: qlangc {verb}")
    assert err == ""
    assert cli.main(["help", verb]) == 0
    assert capsys.readouterr().out == out


@pytest.mark.parametrize("verb", sorted(cli.VERBS))
def test_unknown_options_are_wrong_usage(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([verb, "--no-such-option"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"usage: qlangc {verb}" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("verb", "hint"),
    [
        ("chek", "did you mean `check`?"),
        ("verfy", "did you mean `verify`?"),
        ("frobnicate", "`qlangc --help` lists the verbs"),
        ("bell.qasm", "`qlangc run bell.qasm`"),
        ("--jsn", "`qlangc --help` lists the verbs"),
    ],
)
def test_unknown_verbs_get_a_hint(verb: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([verb]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert hint in err


def test_common_options_may_stand_before_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--color", "always", "explain", "203"]) == 0
    assert capsys.readouterr().out.startswith("\x1b[")
    assert cli.main(["-q", "--color=never", "explain", "203"]) == 0
    assert capsys.readouterr().out.startswith("error[QJ0203]")


def break_explain(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(argv: list[str]) -> int:
        raise error

    monkeypatch.setattr("qlang.compiler.verbs.explain.main", broken)


def test_an_internal_error_leaves_a_private_dump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".qlang").mkdir()
    break_explain(monkeypatch, ZeroDivisionError("our mistake"))
    assert cli.main(["explain", "203", "--token", "s3cret", "--api-key=s3cret"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error[QJ9901]: internal error: ZeroDivisionError")
    assert "Traceback" not in err
    (dump,) = (tmp_path / ".qlang" / "crashes").iterdir()
    assert str(dump) in err
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    text = dump.read_text()
    assert "ZeroDivisionError: our mistake" in text
    assert __version__ in text
    assert "s3cret" not in text


def test_a_dump_goes_to_a_temporary_file_outside_workspaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, temporary = tmp_path / "here", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    break_explain(monkeypatch, RuntimeError("x"))
    assert cli.main(["explain"]) == 3
    assert list(home.iterdir()) == []
    assert len(list(temporary.iterdir())) == 1
    assert str(temporary) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["run", "a.qjob"], ["run", "a.qjob"]),
        (["--token", "abc", "x"], ["--token", "***", "x"]),
        (["--password=abc"], ["--password=***"]),
        (["IBM_API_KEY=abc"], ["IBM_API_KEY=***"]),
        (["--secret", "--json"], ["--secret", "--json"]),
    ],
)
def test_secrets_are_hidden(given: list[str], shown: list[str]) -> None:
    assert crash_dump.without_secrets(given) == shown


def test_interruption(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    break_explain(monkeypatch, KeyboardInterrupt())
    assert cli.main(["explain"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    process = subprocess.Popen((*QLANGC, "devices", "--json"), stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    os.close(reader)
    _, err = process.communicate(timeout=60)
    assert err == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [("devices", "--json"), ("--version",)])
def test_output_that_cannot_be_written_is_no_mistake_of_ours(arguments: tuple[str, ...], unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run((*QLANGC, *arguments), stdout=full, stderr=subprocess.PIPE, env=environment, timeout=60)
    assert done.returncode == exit_codes.EXECUTION
    assert done.stderr.startswith(b"error: standard output cannot be written: No space left on device\n  = help: ")
    assert b"Exception" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_mistake_of_ours(closed: str, tmp_path: Path) -> None:
    (tmp_path / "bell.qasm").write_text(BELL)
    (tmp_path / ".qlang").mkdir()
    environment = {**os.environ, "HOME": str(tmp_path)}
    command = ("sh", "-c", f'exec "$@" {closed}', "sh", *QLANGC, "run", "bell.qasm", "--shots", "10")
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, timeout=60)
    assert done.returncode == 0
    assert (b"run" in done.stdout) == (closed == "2>&-")
    assert (tmp_path / ".qlang" / "runs").is_dir()
    assert not (tmp_path / ".qlang" / "crashes").exists()


def test_a_stream_that_cannot_show_a_character_gets_an_escape() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run((*QLANGC, "explain", "203"), capture_output=True, env=environment, timeout=60)
    assert done.returncode == 0
    assert done.stdout.startswith(b"error[QJ0203]: unknown gate `\\u2026`")


def modules_after(*argv: str, cwd: Path) -> set[str]:
    """The modules that are loaded when the command has done its work."""
    probe = (
        "import sys, json\nfrom qlang.compiler.cli import main\nstatus = main(sys.argv[1:])\n"
        "sys.stdout.flush()\nsys.stderr.write('\\nPROBE' + json.dumps([status, sorted(sys.modules)]))"
    )
    done = subprocess.run((PYTHON, "-c", probe, *argv), capture_output=True, text=True, cwd=cwd, timeout=120)
    status, modules = json.loads(done.stderr.rpartition("PROBE")[2])
    assert status == 0, done.stderr
    return set(modules)


NEVER = {"jax", "qiskit", "qiskit_ibm_runtime", "sklearn", "matplotlib", "scipy", "pandas", "pint", "rich"}
HEAVY = {*NEVER, "numpy", "xdsl", "cryptography", "lark", "stim", "llvmlite", "pygls"}
"""What checking and laying out text has no business with."""

BELL = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
h q[0];
cx q[0], q[1];
c = measure q;
"""


@pytest.fixture
def bell(tmp_path: Path) -> Path:
    path = tmp_path / "bell.qasm"
    path.write_text(BELL)
    return path


@pytest.mark.parametrize(
    ("argv", "denied"),
    [
        (["--version"], {*HEAVY, "argparse", "dataclasses", "inspect", "re", "importlib.metadata"}),
        (["--help"], {*HEAVY, "argparse", "dataclasses", "inspect", "re", "importlib.metadata"}),
        (["check", "bell.qasm"], {*HEAVY, "asyncio", "email", "difflib", "urllib.request", "importlib.metadata"}),
        (["fmt", "bell.qasm"], {*HEAVY, "asyncio", "email", "difflib", "urllib.request", "importlib.metadata"}),
        (["explain", "203"], HEAVY),
        (["plan", "bell.qasm", "--shots", "100"], NEVER),
        (["run", "bell.qasm", "--shots", "100", "--seed", "1"], NEVER),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_imports(argv: list[str], denied: set[str], bell: Path, tmp_path: Path) -> None:
    bare = subprocess.run((PYTHON, "-c", "import sys; print(*sys.modules)"), capture_output=True, text=True, timeout=60)
    loaded = modules_after(*argv, cwd=tmp_path) - set(bare.stdout.split())
    assert not loaded & denied


@pytest.mark.parametrize("verb", ["plan", "run", "tune"])
def test_a_user_whom_the_system_does_not_know_is_told_what_to_set(
    verb: str, qlangc: Callable[..., Answer], in_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    (in_workspace / "large.qasm").write_text("OPENQASM 3;\ninclude 'stdgates.inc';\nqubit[12] q;\nh q;\n")
    answer = qlangc(verb, "large.qasm")
    assert (answer.status, answer.out) == (exit_codes.EXECUTION, "")
    assert "this user has no home" in answer.err
    assert "= help: set " in answer.err
