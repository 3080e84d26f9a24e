"""Images do what the objects do that they were linked from; what cannot be linked stays an object."""

import ctypes
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from step_circuits import call

from qlang.backends.states import GateCall
from qlang.kernels.bind import Binder, bind
from qlang.kernels.cpu import emitter, images
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.host import Target, executable_targets, host_target
from qlang.kernels.cpu.object_cache import ObjectCache
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.decompose import steps_of
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan

HOST = host_target()
ELF = pytest.mark.skipif(
    not images.supported() or not HOST.features.count("sse2"), reason="images are made on Linux for x86-64"
)


def circuit(qubits: int) -> list[GateCall]:
    random = np.random.default_rng(7)
    calls = []
    for _ in range(4):
        for wire in range(qubits):
            calls.append(call("ry", wire, parameters=(float(random.uniform(-7, 7)),)))
            calls.append(call("rz", wire, parameters=(float(random.uniform(-7, 7)),)))
        order = random.permutation(qubits)
        calls += [call("cx", int(a), int(b)) for a, b in zip(order[::2], order[1::2], strict=False)]
    return calls


def amplitudes(target: Target, compiler: Compiler) -> tuple[np.ndarray, np.ndarray]:
    lowering = steps_of(circuit(9), 9)
    lane_bits = target.lane_bits("float64")
    options = PlanOptions(lane_bits=lane_bits, contiguous_bits=lane_bits, tile_bits=7)
    program = plan(lowering.steps, 9, options, fresh=True)
    bound = bind(
        Binder.of(program, lowering.steps), lowering.angle_map.angles(lowering.parameters[None]), precision="float64"
    )
    state = NativeState.empty(9, "float64", target=target, compiler=compiler)
    run(bound, state)
    return state.re.copy(), state.im.copy()


@ELF
@pytest.mark.parametrize("target", executable_targets(), ids=lambda each: f"{each.cpu}-{each.vector_bytes}")
def test_images_compute_what_objects_do(target: Target, tmp_path: Path) -> None:
    as_objects, as_images = Compiler(None, images=False), Compiler(ObjectCache(tmp_path / "kernels"))
    expected = amplitudes(target, as_objects)
    assert np.array_equal(expected, amplitudes(target, as_images))
    entries = [path.read_bytes()[32:] for path in tmp_path.glob("kernels/*/*.o")]
    assert len(entries) == as_images.stats().compiled
    assert all(map(images.is_image, entries))
    again = Compiler(ObjectCache(tmp_path / "kernels"))
    assert np.array_equal(expected, amplitudes(target, again))
    assert again.stats().compiled == 0


def test_objects_and_images_are_other_entries(tmp_path: Path) -> None:
    made = [Compiler(ObjectCache(tmp_path / "kernels"), images=each) for each in (True, False, True, False)]
    for compiler in made:
        amplitudes(HOST, compiler)
    assert [compiler.stats().from_disk == 0 for compiler in made] == [True, images.supported(), False, False]


CONSTANTS = """
@table = private unnamed_addr constant [4 x i64] [i64 3, i64 5, i64 7, i64 11]
define void @{name}(ptr %out) {{
  %place = getelementptr i64, ptr @table, i64 {place}
  %more = getelementptr i64, ptr %out, i64 1
  %seven = load i64, ptr %out
  %index = and i64 %seven, 3
  %chosen = getelementptr i64, ptr @table, i64 %index
  %value = load i64, ptr %chosen
  store i64 %value, ptr %out
  %address = ptrtoint ptr %place to i64
  store i64 %address, ptr %more
  ret void
}}
"""


def emitted(text: str) -> bytes:
    return emitter.emitted(text, emitter.target_machine(HOST.cpu, HOST.features))


@ELF
def test_constants_are_found_wherever_an_image_is() -> None:
    objects = [emitted(CONSTANTS.format(name=f"f{place}", place=place)) for place in range(4)]
    addresses, area = images.load([images.linked(code)[f"f{place}"] for place, code in enumerate(objects)])
    for place, address in enumerate(addresses):
        out = np.array([2, 0], dtype=np.int64)
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)(out.ctypes.data)
        assert out[0] == 7
        assert ctypes.c_int64.from_address(int(out[1])).value == (3, 5, 7, 11)[place]
    area.close()


@ELF
@pytest.mark.parametrize(
    "text",
    [
        "declare void @other()\ndefine void @f() {\n call void @other()\n ret void\n}",
        "@state = internal global i64 0\ndefine ptr @f() {\n store volatile i64 1, ptr @state\n ret ptr @state\n}",
        "@f = constant i64 0",
    ],
    ids=["calls others", "has variables", "has no function"],
)
def test_what_is_no_image(text: str) -> None:
    code = emitted(text)
    assert images.linked(code) == {}
    assert not images.is_image(code)


@pytest.mark.parametrize("code", [b"", b"\x7fELF", b"\xcf\xfa\xed\xfe" + bytes(60)])
def test_other_formats_have_no_images(code: bytes) -> None:
    assert images.linked(code) == {}


@ELF
def test_code_cannot_be_written_to() -> None:
    program = (
        "import ctypes\n"
        "from qlang.kernels.cpu import emitter, images\n"
        "from qlang.kernels.cpu.host import host_target\n"
        "host = host_target()\n"
        "machine = emitter.target_machine(host.cpu, host.features)\n"
        "code = emitter.emitted('define void @f() {\\n ret void\\n}', machine)\n"
        "addresses, area = images.load([images.linked(code)['f']])\n"
        "ctypes.CFUNCTYPE(None)(addresses[0])()\n"
        "print('called', flush=True)\n"
        "ctypes.c_char.from_address(addresses[0]).value = b'x'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == (b"called\n", -11)


SHORT_OF_MEMORY = """
import resource
from qlang.kernels.cpu.images import _HEADER, _MAGIC, load
image = _HEADER.pack(_MAGIC, 0, 0) + bytes(64 << 20)
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (1 << 20),) * 2)
try:
    load([image])
except MemoryError as error:
    print(error)
"""


@ELF
def test_memory_that_the_system_does_not_give_is_said() -> None:
    done = subprocess.run([sys.executable, "-c", SHORT_OF_MEMORY], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("67108864 bytes could not be had: Cannot allocate memory\n", "")
