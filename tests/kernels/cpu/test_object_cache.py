"""Object code on disk: found again, checked, private, bounded."""

import ast
import contextlib
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qlang.kernels.cpu import compiler as compiler_module
from qlang.kernels.cpu.compiler import Compiler, Source
from qlang.kernels.cpu.host import host_target
from qlang.kernels.cpu.kernel_text import plain_module
from qlang.kernels.cpu.object_cache import DEFAULT_BOUND, ObjectCache, default_cache_folder
from qlang.kernels.cpu.shapes import TurnShape

HOST = host_target()
SOURCE = Source(plain_module, (TurnShape(HOST, "float32", 1, rotations=1),), HOST)


def compiled(folder: Path) -> Compiler:
    compiler = Compiler(ObjectCache(folder))
    assert compiler.address(SOURCE)
    return compiler


def entry(folder: Path) -> Path:
    (found,) = folder.glob("*/*.o")
    return found


def test_found_again_by_another_process(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    assert compiled(folder).stats().compiled == 1
    again = compiled(folder)
    assert (again.stats().compiled, again.stats().from_disk) == (0, 1)
    again.address(SOURCE)
    assert again.stats().from_memory == 1


def test_the_text_of_what_is_found_is_not_written(tmp_path: Path) -> None:
    folder, written = tmp_path / "kernels", []

    def write(shape: TurnShape, name: str) -> str:
        written.append(shape)
        return plain_module(shape, name)

    source = Source(write, SOURCE.arguments, HOST)
    other = Source(write, (TurnShape(HOST, "float32", 2, rotations=1),), HOST)
    for count in (1, 1, 2):
        compiler = Compiler(ObjectCache(folder))
        assert compiler.address(source)
        assert count == 1 or compiler.address(other)
        assert len(written) == count


@pytest.mark.parametrize("damage", ["truncated", "changed", "empty"])
def test_damaged_entry_is_rebuilt_and_counted(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "kernels"
    compiled(folder)
    path = entry(folder)
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[-5] ^= 1
    path.write_bytes({"truncated": whole[:100], "changed": bytes(changed), "empty": b""}[damage])
    stats = compiled(folder).stats()
    assert (stats.compiled, stats.from_disk, stats.corrupt) == (1, 0, 1)
    assert entry(folder).read_bytes() == whole


def test_an_entry_under_another_name_is_dropped(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path / "kernels")
    cache.put("ab12", b"code of ab12")
    folder = tmp_path / "kernels" / "ab"
    (folder / "ab34.o").write_bytes((folder / "ab12.o").read_bytes())
    assert (cache.get("ab12"), cache.get("ab34"), cache.corrupt) == (b"code of ab12", None, 1)
    assert not (folder / "ab34.o").exists()


def a_folder(place: Path, elsewhere: Path) -> None:
    place.mkdir()


def a_pipe(place: Path, elsewhere: Path) -> None:
    os.mkfifo(place)


def a_link_to_nothing(place: Path, elsewhere: Path) -> None:
    place.symlink_to(elsewhere / "none")


def a_link_to_itself(place: Path, elsewhere: Path) -> None:
    place.symlink_to(place)


def a_link_to_the_same(place: Path, elsewhere: Path) -> None:
    place.symlink_to(elsewhere / "same")


def a_file_without_end(place: Path, elsewhere: Path) -> None:
    with place.open("wb") as file:
        file.truncate(DEFAULT_BOUND + 1)


def a_file_for_all(place: Path, elsewhere: Path) -> None:
    place.write_bytes((elsewhere / "same").read_bytes())
    place.chmod(0o666)


NO_ENTRIES = [
    a_folder,
    a_pipe,
    a_link_to_nothing,
    a_link_to_itself,
    a_link_to_the_same,
    a_file_without_end,
    a_file_for_all,
]
posix = pytest.mark.skipif(os.name != "posix", reason="pipes, links and modes")


@posix
@pytest.mark.parametrize("put", NO_ENTRIES)
def test_what_is_no_entry_is_dropped(tmp_path: Path, put: Callable[[Path, Path], None]) -> None:
    folder = tmp_path / "kernels"
    compiled(folder)
    path = entry(folder)
    whole = path.read_bytes()
    path.rename(tmp_path / "same")
    put(path, tmp_path)
    compiler = compiled(folder)
    stats = compiler.stats()
    assert (stats.compiled, stats.from_disk, stats.corrupt) == (1, 0, 1)
    assert compiler.cache is not None
    assert not compiler.cache.refused
    assert stat.S_ISREG(path.lstat().st_mode)
    assert path.read_bytes() == (tmp_path / "same").read_bytes() == whole
    assert compiled(folder).stats().from_disk == 1


def test_a_folder_that_is_not_empty_costs_its_entry_alone(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path / "kernels")
    kept = cache.folder / "ab" / "ab12.o" / "notes"
    kept.parent.mkdir(parents=True, mode=0o700)
    cache.folder.chmod(0o700)
    kept.write_text("somebody's")
    for key in ("ab12", "ab34", "cd56"):
        cache.put(key, key.encode())
    assert [cache.get(key) for key in ("ab12", "ab34", "cd56")] == [None, b"ab34", b"cd56"]
    assert not cache.refused
    assert kept.read_text() == "somebody's"


@posix
@pytest.mark.parametrize("put", [a_pipe, a_link_to_nothing, a_link_to_itself, a_link_to_the_same])
def test_a_part_that_is_no_folder_is_dropped(tmp_path: Path, put: Callable[[Path, Path], None]) -> None:
    folder = tmp_path / "kernels"
    compiled(folder)
    part = entry(folder).parent
    part.rename(tmp_path / "same")
    put(part, tmp_path)
    assert (compiled(folder).stats().compiled, compiled(folder).stats().from_disk) == (1, 1)
    assert part.is_dir()
    assert not part.is_symlink()
    assert len(list((tmp_path / "same").iterdir())) == 1


@posix
def test_a_part_that_others_can_write_to_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    compiled(folder)
    entry(folder).parent.chmod(0o777)
    stats = compiled(folder).stats()
    assert (stats.compiled, stats.from_disk) == (1, 0)


@posix
def test_no_room_is_made_behind_links(tmp_path: Path) -> None:
    others = tmp_path / "documents"
    others.mkdir()
    (others / "thesis").write_bytes(bytes(5000))
    os.utime(others / "thesis", (0, 0))
    cache = ObjectCache(tmp_path / "kernels", bound=6000)
    cache.put("abaa", bytes(1000))
    (cache.folder / "cd").symlink_to(others)
    (cache.folder / "ab" / "abbb.o").symlink_to(others / "thesis")
    cache.trim()
    assert cache.get("abaa") == bytes(1000)
    cache.put("efaa", bytes(6000))
    cache.trim()
    assert (others / "thesis").exists()


def test_only_the_user_can_read_and_write(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    compiled(folder)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, entry(folder).parent, entry(folder))] == [
        0o700,
        0o700,
        0o600,
    ]


def test_folder_that_others_can_write_to_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    folder.mkdir()
    folder.chmod(0o777)
    compiler = compiled(folder)
    assert compiler.cache is not None
    assert compiler.cache.refused == "can be written by other users"
    assert not list(folder.iterdir())


def test_a_file_in_the_folders_place_is_no_error(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    folder.write_text("")
    assert compiled(folder).stats().compiled == 1


@pytest.mark.parametrize("size", [0, 1, (1 << 16) - 32, 1 << 16, 200_000])
def test_entries_of_any_size(tmp_path: Path, size: int) -> None:
    cache, code = ObjectCache(tmp_path / "kernels"), bytes(range(256)) * (size // 256 + 1)
    cache.put("ab12", code[:size])
    assert cache.get("ab12") == code[:size]
    assert cache.corrupt == 0


def test_what_is_there_does_not_wait_for_what_is_compiled() -> None:
    compiler, begun, over = Compiler(None), threading.Event(), threading.Event()
    known = compiler.address(SOURCE)

    def write(name: str) -> str:
        begun.set()
        assert over.wait(60)
        return plain_module(SOURCE.arguments[0], name)

    thread = threading.Thread(target=compiler.address, args=(Source(write, (), HOST),))
    thread.start()
    assert begun.wait(60)
    assert compiler.address(SOURCE) == known
    assert compiler.stats().compiled == 1
    over.set()
    thread.join()
    assert compiler.stats().compiled == 2


def test_bound(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path / "kernels", bound=6000)
    for i in range(5):
        cache.put(f"{i:02d}aa", bytes(1000))
    cache.trim()
    assert len(list(cache.folder.glob("*/*.o"))) == 5
    for i in range(5, 9):
        cache.put(f"{i:02d}aa", bytes(1000))
    cache.trim()
    assert len(list(cache.folder.glob("*/*.o"))) == 4


def test_the_first_entry_of_a_process_looks_at_its_part_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    full = ObjectCache(folder)
    for i in range(20):
        full.put(f"{i:02d}aa", bytes(100_000))
    sizes = [path.stat().st_size for path in folder.glob("*/*.o")]
    assert len(sizes) == 20
    ObjectCache(folder, bound=1_000_000).put("cdef", bytes(1000))  # 256 times that is within the bound
    assert len(list(folder.glob("*/*.o"))) == 21
    ObjectCache(folder, bound=1_000_000).put("19ab", bytes(1000))
    assert sum(path.stat().st_size for path in folder.glob("*/*.o")) <= 1_000_000


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("function", ["open", "replace"])
def test_nothing_half_written_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, error: type[BaseException]
) -> None:
    cache = ObjectCache(tmp_path / "kernels")
    done = getattr(os, function)

    def interrupted(path: str | Path | int, *arguments: Any) -> None:
        descriptor = done(path, *arguments)
        if descriptor is not None:
            os.close(descriptor)
        raise error

    monkeypatch.setattr(os, function, interrupted)
    with contextlib.suppress(KeyboardInterrupt):
        cache.put("ab12", b"code")
    assert not list(cache.folder.glob("*/*.new"))


def test_what_others_drop_meanwhile_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ObjectCache(tmp_path / "kernels", bound=1000)
    looked_at = os.lstat

    def lstat(path: str | Path) -> os.stat_result:
        if str(path).endswith(".o"):
            Path(path).unlink(missing_ok=True)
        return looked_at(path)

    monkeypatch.setattr(os, "lstat", lstat)
    cache.put("ab12", b"code")
    cache.trim()
    assert not cache.refused


def test_what_killed_processes_left_goes_too(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path / "kernels", bound=6000)
    cache.put("abaa", bytes(100))
    left = cache.folder / "ab" / ".left.new"
    left.write_bytes(bytes(7000))
    os.utime(left, (0, 0))
    cache.trim()
    assert [path.name for path in cache.folder.glob("*/*")] == ["abaa.o"]


def test_entries_depend_on_all_that_texts_are_written_with() -> None:
    package = Path(compiler_module.__file__).parent
    outside = set()
    for path in package.glob("*_text.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                outside.add(node.module or "")
    outside = {name for name in outside if name.startswith("qlang.") and not name.startswith("qlang.kernels.cpu.")}
    assert outside == {f"qlang.kernels.{Path(name).stem}" for name in compiler_module.WRITTEN_WITH}


def test_folder_is_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "qlang" / "kernels"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / ".cache" / "qlang" / "kernels"


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", home)
    assert default_cache_folder() is None
    compiler = compiler_module.shared_compiler.__wrapped__()
    assert compiler.address(SOURCE)
    assert compiler.cache is None
