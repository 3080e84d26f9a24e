"""Why a GPU cannot be used, as an exception that carries data."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal["no_cupy", "no_driver", "no_device"]

_REASONS: dict[Reason, tuple[str, str]] = {
    "no_cupy": ("CuPy is not installed", "install the extra: pip install 'qlang[cuda]'"),
    "no_driver": ("CuPy found no working CUDA driver", "install NVIDIA's driver, or run on the target `cpu`"),
    "no_device": ("there is no CUDA device", "make one visible to this process, or run on the target `cpu`"),
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

    def __str__(self) -> str:
        said = f" ({self.detail})" if self.detail else ""
        return f"the target `gpu.cuda` cannot run: {_REASONS[self.reason][0]}{said}; {self.way_out}"
