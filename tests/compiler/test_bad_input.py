"""Files that nobody should give a compiler: each gets a clear error within seconds, never a traceback or a hang.

Every file goes through the command, with a limit on processor time that stands for the bar of two seconds; the limit is
larger, as the machine may be slow, and far below what any of these took when it was not looked after.
"""

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SECONDS = 6
"""Processor time of a call; the bar is 2 on the reference machine (docs/performance.md)."""
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\n'
DEEP, LONG = 10_000, 10_000_000

Content = str | bytes


Say = Callable[..., tuple[int, str]]
"""Folder, name of a file and verb with options → exit status and words of `qlangc VERB NAME`."""


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def apart(folder: Path, name: str, *verb: str) -> tuple[int, str]:
    """In a process of its own, which the limit ends whatever it does."""
    call = [sys.executable, "-P", "-c", "import sys; from qlang.compiler.cli import main; sys.exit(main())"]
    done = subprocess.run(
        [*call, *(verb or ("check",)), name],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20 * SECONDS,
        preexec_fn=limited,  # nothing here has threads
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Say:
    """In this process, where a start costs nothing; a signal ends what takes long or waits."""

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError

    def say(folder: Path, name: str, *verb: str) -> tuple[int, str]:
        from qlang.compiler.cli import main

        monkeypatch.chdir(folder)
        capfd.readouterr()
        before = signal.signal(signal.SIGPROF, stop), signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.setitimer(signal.ITIMER_REAL, 20 * SECONDS)
        try:
            status = main([*(verb or ("check",)), name])
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGPROF, before[0])
            signal.signal(signal.SIGALRM, before[1])
        return status, "".join(capfd.readouterr())

    return say


def refused(answer: tuple[int, str]) -> set[str]:
    """The codes of the errors in an answer; there must be one, and no word too many."""
    status, words = answer
    assert status == 1, words[-2000:]
    assert "Traceback" not in words
    assert len(words) < 60_000, "a message as long as the input"
    return set(re.findall(r"error\[(QJ\d{4})\]", words))


BYTES: dict[str, tuple[Content, str]] = {
    "latin-1": (HEAD.encode() + "float é;".encode("latin-1"), "QJ0131"),
    "utf-16": (HEAD.encode("utf-16"), "QJ0131"),
    "utf-16 without mark": (HEAD.encode("utf-16-be"), "QJ0132"),
    "utf-32": (HEAD.encode("utf-32"), "QJ0131"),
    "lone surrogate": (HEAD.encode() + b"// \xed\xa0\x80\n", "QJ0131"),
    "null": (HEAD.encode() + b"x\0y;", "QJ0132"),
}
LINES: dict[str, tuple[Content, str]] = {
    "statements": (HEAD + "h q[0]; " * (LONG // 8), "QJ0135"),
    "identifier": (HEAD + "a" * LONG, "QJ0135"),
    "string": (HEAD + 'include "' + "a" * LONG + '";', "QJ0135"),
    "open string": (HEAD + '"' * LONG, "QJ0135"),
    "brackets": (HEAD + "x = " + "(" * LONG, "QJ0135"),
    "comment": (HEAD + "// " + "(" * LONG, "QJ0135"),
    "junk": (HEAD + "` " * (LONG // 2), "QJ0135"),
    "shorter brackets": (HEAD + "x = " + "(" * 240_000, "QJ0120"),
    "shorter junk": (HEAD + "` " * 120_000, "QJ0110"),
    "shorter cal": (HEAD + "cal " * 60_000, "QJ0113"),
    "shorter cal blocks": (HEAD + "cal {" * 48_000, "QJ0113"),
    "shorter statements": (HEAD + "c = measure r; " * 16_000, "QJ0201"),
    "shorter definitions": (HEAD + "gate g a {h a;} " * 15_000, "QJ0202"),
    "words of jobs": ("run " * 60_000, "QJ0109"),
    "shorter blocks": (HEAD + "{ int y; " * 25_000, "QJ0120"),
    "lines of junk": (HEAD + "\n @" * (LONG // 3), "QJ0136"),
    "array of a million": (HEAD + "array[int[32], 1000000] a = {\n" + ",\n".join(["1"] * 1_000_000) + "};", "QJ0136"),
    "observable of 10^5 terms": (
        "circuit c() { qubit[9] q; }\njob j { run c; expect e = "
        + " +\n".join(f"0.{i} * Z(q[{i % 9}]) * X(q[{(i + 1) % 9}])" for i in range(100_000))
        + "; }",
        "QJ0136",
    ),
    "long name": (HEAD + "int " + "a" * 100_000 + " = 3;", "QJ0137"),
    "long hardware qubit": (HEAD + "x $" + "1" * 100_000 + ";", "QJ0137"),
    "long number": (HEAD + "int x = " + "1" * 100_000 + ";", "QJ0121"),
    "long chain": (HEAD + "let a = " + "q ++ " * 40_000 + "r;", "QJ0201"),
}
NESTED: dict[str, tuple[Content, str]] = {
    "parentheses": (HEAD + "int x = " + "(" * DEEP + "1" + ")" * DEEP + ";", "QJ0120"),
    "indices": (HEAD + "int x = " + "a[" * DEEP + "1" + "]" * DEEP + ";", "QJ0120"),
    "blocks": (HEAD + "{" * DEEP + "}" * DEEP, "QJ0120"),
    "branches": (HEAD + "if (true) {" * DEEP + "}" * DEEP, "QJ0120"),
    "else": (HEAD + "if (true) h q[0]; else " * DEEP + "h q[0];", "QJ0120"),
    "loops": (HEAD + "for int i in [0:1] " * DEEP + "h q[0];", "QJ0120"),
    "minus": (HEAD + "int x = " + "-" * DEEP + "1;", "QJ0120"),
    "not": (HEAD + "bool x = " + "!" * DEEP + "true;", "QJ0120"),
    "powers": (HEAD + "int x = " + "1 ** " * DEEP + "1;", "QJ0120"),
    "calls": (HEAD + "float x = " + "sin(" * DEEP + "1" + ")" * DEEP + ";", "QJ0120"),
    "casts": (HEAD + "int x = " + "int(" * DEEP + "1" + ")" * DEEP + ";", "QJ0120"),
    "arrays": (HEAD + "array[int[8], 1] a = " + "{" * DEEP + "1" + "}" * DEEP + ";", "QJ0120"),
    "annotations": (HEAD + "@a\n" * DEEP + "h q[0];", "QJ0120"),
    "controls": (HEAD + "ctrl @ " * DEEP + "x q[0], q[1];", "QJ0505"),
    "inverses": (HEAD + "inv @ " * DEEP + "x q[0];", "QJ0505"),
    "calibration": (HEAD + "defcal x $0 " + "{" * DEEP + "}" * DEEP, "QJ0113"),
}
NUMBERS: dict[str, tuple[Content, str]] = {
    "qubits": (HEAD + "qubit[1000000000000] r;", "QJ0309"),
    "more qubits than numbers": (HEAD + f"qubit[{10**30}] r;", "QJ0306"),
    "bits": (HEAD + "bit[1000000000] d;", "QJ0309"),
    "width": (HEAD + "int[1000000000] x = 5;", "QJ0309"),
    "array": (HEAD + "array[float[64], 100000000] a;", "QJ0309"),
    "negative size": (HEAD + "qubit[-1] r;", "QJ0309"),
    "shift": (HEAD + "const int x = 1 << 1000000000;", "QJ0306"),
    "negative shift": (HEAD + "const int x = 1 << -1;", "QJ0305"),
    "power": (HEAD + "const int x = 2 ** 1000000000;", "QJ0306"),
    "tower": (HEAD + "const int x = 10 ** 10 ** 10;", "QJ0306"),
    "real power": (HEAD + "const float x = 1.5 ** 1000000000;", "QJ0306"),
    "squares": (
        HEAD + "const int x0 = 3;\n" + "".join(f"const int x{i + 1} = x{i} * x{i};\n" for i in range(60)),
        "QJ0306",
    ),
    "controls": (HEAD + "ctrl(1000000000) @ x q[0], q[1];", "QJ0505"),
    "loop beyond the register": (HEAD + "for int i in [0:1000000000] { h q[i]; }", "QJ0401"),
    "slice beyond the register": (HEAD + "h q[0:1000000000];", "QJ0401"),
    "sweep": (
        "circuit c(float a) { qubit q; rx(a) q; }\n"
        "job j { sweep a in linspace(0, 1, 1000000000); run c(a); sample q; }",
        "QJ0543",
    ),
    "bits of a string": (HEAD + 'bit[3] d = "' + "1" * 100_000 + '";', "QJ0301"),
}


@pytest.mark.parametrize(("content", "code"), LINES.values(), ids=LINES)
def test_long_lines_and_many_words(tmp_path: Path, content: Content, code: str) -> None:
    name = "bad.qjob" if b"job j" in _bytes(content)[:100] or _bytes(content)[:4] == b"run " else "bad.qasm"
    (tmp_path / name).write_bytes(_bytes(content))
    assert code in refused(apart(tmp_path, name))


SMALL = {f"{group}-{name}": case for group, cases in (("bytes", BYTES), ("nested", NESTED), ("numbers", NUMBERS))
         for name, case in cases.items()}  # fmt: skip


@pytest.mark.parametrize(("content", "code"), SMALL.values(), ids=SMALL)
def test_bytes_nesting_and_numbers(here: Say, tmp_path: Path, content: Content, code: str) -> None:
    name = "bad.qjob" if b"job j" in _bytes(content) else "bad.qasm"
    (tmp_path / name).write_bytes(_bytes(content))
    assert code in refused(here(tmp_path, name))


def _bytes(content: Content) -> bytes:
    return content.encode() if isinstance(content, str) else content


def nothing(_folder: Path) -> None:
    """No file beside the program."""


def link(name: str, target: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).symlink_to(target)


def circle_of_links(folder: Path) -> None:
    (folder / "x.inc").symlink_to("y.inc")
    (folder / "y.inc").symlink_to("x.inc")


def written(name: str, content: Content) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_bytes(_bytes(content))

    return write


def chain(folder: Path) -> None:
    for index in range(200):
        (folder / f"x{index}.inc").write_text(f'include "x{index + 1}.inc";\n')


PATHS: dict[str, tuple[str, Callable[[Path], None], str, str]] = {
    "missing": ("nothere.inc", nothing, "QJ0207", "there is no such file"),
    "escape": ("../../etc/passwd", nothing, "QJ0207", "outside of the project"),
    "absolute": ("/etc/passwd", nothing, "QJ0207", "outside of the project"),
    "link that leaves": ("x.inc", link("x.inc", "/etc/passwd"), "QJ0207", "outside of the project"),
    "folder that leaves": ("x/passwd", link("x", "/etc"), "QJ0207", "outside of the project"),
    "url": ("file:///etc/passwd", nothing, "QJ0207", "only files of the project"),
    "address": ("https://example.org/x.inc", nothing, "QJ0207", "only files of the project"),
    "device": ("/dev/zero", nothing, "QJ0207", "outside of the project"),
    "link to a device": ("x.inc", link("x.inc", "/dev/zero"), "QJ0207", "outside of the project"),
    "pipe": ("x.inc", lambda folder: os.mkfifo(folder / "x.inc"), "QJ0207", "no regular file"),
    "folder": ("x", lambda folder: (folder / "x").mkdir(), "QJ0207", "it is a folder"),
    "folder itself": (".", nothing, "QJ0207", "it is a folder"),
    "circle of links": ("x.inc", circle_of_links, "QJ0207", "leads nowhere"),
    "longest name": ("a" * 900, nothing, "QJ0207", "leads nowhere"),
    "nothing": ("", nothing, "QJ0207", "cannot read"),
    "itself": ("bad.qasm", nothing, "QJ0208", "imports itself"),
    "circle": ("x.inc", written("x.inc", 'include "bad.qasm";'), "QJ0208", "imports itself"),
    "chain": ("x0.inc", chain, "QJ0219", "end of a chain"),
    "fifty megabytes": ("x.inc", written("x.inc", "gate g a { h a; }\n" * 2_800_000), "QJ0207", "larger than"),
    "bytes": ("x.inc", written("x.inc", b"\xff\xfe\x00"), "QJ0207", "not text"),
}


@pytest.mark.parametrize(("path", "prepare", "code", "words"), PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("form", ["include", "import"])
def test_one_path(
    here: Say, tmp_path: Path, path: str, prepare: Callable[[Path], None], code: str, words: str, form: str
) -> None:
    prepare(tmp_path)
    alias = " as other" if form == "import" else ""
    (tmp_path / "bad.qasm").write_text(f'{form} "{path}"{alias};\nqubit q;\nreset q;\n')
    answer = here(tmp_path, "bad.qasm")
    assert code in refused(answer)
    assert words in " ".join(answer[1].split())


def doubling(begin: str, step: str, last: str) -> str:
    return begin + "".join(step.format(i, i + 1) for i in range(60)) + last


TOO_LARGE = {
    "gates": doubling(HEAD + "gate g0 a { h a; }\n", "gate g{1} a {{ g{0} a; g{0} a; }}\n", "g60 q[0];\n"),
    "subroutines": doubling(
        HEAD + "def f0(qubit a) { h a; }\n", "def f{1}(qubit a) {{ f{0}(a); f{0}(a); }}\n", "f60(q[0]);\n"
    ),
    "factors": "circuit c() { qubit[40] q; }\njob j { run c; expect e = prod(int i in [0:39]) (X(q[i]) + Z(q[i])); }",
}


@pytest.mark.parametrize("text", TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_small_to_write_and_large_to_do(here: Say, tmp_path: Path, text: str) -> None:
    name = "bad.qjob" if "job j" in text else "bad.qasm"
    (tmp_path / name).write_text(text)
    assert refused(here(tmp_path, name, "emit", "--stage", "plan")) <= {"QJ0504", "QJ0521"}


ODD_BUT_RIGHT = {
    "ones": HEAD + "const int x = 1 ** 1000000000;\nrx(x) q[0];\n",
    "long loop": HEAD + "for int i in [0:1000000000] { h q[i % 3]; }\n",
    "long sum": HEAD + "int x = 0;\nfor int i in [0:1000000000] { x += i; }\nif (x == 3) h q[0];\n",
    "long fraction": HEAD + "rx(0." + "1" * 100_000 + ") q[0];\n",
    "carriage returns": HEAD.replace("\n", "\r") + "h q[0];\r",
    "blanks": HEAD + " " * 200_000 + "h q[0];",
    "nothing": "",
    "ten megabytes of gates": HEAD + "h q[0];\ncx q[0], q[1];\n" * 420_000,
}


@pytest.mark.parametrize("text", ODD_BUT_RIGHT.values(), ids=ODD_BUT_RIGHT)
def test_what_is_odd_but_right(here: Say, tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.qasm").write_text(text, newline="")
    status, words = here(tmp_path, "odd.qasm")
    assert status == 0, words
