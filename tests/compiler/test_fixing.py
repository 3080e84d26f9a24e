"""check --fix: safe fixes only, never overlapping, never a worse file, in the user's files only."""

import io
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.compiler import cli, frontend
from qlang.compiler.failure import Failure
from qlang.compiler.fixing import apply_fixes, fix_all
from qlang.compiler.render.theme import PLAIN
from qlang.compiler.rewriting import replace_text, shown_diff, unified_diff
from qlang.syntax.diagnostic import Diagnostic, errors_of
from qlang.syntax.source import Source, Span

Capture = pytest.CaptureFixture[str]

WRONG = "qubit[2] q;\nbit[2] c;\ncnot q[0], q[1]\nhadamard q[0];\nc = measure q;\n"
MENDED = "qubit[2] q;\nbit[2] c;\ncx q[0], q[1];\nh q[0];\nc = measure q;\n"
NOT_SAFE = "qubit[2] q;\nx q[5];\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given_stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))


def write(folder: Path, data: bytes, name: str = "a.qjob") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_file_is_mended_and_the_rest_is_said(folder: Path, capsys: Capture) -> None:
    path = write(folder, (WRONG + "x q[5];\n").encode())
    path.chmod(0o640)
    assert cli.main(["check", "--fix", "a.qjob", "--format", "concise"]) == 1
    assert path.read_text() == MENDED + "x q[5];\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert capsys.readouterr().err == (
        "fixed a.qjob:3:1: QJ0203: use `cx`\n"
        "fixed a.qjob:3:16: QJ0101: add `;`\n"
        "fixed a.qjob:4:1: QJ0203: use `h`\n"
        "a.qjob:6:5: error[QJ0401] index 5 is out of range for register `q` of 2 qubits\n"
        "checked 1 file: 1 error\n"
    )
    assert sorted(entry.name for entry in folder.iterdir()) == ["a.qjob"]


def test_a_second_time_changes_nothing(folder: Path) -> None:
    path = write(folder, WRONG.encode())
    assert cli.main(["check", "--fix", "-q", "a.qjob"]) == 0
    before = path.stat()
    assert cli.main(["check", "--fix", "-q", "a.qjob"]) == 0
    assert (path.read_text(), path.stat().st_ino) == (MENDED, before.st_ino)


def test_line_breaks_and_byte_order_marks_stay(folder: Path) -> None:
    path = write(folder, b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    assert cli.main(["check", "--fix", "-q", "a.qjob"]) == 0
    assert path.read_bytes() == b"\xef\xbb\xbf" + MENDED.replace("\n", "\r\n").encode()


def test_diff_changes_nothing(folder: Path, capsys: Capture) -> None:
    path = write(folder, WRONG.encode())
    assert cli.main(["check", "--fix", "--diff", "a.qjob", "--format", "concise"]) == 1
    out, err = capsys.readouterr()
    assert path.read_text() == WRONG
    assert "-cnot q[0], q[1]\n-hadamard q[0];\n+cx q[0], q[1];\n+h q[0];\n" in out
    assert "would fix a.qjob:3:1" in err
    assert cli.main(["check", "--diff", "a.qjob"]) == 2


def test_standard_input_becomes_standard_output(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    given_stdin(monkeypatch, WRONG)
    assert cli.main(["check", "--fix", "-"]) == 0
    assert capsys.readouterr().out == MENDED
    assert cli.main(["check", "--fix", "-", "--format", "json"]) == 2


def test_fixes_that_need_a_look_are_left(folder: Path) -> None:
    path = write(folder, NOT_SAFE.encode())
    assert cli.main(["check", "--fix", "-q", "a.qjob"]) == 1
    assert path.read_text() == NOT_SAFE


def test_a_link_out_of_the_project_is_left(folder: Path, capsys: Capture) -> None:
    inside = folder / "project"
    inside.mkdir()
    (inside / "qlang.toml").write_text("")
    outside = write(folder, WRONG.encode(), "outside.qjob")
    (inside / "link.qjob").symlink_to(outside)
    assert cli.main(["check", "--fix", "project/link.qjob"]) == 2
    assert outside.read_text() == WRONG
    assert "link out of its project" in capsys.readouterr().err


def test_a_link_within_the_project_stays_a_link(folder: Path) -> None:
    path = write(folder, WRONG.encode())
    (folder / "link.qjob").symlink_to(path)
    assert cli.main(["check", "--fix", "-q", "link.qjob"]) == 0
    assert (folder / "link.qjob").is_symlink()
    assert path.read_text() == MENDED


def test_an_imported_file_is_not_touched(folder: Path) -> None:
    other = write(folder, WRONG.encode(), "other.qjob")
    write(folder, b'import "other.qjob" as other;\nqubit q;\nhadamard q;\n', "a.qjob")
    cli.main(["check", "--fix", "-q", "a.qjob"])
    assert other.read_text() == WRONG
    assert "h q;" in (folder / "a.qjob").read_text()


def test_overlapping_fixes_wait_for_the_next_round(make) -> None:
    source = Source("a.qjob", "abcdef")

    def fixing(start: int, end: int, text: str, kind: str = "machine") -> Diagnostic:
        return make.diagnostic(
            Span(source, start, end), repairs=(make.fix("f", (make.edit(Span(source, start, end), text),), kind),)
        )

    other = Source("b.qjob", "abcdef")
    foreign = make.diagnostic(Span(source, 0, 1), repairs=(make.fix("f", (make.edit(Span(other, 0, 1), "!"),)),))
    found = [
        fixing(0, 3, "X"),
        fixing(2, 4, "Y"),
        fixing(4, 6, "Z", "maybe"),
        fixing(5, 5, "+"),
        fixing(5, 5, "+"),
        foreign,
    ]
    step = apply_fixes(source, found)
    assert step.text == "Xde+f"
    assert [one.diagnostic for one in step.applied] == [found[0], found[3]]
    split = make.fix("two", (make.edit(Span(source, 0, 1), "<"), make.edit(Span(source, 5, 6), ">")))
    step = apply_fixes(source, [make.diagnostic(Span(source, 0, 1), repairs=(split,)), found[3]])
    assert step.text == "<bcde>"


def test_a_fix_that_makes_things_worse_is_taken_back(make) -> None:
    """One fix of the three breaks the text: the others are applied, it is not, and the loop ends."""

    def check(source: Source) -> Sequence[Diagnostic]:
        found = []
        for word, fixed in (("one", "1"), ("two", "!!"), ("three", "3")):
            if (at := source.text.find(word)) >= 0:
                span = Span(source, at, at + len(word))
                found.append(make.diagnostic(span, what=word, repairs=(make.fix(word, (make.edit(span, fixed),)),)))
        found += [make.diagnostic(Span(source, i, i + 1), what="broken") for i, c in enumerate(source.text) if c == "!"]
        return found

    fixing = fix_all(Source("a", "one two three"), check)
    assert fixing.source.text == "1 two 3"
    assert [one.fix.title for one in fixing.applied] == ["one", "three"]
    assert len(fixing.remaining) == 1


def test_fixes_that_undo_each_other_end(make) -> None:
    def check(source: Source) -> Sequence[Diagnostic]:
        span = Span(source, 0, 1)
        other = "b" if source.text == "a" else "a"
        return [make.diagnostic(span, repairs=(make.fix("swap", (make.edit(span, other),)),))]

    assert fix_all(Source("x", "a"), check).source.text in ("a", "b")


@given(
    st.lists(
        st.sampled_from(
            [
                "cnot q[0], q[1];",
                "h q[0]",
                "hadamard q;",
                "x q[9];",
                "if (c) {",
                "}",
                "rx q[0];",
                "qubit[2] q;",
                "bit c;",
                "toffoli q;",
                "measure r;",
                "int i = 1.5",
            ]
        ),
        max_size=7,
    )
)
def test_no_text_gets_more_errors(lines: list[str]) -> None:
    source = Source("a.qjob", "qubit[2] q;\n" + "\n".join(lines) + "\n")
    fixing = fix_all(source, lambda text: frontend.analyse(text).diagnostics)
    assert len(errors_of(fixing.remaining)) <= len(errors_of(fixing.initial))
    assert fixing.remaining == frontend.analyse(fixing.source).diagnostics
    if not fixing.applied:
        assert fixing.source.text == source.text


def test_many_fixes_at_once() -> None:
    source = Source("many.qjob", "qubit q;\n" + "hadamard q;\n" * 5000)
    fixing = fix_all(source, lambda text: frontend.analyse(text).diagnostics)
    assert fixing.source.text == "qubit q;\n" + "h q;\n" * 5000
    assert len(fixing.applied) == 5000


def test_a_file_that_changed_meanwhile_is_left(folder: Path) -> None:
    path = write(folder, b"newer\n")
    with pytest.raises(Failure, match="has changed meanwhile"):
        replace_text(path, "older\n", "fixed\n")
    assert path.read_bytes() == b"newer\n"


def test_fmt_keeps_byte_order_marks(folder: Path) -> None:
    path = write(folder, b"\xef\xbb\xbfqubit   q;\r\n")
    assert cli.main(["fmt", "-q", "a.qjob"]) == 0
    assert path.read_bytes() == b"\xef\xbb\xbfqubit q;\r\n"


def test_a_file_that_may_not_be_written(folder: Path, capsys: Capture) -> None:
    """The folder takes no new files, so nothing is half written."""
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    write(folder, WRONG.encode())
    folder.chmod(0o500)
    try:
        assert cli.main(["check", "--fix", "a.qjob"]) == 3
    finally:
        folder.chmod(0o700)
    assert "cannot write a.qjob" in capsys.readouterr().err


def test_a_diff_can_be_applied_or_read(folder: Path) -> None:
    diff = unified_diff("a.qjob", "x q; // \x1b[2J\nold\n", "x q; // \x1b[2J\nnew\n", "fixed")
    assert shown_diff(diff, PLAIN, terminal=False) == diff
    shown = shown_diff(diff, replace(PLAIN, color=True), terminal=True)
    assert "\x1b[31m-old\x1b[0m\n\x1b[32m+new\x1b[0m\n" in shown
    strange = unified_diff("a.qjob", "// a\u2028b\x0bc\n1\n", "// a\u2028b\x0bc\n2\n", "fixed")
    assert strange.endswith("@@ -1,2 +1,2 @@\n // a\u2028b\x0bc\n-1\n+2\n")
    assert "\x1b[2J" not in shown and "␛[2J" in shown
