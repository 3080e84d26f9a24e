"""How large a state this machine can hold."""

import os

AMPLITUDE_BYTES = 16
WORKING_COPIES = 3
"""States that an executor needs at once: the state, its successor and one for sampling."""


def available_bytes() -> int:
    """Physical memory of this machine; 4 GiB where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 4 << 30


def most_qubits(*, noisy: bool = False) -> int:
    """The largest state vector that fits; noisy runs beyond density matrices use trajectories of the same size."""
    return max((available_bytes() // (AMPLITUDE_BYTES * WORKING_COPIES)).bit_length() - 1 - int(noisy), 1)
