"""The compile cache: hits, damage, bound."""

import os
from pathlib import Path

import pytest

from qlang.runtime.cache import CompileCache, Entry, cache_key

KEY = cache_key(source="qubit q;", options={"shots": 100}, version="0.1", snapshots={"ibm.lima": "sha256:1"})
ENTRY = Entry("builtin.module {\n}\n", {"plan_hash": "sha256:5", "seconds": 0.25})


def _file(cache: CompileCache) -> Path:
    (path,) = cache.folder.glob("*/*.mlir")
    return path


def test_an_entry_comes_back(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path)
    assert cache.get(KEY) is None
    cache.put(KEY, ENTRY)
    assert cache.get(KEY) == ENTRY


@pytest.mark.parametrize(
    "other",
    [
        {"source": "qubit r;"},
        {"options": {"shots": 101}},
        {"version": "0.2"},
        {"snapshots": {"ibm.lima": "sha256:2"}},
        {"snapshots": {}},
    ],
)
def test_everything_that_decides_is_in_the_key(other: dict) -> None:
    same = {"source": "qubit q;", "options": {"shots": 100}, "version": "0.1", "snapshots": {"ibm.lima": "sha256:1"}}
    assert cache_key(**same) == KEY != cache_key(**{**same, **other})


@pytest.mark.parametrize("position", [0, 20, 100, -30, -1])
def test_a_damaged_entry_is_dropped_and_made_again(tmp_path: Path, position: int) -> None:
    cache = CompileCache(tmp_path)
    cache.put(KEY, ENTRY)
    path = _file(cache)
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))
    assert cache.get(KEY) is None
    assert not path.exists()
    cache.put(KEY, ENTRY)
    assert cache.get(KEY) == ENTRY


def test_the_contents_are_counted_and_damage_is_seen_and_left(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path / "cache")
    assert (cache.contents().entries, cache.contents().damaged) == (0, ())
    other = cache_key(source="qubit r;", options={}, version="0.1", snapshots={})
    cache.put(KEY, ENTRY)
    cache.put(other, ENTRY)
    path = next(cache.folder.glob(f"*/{KEY}.mlir"))
    path.write_bytes(path.read_bytes()[:-3])
    contents = cache.contents()
    assert (contents.entries, contents.damaged) == (2, (path,))
    assert contents.bytes == sum(each.stat().st_size for each in cache.folder.glob("*/*.mlir"))
    assert cache.contents() == contents


def test_a_cut_entry_or_a_folder_in_its_place_is_no_entry(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path)
    cache.put(KEY, ENTRY)
    path = _file(cache)
    path.write_bytes(path.read_bytes()[:-3])
    assert cache.get(KEY) is None


def test_an_entry_under_another_key_is_not_believed(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path)
    cache.put(KEY, ENTRY)
    other = "ff" + KEY[2:]
    target = tmp_path / "ff" / f"{other}.mlir"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(_file(cache).read_bytes())
    assert cache.get(other) is None


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path, max_bytes=4000)  # three entries of about 1200 bytes
    keys = [f"{k:064x}" for k in range(4)]
    for age, key in enumerate(keys[:3]):
        cache.put(key, Entry("x" * 1000))
        (path,) = tmp_path.glob(f"*/{key}.mlir")
        os.utime(path, (1000 + age, 1000 + age))
    assert cache.get(keys[0]) is not None  # used now
    cache.put(keys[3], Entry("x" * 1000))
    assert [cache.get(key) is not None for key in keys] == [True, False, True, True]


def test_what_is_larger_than_the_bound_is_not_kept(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path, max_bytes=100)
    cache.put(KEY, Entry("x" * 1000))
    assert cache.get(KEY) is None
