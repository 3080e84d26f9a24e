"""Helpers and modules of several functions give the same code, and whatever becomes of helpers, all of it is there."""

import platform
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import llvmlite
import pytest

from qlang.kernels.cpu import emitter, emitters, images
from qlang.kernels.cpu.emitters import emit_all
from qlang.kernels.cpu.host import Target, host_target
from qlang.kernels.cpu.kernel_text import plain_module, side_by_side_module
from qlang.kernels.cpu.lane_turns_text import lanes_module
from qlang.kernels.cpu.shapes import LaneShape, RowShape, SideBySideShape, TurnShape
from qlang.kernels.cpu.turns_text import turns_module

HOST = host_target()
TURNS = [
    TurnShape(HOST, "float32", registers, rotations=rotations)
    for registers in range(5)
    for rotations in range(registers + 1)
]
LANES = [LaneShape(HOST, "float32", lanes) for lanes in ((0,), (1,), (0, 1))]
"""They have constants."""
WRITES: list[Callable[[str], str]] = [
    *[partial(write, shape) for write in (plain_module, turns_module) for shape in TURNS],
    *[partial(lanes_module, shape) for shape in LANES],
]
TEXTS: list[Callable[[], str]] = [partial(write, f"k{i}") for i, write in enumerate(WRITES)]


needs_images = pytest.mark.skipif(not images.supported(), reason="images are made on Linux for x86-64")


@cache
def alone() -> dict[int, bytes]:
    machine = emitter.target_machine(HOST.cpu, HOST.features)
    return {i: emitter.emitted(text(), machine) for i, text in enumerate(TEXTS)}


def separate(given: Iterable[tuple[tuple[int, ...], bytes]]) -> dict[int, bytes]:
    """Object code by number, of modules with one text each."""
    return {number: code for (number,), code in given}


def framed(*contents: bytes) -> bytes:
    stream = BytesIO()
    for content in contents:
        emitter.send(stream, content)
    return stream.getvalue()


def working() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "qlang-emitter"]


def stand_in(folder: Path, program: str) -> str:
    """A Python that is another program."""
    path = folder / "python3"
    path.write_text(f"#!{sys.executable}\n{program}\n")
    path.chmod(0o700)
    return str(path)


@pytest.mark.parametrize("helpers", [0, 1, 3])
def test_the_same_object_code_in_any_number_of_processes(helpers: int) -> None:
    pairs = list(emit_all(TEXTS, HOST, helpers, together=1))
    assert len(pairs) == len(TEXTS)
    assert separate(pairs) == alone()
    assert not working()


@needs_images
@pytest.mark.parametrize("helpers", [0, 1, 3])
@pytest.mark.parametrize("together", [2, 16])
def test_functions_are_the_same_whatever_their_companions(together: int, helpers: int) -> None:
    found: dict[str, bytes] = {}
    numbers: list[int] = []
    for some, code in emit_all(TEXTS, HOST, helpers, together=together):
        assert len(some) <= together
        numbers += some
        functions = images.linked(code)
        assert set(functions) == {f"k{number}" for number in some}
        found |= functions
    assert sorted(numbers) == list(range(len(TEXTS)))
    assert found == {name: image for code in alone().values() for name, image in images.linked(code).items()}


def test_work_is_shared_to_the_end() -> None:
    """The last modules are small, so that nobody waits long for another one's."""
    sizes = [len(numbers) for numbers, _ in emit_all(TEXTS, HOST, 0)]
    assert sum(sizes) == len(TEXTS)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 1 == sizes[-1]


FAILING = {
    "ends at once": "",
    "ends within a text": "import sys; sys.stdin.buffer.read(5000)",
    "gives half a reply": "import sys; sys.stdin.buffer.read(5000); sys.stdout.buffer.write(b'\\x40\\0\\0\\0half')",
    "says something first": "import sys; print('Python is being loaded', flush=True); sys.stdin.buffer.read()",
    "gives zeros": "import sys; sys.stdin.buffer.read(5000); sys.stdout.buffer.write(bytes(4000))",
    "gives something else": "import sys; sys.stdin.buffer.read(5000); sys.stdout.buffer.write(b'\\5\\0\\0\\0' * 50)",
    "never replies": "import sys; sys.stdin.buffer.read()",
}


@pytest.mark.skipif(sys.platform == "win32", reason="programs begin with #!")
@pytest.mark.parametrize("way", FAILING)
def test_what_a_helper_leaves_is_compiled_here(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path, FAILING[way]))
    monkeypatch.setattr(emitters, "PATIENCE_SECONDS", 0.2)
    pairs = list(emit_all(TEXTS, HOST, 2, together=1))
    assert len(pairs) == len(TEXTS)
    assert separate(pairs) == alone()
    assert not working()


def test_a_helper_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    assert separate(emit_all(TEXTS, HOST, 1, together=1)) == alone()


def test_no_room_for_more_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert separate(emit_all(TEXTS, HOST, 2, together=1)) == alone()


@pytest.mark.parametrize("name", ["", "application"])
def test_only_a_python_is_started_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", name)
    emitted = emit_all(TEXTS * 9, HOST)
    next(emitted)
    assert not working()
    emitted.close()


@pytest.mark.parametrize("helpers", [0, 2])
def test_a_text_that_is_no_module(helpers: int) -> None:
    with pytest.raises(RuntimeError, match="parsing error"):
        list(emit_all([*TEXTS, lambda: "define nothing"], HOST, helpers))
    assert not working()


def test_helpers_end_with_the_iterator() -> None:
    emitted = emit_all(TEXTS, HOST, 2)
    next(emitted)
    assert len(working()) == 2
    emitted.close()
    assert not working()


def test_the_program_ends_with_its_input() -> None:
    folder = str(Path(llvmlite.__file__).parents[1])
    command = [sys.executable, "-I", "-S", emitter.__file__, folder]
    text = TEXTS[0]().encode()
    frames = [f"{HOST.cpu}\0{HOST.features}".encode(), text]
    whole = framed(*frames)
    for given, expected in ((b"", b""), (whole[:-1], b""), (whole, framed(alone()[0]))):
        done = subprocess.run(command, input=given, capture_output=True, timeout=30, check=True)
        assert (done.stdout, done.stderr) == (expected, b"")


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="code for AVX-512")
def test_llvm_keeps_the_order_of_our_texts_and_schedules_those_of_others() -> None:
    wide = Target("x86-64-v4", "-prefer-256-bit", 64, "avx512", fused=True)
    shape = SideBySideShape(
        RowShape(wide, "float64", 3, phase=True, choice_bytes=1), TurnShape(wide, "float64", 3, rotations=3)
    )
    text, machine = side_by_side_module(shape, "crowded"), emitter.target_machine(wide.cpu, wide.features)

    def scheduled() -> bytes:
        code: bytes = machine.emit_object(emitter.llvm().parse_assembly(text))
        return code

    before = scheduled()
    with ThreadPoolExecutor(4) as threads:
        own = set(threads.map(partial(emitter.emitted, text), [machine] * 12))
    assert len(own) == 1
    assert len(own.pop()) < len(before)
    assert scheduled() == before
