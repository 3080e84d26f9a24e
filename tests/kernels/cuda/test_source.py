"""The CUDA C itself: it compiles for GPUs of several generations, and shapes are checked."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from qlang.kernels.cuda.layout import structures
from qlang.kernels.cuda.shape import KernelShape, Precision, cuda_options
from qlang.kernels.cuda.source import KERNELS, cuda_source

NVCC = shutil.which("nvcc")


@pytest.mark.skipif(NVCC is None, reason="no nvcc: whether the CUDA C compiles is not checked")
@pytest.mark.parametrize(
    ("precision", "tile_bits", "architecture"),
    [("float32", 12, "sm_90"), ("float64", 12, "sm_90"), ("bfloat16", 13, "sm_80"), ("float32", 3, "sm_75")],
)
def test_every_kernel_compiles(tmp_path: Path, precision: Precision, tile_bits: int, architecture: str) -> None:
    source, output = tmp_path / "kernels.cu", tmp_path / "kernels.ptx"
    source.write_text(cuda_source(KernelShape(precision, tile_bits, min(5, tile_bits), patterns=True)))
    command = [str(NVCC), f"-arch={architecture}", "-std=c++17", "--ptx", "-Werror", "all-warnings"]
    done = subprocess.run(
        [*command, "-o", str(output), str(source)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    entries = re.findall(r"\.entry (\w+)\(", output.read_text())
    assert sorted(entries) == sorted(KERNELS)


@pytest.mark.skipif(NVCC is None, reason="no nvcc: what it makes of the CUDA C is not checked")
@pytest.mark.parametrize("precision", ["float32", "float64", "bfloat16"])
def test_sweeps_read_and_write_sixteen_bytes_at_a_time(tmp_path: Path, precision: Precision) -> None:
    """Four bytes at a time, a warp's accesses take four times as many transactions."""
    source, output = tmp_path / "kernels.cu", tmp_path / "kernels.ptx"
    options = cuda_options(precision)
    source.write_text(cuda_source(KernelShape(precision, options.tile_bits, options.contiguous_bits, patterns=True)))
    subprocess.run(
        [str(NVCC), "-arch=sm_90", "-std=c++17", "--ptx", "-o", str(output), str(source)], check=True, timeout=300
    )
    (sweep,) = re.findall(r"\.entry sweep\(.*?^}", output.read_text(), flags=re.DOTALL | re.MULTILINE)
    stores = {*re.findall(r"st\.global\.(\S+)", sweep)}
    loads = {*re.findall(r"ld\.global\.(\S+)", sweep)} - {*re.findall(r"ld\.global\.(nc\.\S+)", sweep)}
    wide = {"v4.u32", "v4.f32", "v2.f64"}
    assert stores and loads and stores | loads <= wide


def test_the_text_needs_no_header() -> None:
    for patterns in (False, True):
        text = cuda_source(KernelShape("float64", 10, 5, patterns))
        assert "#include" not in text
        assert f"#define PATTERNS {int(patterns)}" in text


def test_records_are_declared_as_on_the_host() -> None:
    text = structures()
    assert "u64 outer[3];" in text and 'static_assert(sizeof(Pass) == 104, "Pass");' in text


@pytest.mark.parametrize(("tile_bits", "row_bits"), [(2, 2), (15, 5), (4, 5)])
def test_impossible_tiles_are_refused(tile_bits: int, row_bits: int) -> None:
    with pytest.raises(ValueError, match="tiles of"):
        KernelShape("float32", tile_bits, row_bits, patterns=False)


@pytest.mark.parametrize("precision", ["float32", "float64", "bfloat16"])
def test_blocks_fit_a_multiprocessor(precision: Precision) -> None:
    options = cuda_options(precision)
    shape = KernelShape(precision, options.tile_bits, options.contiguous_bits, patterns=True)
    assert options.lane_bits == 0
    registers = 128 if precision == "float64" else 64
    assert shape.blocks >= 2 and shape.threads * shape.blocks * registers <= 1 << 16
    assert (shape.tile_bytes + (14 << 10)) * shape.blocks <= 96 << 10  # with the records of 128 passes
