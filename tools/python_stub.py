"""Write `qlang/__init__.pyi`: the public names with their types, for type checkers and editors.

python tools/python_stub.py            # writes the file
python tools/python_stub.py --check    # fails where it is not up to date
"""

from __future__ import annotations

import sys
from pathlib import Path

import qlang
from qlang.operations import GATES

STUB = Path(__file__).resolve().parents[1] / "qlang" / "__init__.pyi"
_NO_TYPES = ("Array", "Bit", "Bits", "Qubit", "Qubits")
_HEAD = '''"""The public names of qlang, with their types. Written by `tools/python_stub.py`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ParamSpec, overload

from qlang import std as std
'''
_TAIL = '''
__version__: str
pi: float

_P = ParamSpec("_P")

class Bit(int):
    """A measured bit: 0 or 1."""

class Bits(int):
    """A register of bits; bit 0 is the lowest of its value."""

    @overload
    def __getitem__(self, index: int) -> Bit: ...
    @overload
    def __getitem__(self, index: slice | list[int]) -> Bits: ...
    def __setitem__(self, index: int | slice, value: int) -> None: ...
    def __class_getitem__(cls, size: int) -> Any: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Bit]: ...

class Qubit:
    """A single qubit."""

class Qubits:
    """A register of qubits, of any size: `q[0]`, `q[1:]`, `len(q)`."""

    @overload
    def __getitem__(self, index: int) -> Qubit: ...
    @overload
    def __getitem__(self, index: slice | list[int]) -> Qubits: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Qubit]: ...
    def __add__(self, other: Qubits | Qubit) -> Qubits: ...

class Array(Sequence[Any]):
    """An array of numbers: `ql.Array` of floats, `ql.Array[int]`, `ql.Array[float, 2]` of two dimensions."""

    def __class_getitem__(cls, item: Any) -> Any: ...
    def __getitem__(self, index: Any) -> Any: ...
    def __len__(self) -> int: ...

_Wires = Qubit | Qubits

def qubits(n: int) -> Qubits:
    """A register of qubits in |0⟩."""

def qubit() -> Qubit:
    """A qubit in |0⟩."""

def bits(n: int) -> Bits:
    """A register of bits, 0 at first."""

def bit() -> Bit:
    """A bit, 0 at first."""

@overload
def measure(qubits: Qubit) -> Bit:
    """The bit of a measurement in the computational basis."""

@overload
def measure(qubits: Qubits) -> Bits:
    """The bits of a measurement in the computational basis."""

def reset(qubits: _Wires) -> None:
    """Bring qubits to |0⟩."""

def barrier(*qubits: _Wires) -> None:
    """No gate is moved across it."""

def delay(duration: str | float, *qubits: _Wires) -> None:
    """Wait; the duration is text as `"100ns"` or a number of seconds."""

def ctrl(gate: Callable[..., None], count: int = 1) -> Callable[..., None]:
    """The gate under that many controls, which stand before its qubits."""

def negctrl(gate: Callable[..., None], count: int = 1) -> Callable[..., None]:
    """The gate under controls that act at 0."""

def inv(gate: Callable[_P, None]) -> Callable[_P, None]:
    """The inverse of the gate."""

def pow(gate: Callable[_P, None], exponent: float) -> Callable[_P, None]:
    """A real power of the gate."""
'''


def stub() -> str:
    """The text of the stub."""
    homes = _typed().items()
    same = [f"from qlang.{home} import {found} as {found}" for name, (home, found) in homes if name == found]
    others: dict[str, list[str]] = {}
    for name, (home, found) in homes:
        if name != found:
            others.setdefault(home, []).append(found)
    imports = sorted([*same, *(f"from qlang.{home} import {', '.join(sorted(each))}" for home, each in others.items())])
    renamed = sorted(f"{name} = {found}" for name, (_, found) in homes if name != found)
    gates = [_gate(name) for name in sorted(GATES)]
    return _HEAD + "\n".join(imports) + "\n\n" + "\n".join(renamed) + "\n" + _TAIL + "\n" + "\n".join(gates)


def _typed() -> dict[str, tuple[str, str]]:
    return {name: home for name, home in vars(qlang)["_HOMES"].items() if name not in _NO_TYPES}


def _gate(name: str) -> str:
    gate = GATES[name]
    arguments = [f"{parameter}: float" for parameter in gate.parameters]
    arguments += [f"{qubit}: _Wires" for qubit in gate.qubits]
    return f'def {name}({", ".join(arguments)}) -> None:\n    """{gate.words}"""\n'


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(0 if STUB.read_text(encoding="utf-8") == stub() else f"{STUB} is not up to date")
    STUB.write_text(stub(), encoding="utf-8")
