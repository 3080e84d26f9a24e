"""What is asked of the processor."""

from pathlib import Path

from qlang.backends.native_programs import options_for
from qlang.kernels.cpu.host import cache_of, host_target, shared_cache_bytes


def cache(folder: Path, index: int, level: str, size: str) -> None:
    place = folder / f"index{index}"
    place.mkdir()
    (place / "level").write_text(level + "\n")
    (place / "size").write_text(size + "\n")


def test_sizes_of_caches(tmp_path: Path) -> None:
    assert cache_of(tmp_path / "none", 3, 7) == 7
    cache(tmp_path, 0, "1", "32K")
    cache(tmp_path, 2, "2", "1024K")
    assert cache_of(tmp_path, 3, 7) == 7
    assert cache_of(tmp_path, 2, 7) == 1 << 20
    (tmp_path / "index1").mkdir()
    cache(tmp_path, 3, "3", "16384K")
    assert cache_of(tmp_path, 3, 7) == 16 << 20


def test_pieces_are_a_quarter_of_the_own_cache_at_most() -> None:
    piece = host_target().piece_bytes
    assert piece & piece - 1 == 0
    assert 4 * piece <= cache_of(Path("/sys/devices/system/cpu/cpu0/cache"), 2, 1 << 20)


def test_states_in_the_shared_cache_are_one_buffer() -> None:
    qubits = (min(shared_cache_bytes(), 32 << 20) // 4).bit_length() - 1
    for precision, shift, usual in (("float32", 3, 16), ("float64", 4, 15)):
        largest = max(qubits - shift, usual)
        options = options_for(precision)  # type: ignore[arg-type]
        assert options.local_bits(largest) == largest
        assert options.local_bits(largest + 5) == usual
