"""Why a GPU cannot be used, as an exception that carries data."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal["no_cupy", "broken_cupy", "no_driver", "no_device", "no_compiler"]

_REASONS: dict[Reason, tuple[str, str]] = {
    "no_cupy": ("CuPy is not installed", "install the extra: pip install 'qlang[cuda]'"),
    "broken_cupy": ("CuPy cannot be imported", "install it with what it needs: pip install 'qlang[cuda]'"),
    "no_driver": ("there is no working CUDA driver", "install NVIDIA's driver, or choose a target of the CPU"),
    "no_device": ("there is no CUDA device", "make one visible to this process, or choose a target of the CPU"),
    "no_compiler": ("CuPy finds no NVRTC", "install it with what it needs: pip install 'qlang[cuda]'"),
}


@dataclass(eq=False)
class NoCuda(Exception):
    """The target `gpu.cuda` was asked for where it cannot run."""

    reason: Reason
    detail: str = ""
    """What CuPy said, where it said something."""

    @property
    def way_out(self) -> str:
        """What the user can do."""
        return _REASONS[self.reason][1]

    @property
    def reason_text(self) -> str:
        """What is missing, and the way out."""
        said = f" ({self.detail})" if self.detail else ""
        return f"{_REASONS[self.reason][0]}{said}; {self.way_out}"

    def __str__(self) -> str:
        return f"the target `gpu.cuda` cannot run here: {self.reason_text}"


@dataclass(eq=False)
class StateTooLarge(Exception):
    """A batch of states that the devices cannot hold."""

    qubits: int
    needed: int
    """Bytes on each device."""
    limit: int
    """Bytes that the fullest device has free."""

    def __str__(self) -> str:
        return f"{self.qubits} qubits need {self.needed} bytes on each device and {self.limit} are free"
