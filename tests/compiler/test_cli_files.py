"""check and fmt: the verbs that read programs and run nothing."""

import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from qlang.compiler import cli

Capture = pytest.CaptureFixture[str]

RIGHT = 'include "stdgates.inc";\nqubit[2] q;\nbit[2] c;\nh q[0];\ncx q[0], q[1];\nc = measure q;\n'
WRONG = 'include "stdgates.inc";\nqubit[2] q;\nhh q[0];\ncx q[0], q[0];\nh q[7];\n'
UNTIDY = "qubit[2]   q;\n// a comment\n  U(1,0,0) q[0] ;\n"
TIDY = "qubit[2] q;\n// a comment\nU(1, 0, 0) q[0];\n"
FORMATS = ("full", "concise", "json", "sarif", "github")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.qasm").write_text(RIGHT)
    (tmp_path / "wrong.qasm").write_text(WRONG)
    (tmp_path / "untidy.qasm").write_text(UNTIDY)
    return tmp_path


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_a_right_program(capsys: Capture) -> None:
    assert cli.main(["check", "right.qasm"]) == 0
    assert capsys.readouterr() == ("", "checked 1 file: no mistakes\n")
    assert cli.main(["check", "-q", "right.qasm"]) == 0
    assert capsys.readouterr() == ("", "")


def test_all_mistakes_of_all_files_at_once(capsys: Capture) -> None:
    assert cli.main(["check", "wrong.qasm", "right.qasm", "nowhere.qasm"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "unknown gate `hh`" in err
    for place in ("wrong.qasm:3:1", "wrong.qasm:4:", "wrong.qasm:5:"):
        assert place in err
    assert "nowhere.qasm" in err
    assert err.splitlines()[-1].startswith("checked 3 files: 4 errors")
    assert "Traceback" not in err


@pytest.mark.parametrize("form", FORMATS)
def test_results_for_tools_go_to_standard_output(form: str, capsys: Capture) -> None:
    assert cli.main(["check", "wrong.qasm", "--format", form]) == 1
    out, err = capsys.readouterr()
    if form in ("full", "concise"):
        assert out == ""
        assert err.count("QJ0203") == 1
    else:
        assert err == ""
        assert "QJ0203" in out
    if form == "json":
        assert {json.loads(line)["schema"] for line in out.splitlines()} == {"qlang.diagnostic/1"}
    if form == "sarif":
        assert json.loads(out)["version"] == "2.1.0"


def test_warnings_fail_where_they_are_denied(folder: Path, capsys: Capture) -> None:
    (folder / "unused.qasm").write_text("qubit used;\nqubit idle;\nbit c;\nU(1, 0, 0) used;\nc = measure used;\n")
    assert cli.main(["check", "unused.qasm"]) == 0
    assert "warning[QJ10" in capsys.readouterr().err
    assert cli.main(["check", "unused.qasm", "--deny", "warnings"]) == 1
    capsys.readouterr()
    assert cli.main(["check", "-q", "unused.qasm"]) == 0
    assert capsys.readouterr() == ("", "")


def test_standard_input_has_a_name(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    stdin(monkeypatch, WRONG.encode())
    assert cli.main(["check", "-", "--stdin-filename", "buffer.qasm", "--format", "concise"]) == 1
    assert capsys.readouterr().err.startswith("buffer.qasm:3:1: error[QJ0203]")


@pytest.mark.parametrize("verb", ["check", "fmt", "plan", "run"])
@pytest.mark.parametrize(
    "name", ["nowhere.qasm", "folder", "binary.qasm", "latin1.qasm", "bad\0name.qasm", "../" * 40 + "nowhere", ""]
)
def test_input_that_is_no_text_is_a_diagnostic(verb: str, name: str, folder: Path, capsys: Capture) -> None:
    (folder / "folder").mkdir()
    (folder / "binary.qasm").write_bytes(bytes(range(256)))
    (folder / "latin1.qasm").write_bytes("qubit é;".encode("latin-1"))
    assert cli.main([verb, name]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[QJ01" in err
    assert "QJ99" not in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(folder: Path, capsys: Capture) -> None:
    (folder / "right.qasm").chmod(0)
    assert cli.main(["check", "right.qasm"]) == 1
    assert "ermission" in capsys.readouterr().err


def test_fmt_lays_out_in_place_and_is_done(folder: Path, capsys: Capture) -> None:
    path = folder / "untidy.qasm"
    path.chmod(0o640)
    assert cli.main(["fmt", "untidy.qasm"]) == 0
    assert capsys.readouterr() == ("", "laid out untidy.qasm\n")
    text = path.read_text()
    assert text == TIDY
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(p.name for p in folder.iterdir()) == ["right.qasm", "untidy.qasm", "wrong.qasm"]
    before = path.stat().st_mtime_ns
    assert cli.main(["fmt", "untidy.qasm"]) == 0
    assert path.stat().st_mtime_ns == before


def test_fmt_check_and_diff_change_nothing(folder: Path, capsys: Capture) -> None:
    assert cli.main(["fmt", "--check", "right.qasm"]) == 0
    assert cli.main(["fmt", "--check", "right.qasm", "untidy.qasm"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "untidy.qasm would change\n"
    assert cli.main(["fmt", "--diff", "untidy.qasm"]) == 1
    out, _ = capsys.readouterr()
    assert out.startswith("--- untidy.qasm\n+++ untidy.qasm (laid out)\n@@")
    assert "+U(1, 0, 0) q[0];\n" in out
    assert (folder / "untidy.qasm").read_text() == UNTIDY


def test_fmt_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    stdin(monkeypatch, UNTIDY.encode())
    assert cli.main(["fmt", "-"]) == 0
    assert capsys.readouterr() == (TIDY, "")


def test_fmt_keeps_line_ends_and_links(folder: Path) -> None:
    (folder / "dos.qasm").write_bytes(UNTIDY.replace("\n", "\r\n").encode())
    (folder / "link.qasm").symlink_to("dos.qasm")
    assert cli.main(["fmt", "link.qasm"]) == 0
    assert (folder / "link.qasm").is_symlink()
    assert (folder / "dos.qasm").read_bytes() == TIDY.replace("\n", "\r\n").encode()


def test_fmt_leaves_broken_files_alone(folder: Path, capsys: Capture) -> None:
    (folder / "broken.qasm").write_text("qubit[2 q;\nh   q;\n")
    assert cli.main(["fmt", "broken.qasm", "untidy.qasm"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[QJ01" in err
    assert (folder / "broken.qasm").read_text() == "qubit[2 q;\nh   q;\n"
    assert (folder / "untidy.qasm").read_text() != UNTIDY
