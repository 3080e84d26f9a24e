"""The executors that a plan can name as its `target`. Cheap to import: the compiler asks before it plans."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from qlang.backends.errors import TargetUnavailable
from qlang.backends.limits import CUDA, NATIVE, NUMPY, memory_of, most_qubits, state_bytes
from qlang.backends.protocol import Backend


@dataclass(frozen=True, slots=True)
class Target:
    """An executor of kernels."""

    name: str
    precisions: tuple[str, ...]
    """Of amplitudes: `f64`, `f32`, `bf16` (computed in f32)."""
    needs: str | None
    """The package that it needs besides NumPy."""
    what: str

    @property
    def available(self) -> bool:
        """Whether it can run in this installation."""
        return self.lacks is None

    @property
    def lacks(self) -> str | None:
        """What it is missing here."""
        if self.name == CUDA:
            from qlang.kernels.cuda.driver import missing

            without = missing()
            return None if without is None else without.reason_text
        if self.needs is None or find_spec(self.needs) is not None:
            return None
        return f"it needs the package `{self.needs}`"


TARGETS: Mapping[str, Target] = {
    CUDA: Target(CUDA, ("f64", "f32", "bf16"), "cupy", "NVIDIA GPUs: CUDA kernels, states spread over several"),
    NATIVE: Target(NATIVE, ("f64", "f32"), "llvmlite", "machine code made for the circuit and this processor, threads"),
    NUMPY: Target(NUMPY, ("f64",), None, "the reference: NumPy, double precision, one thread"),
}
"""By name, the fastest first."""


def default_targets() -> tuple[str, ...]:
    """The targets of this installation, the fastest first; GPUs last where they hold less than the machine itself, for
    the first one is taken and a circuit that fits the machine shall run."""
    names = tuple(target.name for target in TARGETS.values() if target.available)
    if CUDA in names and most_qubits(noisy=False, target=CUDA) < most_qubits(noisy=False, target=NATIVE):
        return (*(name for name in names if name != CUDA), CUDA)
    return names


def chosen_targets(asked: str | None) -> tuple[str, ...]:
    """Those that were asked for, with commas between, or the default ones. Raises `TargetUnavailable` for no target."""
    return default_targets() if asked is None else tuple(_known(name).name for name in asked.split(","))


def usable(name: str, precision: str = "f64") -> Target:
    """A target that can run here. Raises `TargetUnavailable`."""
    known = _known(name, precision)
    if known.lacks is not None:
        raise TargetUnavailable(name, precision, known.lacks)
    return known


def executor(target: str, precision: str = "f64") -> Backend:
    """The backend of a target. Raises `TargetUnavailable`."""
    usable(target, precision)
    if target == NUMPY:
        from qlang.backends.reference import ReferenceBackend

        return ReferenceBackend()
    if target == CUDA:
        from qlang.backends.cuda import CudaBackend

        return CudaBackend(precision)
    from qlang.backends.native import NativeBackend

    return NativeBackend(precision=precision)


def who_could(qubits: int, memory: int, *, besides: tuple[str, str] = ("", "")) -> tuple[str, ...]:
    """Targets of this installation whose state vectors of so many qubits fit into memory, with their precision."""
    return tuple(
        f"{target.name} {precision}"
        for target in TARGETS.values()
        for precision in target.precisions
        if target.available
        and (target.name, precision) != besides
        and state_bytes(qubits, "state_vector", target.name, precision)
        <= (memory_of(CUDA) if target.name == CUDA else memory)
    )


def _known(name: str, precision: str = "f64") -> Target:
    known = TARGETS.get(name)
    if known is None or precision not in known.precisions:
        spelled = ", ".join(f"`{target.name}` ({', '.join(target.precisions)})" for target in TARGETS.values())
        raise TargetUnavailable(name, precision, f"known are {spelled}")
    return known
