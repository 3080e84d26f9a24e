"""NVIDIA's cuStateVec with its own fusion of gates (its "Ex" interface, from 1.10 on), called without a wrapper.

The wheel holds the library alone; it takes cuBLAS from beside it, or from the packages of this interpreter.
"""

import ctypes
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulators.cases import Case
from benchmarks.simulators.gates import Operation, matrix
from benchmarks.simulators.workers.service import Amplitudes, Unsupported, Variant, serve

_LIBRARY = "cuquantum/lib/libcustatevec.so.1"
_NEEDED = ("libcublasLt.so.*", "libcublas.so.*")
_TYPES = {"float32": (4, np.complex64), "float64": (5, np.complex128)}  # of cudaDataType_t
_COMPLEX128 = 5
_DENSE, _DIAGONAL, _ROWS = 1, 2, 1  # of custatevecExMatrixType_t, custatevecMatrixLayout_t
_DENSE_FUSION = 1  # of custatevecExSVUpdaterConfigName_t
_WIRE_ORDERING = 3  # of custatevecExStateVectorProperty_t


class _Setting(ctypes.Structure):
    """custatevecExSVUpdaterConfigItem_t: a value of 32 bytes that begins at a multiple of 16."""

    _fields_ = (
        ("name", ctypes.c_int32),
        ("_gap", ctypes.c_int32 * 3),
        ("value", ctypes.c_int32),
        ("_rest", ctypes.c_int32 * 7),
    )


def library() -> ctypes.CDLL:
    """Raises OSError where it cannot be loaded."""
    folders = [Path(each) for each in sys.path if each]
    for pattern in _NEEDED:
        for path in (found for folder in folders for found in sorted(folder.glob(f"nvidia/*/lib/{pattern}"))):
            try:
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            except OSError:  # of another version of CUDA
                continue
    held = [folder / _LIBRARY for folder in folders if (folder / _LIBRARY).exists()]
    return ctypes.CDLL(str(held[0]) if held else "libcustatevec.so.1")


class CuStateVec:
    """Times setting |0…0⟩ and applying all gates, which were handed over before; fusion is within that time."""

    def __init__(self) -> None:
        self._library = library()
        self._library.custatevecGetVersion.restype = ctypes.c_size_t
        self._library.custatevecGetErrorString.restype = ctypes.c_char_p
        self._state, self._updater = ctypes.c_void_p(), ctypes.c_void_p()

    def versions(self) -> dict[str, str]:
        number = self._library.custatevecGetVersion()
        return {"custatevec": f"{number // 10000}.{number // 100 % 100}.{number % 100}"}

    def variants(self, case: Case, precision: str) -> list[Variant]:
        if case.kind != "state":
            raise Unsupported(f"`{case.kind}` is not asked of cuStateVec")
        return [{}, *({"fused": size} for size in (5, 4, 6))]

    def load(self, case: Case, precision: str, variant: Variant) -> None:
        self._free()
        self._type, self._dtype = _TYPES[precision]
        self._qubits, self._circuit = case.qubits, case.circuit
        settings = ctypes.c_void_p()
        self._call(
            "ExConfigureStateVectorSingleDevice",
            *(ctypes.byref(settings), self._type, case.qubits, case.qubits, 0, ctypes.c_uint32(0)),
        )
        self._call("ExStateVectorCreateSingleProcess", ctypes.byref(self._state), settings, None, 0, None)
        self._call("ExDictionaryDestroy", settings)
        chosen = (_Setting * 1)(_Setting(name=_DENSE_FUSION, value=variant.get("fused", 0)))
        given = (chosen, 1) if "fused" in variant else (None, 0)
        self._call("ExConfigureSVUpdater", ctypes.byref(settings), self._type, *given)
        self._call("ExSVUpdaterCreate", ctypes.byref(self._updater), settings, None)
        self._call("ExDictionaryDestroy", settings)
        self._enqueue_all()
        self._kept = True
        first = self._after_a_run()
        self._kept = bool(np.array_equal(first, self._after_a_run()))  # else the queue is empty after it was applied

    def run(self) -> dict[str, float]:
        if not self._kept:
            self._call("ExSVUpdaterClear", self._updater)
            self._enqueue_all()
        self._synchronize()
        begin = perf_counter()
        self._call("ExStateVectorSetZeroState", self._state)
        self._call("ExSVUpdaterApply", self._updater, self._state, None, 0)
        self._synchronize()
        return {"seconds": perf_counter() - begin}

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        ordering = np.empty(self._qubits, dtype=np.int32)  # the wire of each bit of the index
        self._call(
            "ExStateVectorGetProperty",
            *(self._state, _WIRE_ORDERING, ctypes.c_void_p(ordering.ctypes.data), ctypes.c_size_t(ordering.nbytes)),
        )
        stored = np.zeros_like(indices)
        for bit, wire in enumerate(ordering.tolist()):
            stored |= (indices >> wire & 1) << bit
        return np.concatenate([self._read(index, 1) for index in stored.tolist()])

    def peaks(self, count: int) -> NDArray[np.int64]:
        raise Unsupported("the state stays on the device")

    def answer(self) -> tuple[list[float], list[float]]:
        raise Unsupported("states only")

    def _after_a_run(self) -> Amplitudes:
        self.run()
        return self._read(0, min(1 << self._qubits, 64))

    def _read(self, first: int, count: int) -> Amplitudes:
        found: Amplitudes = np.empty(count, dtype=self._dtype)
        place = ctypes.c_void_p(found.ctypes.data)
        ends = (ctypes.c_int64(first), ctypes.c_int64(first + count))
        self._call("ExStateVectorGetState", self._state, place, self._type, *ends, 1)
        self._synchronize()
        return found

    def _enqueue_all(self) -> None:
        self._matrices: list[NDArray[np.complex128]] = []  # kept, whether or not the queue copies them
        for each in self._circuit.operations:
            self._enqueue(each)

    def _enqueue(self, each: Operation) -> None:
        """A gate by its smallest matrix: without its control, and diagonal where it is."""
        controls, targets, gate = smallest(each)
        diagonal = bool(np.array_equal(gate, np.diag(np.diag(gate))))
        numbers = np.ascontiguousarray(np.diag(gate) if diagonal else gate, dtype=np.complex128)
        self._matrices.append(numbers)
        wires = [(ctypes.c_int32 * max(len(part), 1))(*part) for part in (targets, controls)]
        self._call(
            "ExSVUpdaterEnqueueMatrix",
            *(self._updater, ctypes.c_void_p(numbers.ctypes.data), _COMPLEX128, _DIAGONAL if diagonal else _DENSE),
            *(_ROWS, 0, wires[0], len(targets), wires[1], None, len(controls)),
        )

    def _synchronize(self) -> None:
        self._call("ExStateVectorSynchronize", self._state)

    def _free(self) -> None:
        if self._updater:
            self._call("ExSVUpdaterDestroy", self._updater)
        if self._state:
            self._call("ExStateVectorDestroy", self._state)
        self._state, self._updater = ctypes.c_void_p(), ctypes.c_void_p()

    def _call(self, name: str, *arguments: Any) -> None:
        """Raises RuntimeError with what the library says."""
        status = getattr(self._library, f"custatevec{name}")(*arguments)
        if status:
            raise RuntimeError(f"custatevec{name}: {self._library.custatevecGetErrorString(status).decode()}")


def smallest(each: Operation) -> tuple[tuple[int, ...], tuple[int, ...], NDArray[np.complex128]]:
    """Controls, targets and the matrix on these, the first target its least significant bit."""
    if each.name == "mcz":
        return each.wires[:-1], each.wires[-1:], matrix("cz", 2, ())[1::2, 1::2]
    gate = matrix(each.name, len(each.wires), each.angles)
    if each.name == "cx":  # `controlled`: the first wire decides
        return each.wires[:1], each.wires[1:], gate[1::2, 1::2]
    return (), each.wires, gate


if __name__ == "__main__":
    serve(CuStateVec())
