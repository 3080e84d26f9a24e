"""Files that are text become sources, all others diagnostics."""

from pathlib import Path

import pytest

from qlang.syntax import source_files
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source
from qlang.syntax.source_files import read_source


def test_a_file_of_text(tmp_path: Path) -> None:
    path = tmp_path / "θ.qjob"
    path.write_text("rz(θ) q;\n", encoding="utf-8")
    source = read_source(path)
    assert isinstance(source, Source)
    assert (source.name, source.text) == (str(path), "rz(θ) q;\n")


def test_a_byte_order_mark_is_no_text() -> None:
    source = read_source(b"\xef\xbb\xbfx q;", "cell")
    assert isinstance(source, Source)
    assert (source.name, source.text) == ("cell", "x q;")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x q;\xff", "QJ0131"),
        ("x θ;".encode("latin-1", "replace") + b"\xe4", "QJ0131"),
        ("x q;".encode("utf-16"), "QJ0131"),
        (b"x q;\0", "QJ0132"),
    ],
)
def test_what_is_no_text(data: bytes, code: str) -> None:
    found = read_source(data)
    assert isinstance(found, Diagnostic)
    assert found.code in (code, "QJ0132")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.qjob"):
        found = read_source(path)
        assert isinstance(found, Diagnostic)
        assert found.code == "QJ0134"
        assert str(path) in found.message()


def test_files_that_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert source_files.MAX_BYTES >= 20_000_000
    monkeypatch.setattr(source_files, "MAX_BYTES", 1000)
    path = tmp_path / "large.qjob"
    path.write_bytes(b" " * 1000)
    assert isinstance(read_source(path), Source)
    path.write_bytes(b" " * 1001)
    found = read_source(path)
    assert isinstance(found, Diagnostic)
    assert found.code == "QJ0133"
