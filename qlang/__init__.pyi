"""The public names of qlang, with their types. Written by `tools/python_stub.py`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ParamSpec, overload

from qlang import std as std
from qlang.circuits import BoundCircuit as BoundCircuit
from qlang.circuits import Circuit as Circuit
from qlang.circuits import Gate as Gate
from qlang.circuits import Subroutine as Subroutine
from qlang.circuits import circuit as circuit
from qlang.circuits import gate as gate
from qlang.foreign import from_cirq as from_cirq
from qlang.foreign import from_pennylane as from_pennylane
from qlang.foreign import from_qiskit as from_qiskit
from qlang.foreign import from_stim as from_stim
from qlang.jax_functions import JaxFunction as JaxFunction
from qlang.jax_functions import to_jax as to_jax
from qlang.jobs import Job as Job
from qlang.jobs import Sla as Sla
from qlang.jobs import auto as auto
from qlang.jobs import job as job
from qlang.jobs import sla as sla
from qlang.magic import load_ipython_extension as load_ipython_extension
from qlang.observables import I as I
from qlang.observables import Observable as Observable
from qlang.observables import ObservableFunction as ObservableFunction
from qlang.observables import X as X
from qlang.observables import Y as Y
from qlang.observables import Z as Z
from qlang.observables import mean as mean
from qlang.observables import observable as observable
from qlang.observables import total as total
from qlang.problems import CompileError as CompileError
from qlang.problems import CompileWarning as CompileWarning
from qlang.problems import ExecutionError as ExecutionError
from qlang.programs import Program as Program
from qlang.programs import check_text, compile_text
from qlang.results import Estimate as Estimate
from qlang.results import Plan as Plan
from qlang.results import Result as Result

check = check_text
compile = compile_text

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

def CX(control: _Wires, target: _Wires) -> None:
    """Controlled X, by its name in OpenQASM 2."""

def U(theta: float, phi: float, lam: float, qubit: _Wires) -> None:
    """The built-in rotation of OpenQASM: any one-qubit unitary up to a phase."""

def c3sqrtx(control1: _Wires, control2: _Wires, control3: _Wires, target: _Wires) -> None:
    """Square root of X with three controls."""

def c3x(control1: _Wires, control2: _Wires, control3: _Wires, target: _Wires) -> None:
    """X with three controls."""

def c4x(control1: _Wires, control2: _Wires, control3: _Wires, control4: _Wires, target: _Wires) -> None:
    """X with four controls."""

def ccx(control1: _Wires, control2: _Wires, target: _Wires) -> None:
    """Toffoli: X with two controls."""

def ccz(control1: _Wires, control2: _Wires, target: _Wires) -> None:
    """Z with two controls."""

def ch(control: _Wires, target: _Wires) -> None:
    """Controlled Hadamard."""

def cp(lam: float, control: _Wires, target: _Wires) -> None:
    """Controlled phase."""

def cphase(lam: float, control: _Wires, target: _Wires) -> None:
    """Controlled phase, by its name in OpenQASM 2."""

def crx(theta: float, control: _Wires, target: _Wires) -> None:
    """Controlled rotation about X."""

def cry(theta: float, control: _Wires, target: _Wires) -> None:
    """Controlled rotation about Y."""

def crz(theta: float, control: _Wires, target: _Wires) -> None:
    """Controlled rotation about Z."""

def cs(control: _Wires, target: _Wires) -> None:
    """Controlled S."""

def csdg(control: _Wires, target: _Wires) -> None:
    """Controlled inverse of S."""

def cswap(control: _Wires, a: _Wires, b: _Wires) -> None:
    """Fredkin: exchanges two qubits if the control is 1."""

def csx(control: _Wires, target: _Wires) -> None:
    """Controlled square root of X."""

def cu(theta: float, phi: float, lam: float, gamma: float, control: _Wires, target: _Wires) -> None:
    """Controlled U with a phase."""

def cu1(lam: float, control: _Wires, target: _Wires) -> None:
    """Controlled phase, by its name in OpenQASM 2."""

def cu3(theta: float, phi: float, lam: float, control: _Wires, target: _Wires) -> None:
    """Controlled u."""

def cx(control: _Wires, target: _Wires) -> None:
    """Controlled X (CNOT)."""

def cy(control: _Wires, target: _Wires) -> None:
    """Controlled Y."""

def cz(control: _Wires, target: _Wires) -> None:
    """Controlled Z."""

def dcx(a: _Wires, b: _Wires) -> None:
    """Two CX, one in each direction."""

def ecr(a: _Wires, b: _Wires) -> None:
    """Echoed cross resonance."""

def gphase(gamma: float) -> None:
    """A global phase."""

def h(qubit: _Wires) -> None:
    """Hadamard."""

def id(qubit: _Wires) -> None:
    """Nothing."""

def iswap(a: _Wires, b: _Wires) -> None:
    """Exchanges two qubits, with a phase i where they differ."""

def p(lam: float, qubit: _Wires) -> None:
    """A phase on 1."""

def phase(lam: float, qubit: _Wires) -> None:
    """A phase on 1, by its name in OpenQASM 2."""

def r(theta: float, phi: float, qubit: _Wires) -> None:
    """Rotation about an axis in the equator: exp(-iθ/2 (cos φ X + sin φ Y))."""

def rc3x(control1: _Wires, control2: _Wires, control3: _Wires, target: _Wires) -> None:
    """X with three controls up to relative phases."""

def rccx(control1: _Wires, control2: _Wires, target: _Wires) -> None:
    """Toffoli up to relative phases."""

def rx(theta: float, qubit: _Wires) -> None:
    """Rotation about X: exp(-iθ/2 X)."""

def rxx(theta: float, a: _Wires, b: _Wires) -> None:
    """Ising coupling exp(-iθ/2 X⊗X)."""

def ry(theta: float, qubit: _Wires) -> None:
    """Rotation about Y: exp(-iθ/2 Y)."""

def ryy(theta: float, a: _Wires, b: _Wires) -> None:
    """Ising coupling exp(-iθ/2 Y⊗Y)."""

def rz(lam: float, qubit: _Wires) -> None:
    """Rotation about Z: exp(-iλ/2 Z)."""

def rzx(theta: float, a: _Wires, b: _Wires) -> None:
    """Coupling exp(-iθ/2 Z⊗X), Z on the first qubit."""

def rzz(theta: float, a: _Wires, b: _Wires) -> None:
    """Ising coupling exp(-iθ/2 Z⊗Z)."""

def s(qubit: _Wires) -> None:
    """Square root of Z."""

def sdg(qubit: _Wires) -> None:
    """Inverse of S."""

def swap(a: _Wires, b: _Wires) -> None:
    """Exchanges two qubits."""

def sx(qubit: _Wires) -> None:
    """Square root of X."""

def sxdg(qubit: _Wires) -> None:
    """Inverse of the square root of X."""

def t(qubit: _Wires) -> None:
    """Fourth root of Z."""

def tdg(qubit: _Wires) -> None:
    """Inverse of T."""

def u(theta: float, phi: float, lam: float, qubit: _Wires) -> None:
    """Any one-qubit unitary, in Qiskit's convention."""

def u0(gamma: float, qubit: _Wires) -> None:
    """Nothing, by its name in OpenQASM 2."""

def u1(lam: float, qubit: _Wires) -> None:
    """A phase on 1, by its name in OpenQASM 2."""

def u2(phi: float, lam: float, qubit: _Wires) -> None:
    """u(π/2, φ, λ), by its name in OpenQASM 2."""

def u3(theta: float, phi: float, lam: float, qubit: _Wires) -> None:
    """Any one-qubit unitary, by its name in OpenQASM 2."""

def x(qubit: _Wires) -> None:
    """Pauli X (NOT)."""

def y(qubit: _Wires) -> None:
    """Pauli Y."""

def z(qubit: _Wires) -> None:
    """Pauli Z."""
