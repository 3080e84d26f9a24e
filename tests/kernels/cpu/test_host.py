"""What is asked of the processor."""

from pathlib import Path

from qlang.backends.native_programs import options_for
from qlang.kernels.cpu.host import shared_cache_bytes, shared_cache_of


def cache(folder: Path, index: int, level: str, size: str) -> None:
    place = folder / f"index{index}"
    place.mkdir()
    (place / "level").write_text(level + "\n")
    (place / "size").write_text(size + "\n")


def test_size_of_the_shared_cache(tmp_path: Path) -> None:
    assert shared_cache_of(tmp_path / "none") == 32 << 20
    cache(tmp_path, 0, "1", "32K")
    cache(tmp_path, 2, "2", "1024K")
    assert shared_cache_of(tmp_path) == 32 << 20
    (tmp_path / "index1").mkdir()
    cache(tmp_path, 3, "3", "16384K")
    assert shared_cache_of(tmp_path) == 16 << 20


def test_states_in_the_shared_cache_are_one_buffer() -> None:
    qubits = (shared_cache_bytes() // 4).bit_length() - 1
    for precision, shift, usual in (("float32", 3, 16), ("float64", 4, 15)):
        largest = max(qubits - shift, usual)
        options = options_for(precision)  # type: ignore[arg-type]
        assert options.local_bits(largest) == largest
        assert options.local_bits(largest + 5) == usual
