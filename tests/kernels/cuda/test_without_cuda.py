"""Where there is no CuPy or no device: nothing is imported, and what is missing is named."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated import COMPILER

from qlang.backends.cuda import CudaBackend
from qlang.backends.errors import TargetUnavailable
from qlang.backends.protocol import Request, SampleSpec
from qlang.backends.targets import default_targets, executor, usable, who_could
from qlang.ir.kernel import FuncOp
from qlang.ir.text import parse_ir
from qlang.kernels.cuda import driver
from qlang.kernels.cuda.cupy_device import cuda_available, cuda_devices
from qlang.kernels.cuda.driver import cupy_installed, device_memory, missing, usable_memory
from qlang.kernels.cuda.errors import NoCuda

_IMPORTS = """
import sys
import qlang.backends.cuda, qlang.backends.cuda_state, qlang.kernels.cuda.cupy_device
import qlang.kernels.cuda.driver as device
import qlang.backends.targets as targets
from qlang.kernels.cuda.source import cuda_source
from qlang.kernels.cuda.shape import KernelShape
cuda_source(KernelShape("float32", 12, 5, patterns=False))
qlang.backends.cuda.CudaBackend()
device.missing()
targets.default_targets()
sys.exit(any(name.partition(".")[0] in ("cupy", "cupyx", "cupy_backends") for name in sys.modules))
"""

_NO_CUPY = """
import sys
sys.modules["cupy"] = None  # as if it were not installed: importing it fails
from qlang.kernels.cuda.cupy_device import cuda_available
assert not cuda_available()
"""


@pytest.mark.parametrize("program", [_IMPORTS, _NO_CUPY])
def test_nothing_imports_cupy(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def _func() -> FuncOp:
    text = "builtin.module { kernel.func @f() attributes {qubits = 1 : i64, bits = []} { kernel.return } }"
    (func,) = parse_ir(text).body.block.ops
    assert isinstance(func, FuncOp)
    return func


@pytest.mark.skipif(cuda_available(), reason="there is a CUDA device")
def test_what_is_missing_is_named() -> None:
    with pytest.raises(NoCuda) as lacking:
        cuda_devices()
    assert lacking.value.reason in (("no_driver", "no_device") if cupy_installed() else ("no_cupy",))
    found = missing()
    assert found is not None and found.reason == lacking.value.reason
    assert "gpu.cuda" not in default_targets()
    with pytest.raises(TargetUnavailable) as refused:
        CudaBackend(fewest_qubits=0).execute(_func(), Request(samples=(SampleSpec("all", (0,)),)))
    assert refused.value.target == "gpu.cuda"
    assert lacking.value.way_out in str(refused.value)
    with pytest.raises(TargetUnavailable, match=r"\[cuda\]|NVIDIA|visible"):
        usable("gpu.cuda")
    assert not device_memory() and usable_memory() == 0


_DRIVER = """
#include <cstddef>
extern "C" int cuInit(unsigned) { return %d; }
extern "C" int cuDeviceGetCount(int* count) { *count = 3; return 0; }
extern "C" int cuDeviceGet(int* device, int number) { *device = number; return 0; }
extern "C" int cuDeviceTotalMem_v2(size_t* bytes, int device) { *bytes = (size_t)(4 - device) << 30; return 0; }
"""


@pytest.fixture
def _asked_anew() -> Iterator[None]:
    device_memory.cache_clear()
    yield
    device_memory.cache_clear()


@pytest.mark.usefixtures("_asked_anew")
@pytest.mark.parametrize(
    ("status", "reason", "memory"),
    [
        (100, "no_device", ()),  # as with CUDA_VISIBLE_DEVICES= and in a container without devices
        (999, "no_driver", None),
        (0, None, (4 << 30, 3 << 30, 2 << 30)),
    ],
)
def test_a_driver_that_shows_no_device_is_a_driver(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int, reason: str | None, memory: tuple[int, ...] | None
) -> None:
    if COMPILER is None:
        pytest.skip("no C++ compiler: a driver cannot be stood in for")
    source, library = tmp_path / "driver.cpp", tmp_path / "libcuda.so.1"
    source.write_text(_DRIVER % status)
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", str(library), str(source)], check=True, timeout=60)
    monkeypatch.setattr(driver, "_LIBRARIES", (str(library),))
    monkeypatch.setattr(driver, "cupy_installed", lambda: True)
    assert device_memory() == memory
    found = missing()
    assert (found and found.reason) == reason
    assert usable_memory() == (2 * (3 << 30) * 9 // 10 if status == 0 else 0)


def test_the_way_out_names_the_extra() -> None:
    assert str(NoCuda("no_cupy")) == (
        "the target `gpu.cuda` cannot run here: CuPy is not installed; install the extra: pip install 'qlang[cuda]'"
    )
    assert "choose a target of the CPU" in str(NoCuda("no_device"))
    assert "qlang[cuda]" in str(NoCuda("no_compiler", "libnvrtc.so.12 was not found"))


@pytest.mark.parametrize(("memory", "place"), [(1 << 50, 0), (1 << 20, -1)])
def test_a_gpu_is_the_first_choice_where_it_holds_as_much(
    monkeypatch: pytest.MonkeyPatch, memory: int, place: int
) -> None:
    monkeypatch.setattr(driver, "missing", lambda: None)  # as on a machine that has one
    monkeypatch.setattr(driver, "usable_memory", lambda: memory)
    targets = default_targets()
    assert targets[place] == "gpu.cuda" and sorted(targets) == ["cpu.llvm", "cpu.numpy", "gpu.cuda"]
    assert usable("gpu.cuda", "bf16").available
    assert ("gpu.cuda f32" in who_could(34, 1 << 30)) == (memory == 1 << 50)
    assert type(executor("gpu.cuda", "f32")) is CudaBackend
