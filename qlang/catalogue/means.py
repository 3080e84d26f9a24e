"""Devices of which only averages are published: every qubit and every pair gets the same numbers.

Facts from mqt.bench 2.3.0 (MIT), `mqt/bench/targets/devices/{ionq,quantinuum}.py`, which states mean gate
fidelities, state preparation and measurement (SPAM) errors and, for IonQ, durations. The SPAM error is used as
p01 = p10. Ion traps connect all pairs.
Where the source is silent (T1, T2, Quantinuum's durations) nothing is filled in.
"""

from dataclasses import dataclass
from itertools import combinations

from qlang.catalogue.snapshot import Coupler, Qubit, Snapshot, Source, SourceFile

PACKAGE = "mqt.bench"
VERSION = "2.3.0"
LICENCE = "MIT"
_IONQ = SourceFile(
    "mqt/bench/targets/devices/ionq.py", "8cf30d4de316206f1828d60dac690eab70ec9a2c421e0784f209f5da19726f5e"
)
_QUANTINUUM = SourceFile(
    "mqt/bench/targets/devices/quantinuum.py", "698f5a07518ad7e6f7321b1a86b2e183c83629afd9d445153c115fc6b8cb12f4"
)


@dataclass(frozen=True, slots=True)
class Means:
    """Averages over one device; errors are infidelities, times in seconds."""

    device: str
    qubits: int
    error_1q: float
    error_2q: float
    spam_error: float
    time_1q_s: float | None
    time_2q_s: float | None
    readout_time_s: float | None
    native_2q: str
    basis_gates: tuple[str, ...]
    file: SourceFile


MEANS = (
    Means("ionq.aria", 25, 0.0002, 0.0128, 0.0063, 135e-6, 600e-6, 300e-6, "ms", ("gpi", "gpi2", "ms", "rz"), _IONQ),
    Means("ionq.forte", 36, 0.0002, 0.0068, 0.0041, 130e-6, 970e-6, 150e-6, "zz", ("gpi", "gpi2", "rz", "zz"), _IONQ),
    Means("quantinuum.h2", 56, 3e-5, 0.0015, 0.0015, None, None, None, "rzz", ("rx", "ry", "rz", "rzz"), _QUANTINUUM),
)


def snapshot(means: Means) -> Snapshot:
    """The averages spread over all qubits and pairs, marked `means_only`."""
    qubit = Qubit(
        readout_p01=means.spam_error,
        readout_p10=means.spam_error,
        gate_error_1q=means.error_1q,
        gate_time_1q_s=means.time_1q_s,
        readout_time_s=means.readout_time_s,
    )
    return Snapshot(
        device=means.device,
        vendor=means.device.partition(".")[0],
        date=None,
        qubits=(qubit,) * means.qubits,
        couplers=tuple(Coupler(pair, means.error_2q, means.time_2q_s) for pair in combinations(range(means.qubits), 2)),
        basis_gates=means.basis_gates,
        native_2q=means.native_2q,
        max_shots=None,
        repetition_delay_s=None,
        processor_family=None,
        source=Source(PACKAGE, VERSION, LICENCE, (means.file,)),
        means_only=True,
        notes=(
            "no calibration date in the source",
            "averages over the device; p01 and p10 are its mean preparation and measurement error",
        ),
    )
