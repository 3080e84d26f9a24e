"""Gates as columns, which is how packed runs of the IR hold them and how gates are lowered.

A circuit of constant gates then never becomes one object for each of them, unless somebody looks at one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from qlang.ir.gates import BY_CODE
from qlang.kernels.wire_events import ranges, repeated

GateCall: TypeAlias = tuple[int, tuple[int, ...], tuple[float, ...], str]
"""Code of the primitive, wires with the controls first, parameters, values of the controls."""

QUBITS = np.array([row.qubits for row in BY_CODE], dtype=np.int64)
"""By code, without controls."""
_PARAMETERS = np.array([row.parameters for row in BY_CODE], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class GateColumns(Sequence[GateCall]):
    """Gates in order, as a sequence and as columns.

    codes int16, widths and counts int64 (gates,): how many wires and parameters each has; wires int64 and parameters
    float64: those of all gates, one gate after the other; controls: the values of each gate's, none where no gate has
    any.
    """

    codes: NDArray[np.int16]
    widths: NDArray[np.int64]
    counts: NDArray[np.int64]
    wires: NDArray[np.int64]
    parameters: NDArray[np.float64]
    controls: tuple[str, ...] = ()

    @classmethod
    def of(cls, calls: Sequence[GateCall]) -> "GateColumns":
        """The columns of gates. Raises ValueError for a gate with too few or too many wires."""
        if isinstance(calls, GateColumns):
            return calls
        codes, wires, numbers, controls = zip(*calls, strict=True) if calls else ((),) * 4
        found = cls(
            np.fromiter(codes, dtype=np.int16),
            np.fromiter(map(len, wires), dtype=np.int64),
            np.fromiter(map(len, numbers), dtype=np.int64),
            np.fromiter(chain.from_iterable(wires), dtype=np.int64),
            np.fromiter(chain.from_iterable(numbers), dtype=np.float64),
            controls if any(controls) else (),
        )
        wrong = found.widths - QUBITS[found.codes] != np.fromiter(map(len, controls), dtype=np.int64)
        if wrong.any():
            code, where, _, values = calls[int(np.argmax(wrong))]
            raise ValueError(f"{BY_CODE[code].name} with {len(values)} controls is on {len(where)} wires")
        return found

    @classmethod
    def packed(
        cls, codes: NDArray[np.int16], wires: NDArray[np.int32], parameters: NDArray[np.float64]
    ) -> "GateColumns":
        """Gates without controls, as `qlang.ir.packed` stores them."""
        return cls(codes, QUBITS[codes], _PARAMETERS[codes], wires.astype(np.int64), parameters)

    @classmethod
    def joined(cls, runs: Sequence["GateColumns"]) -> "GateColumns":
        """Runs of gates without controls, one after the other."""
        if len(runs) == 1:
            return runs[0]
        return cls(
            np.concatenate([np.zeros(0, dtype=np.int16), *(run.codes for run in runs)]),
            np.concatenate([np.zeros(0, dtype=np.int64), *(run.widths for run in runs)]),
            np.concatenate([np.zeros(0, dtype=np.int64), *(run.counts for run in runs)]),
            np.concatenate([np.zeros(0, dtype=np.int64), *(run.wires for run in runs)]),
            np.concatenate([np.zeros(0), *(run.parameters for run in runs)]),
        )

    def wires_within(self, qubits: int) -> bool:
        """Whether all wires are those of a circuit."""
        return bool(self.wires.min(initial=0) >= 0 and self.wires.max(initial=-1) < qubits)

    @cached_property
    def wires_twice(self) -> bool:
        """Whether a gate has one wire twice; wires are below 2^32."""
        ends = np.cumsum(self.widths)
        pairs, wide = ends[self.widths == 2], np.flatnonzero(self.widths > 2)
        if (self.wires[pairs - 1] == self.wires[pairs - 2]).any():
            return True
        widths = self.widths[wide]
        return repeated(np.repeat(wide << 32, widths) | self.wires[ranges(ends[wide] - widths, widths)])

    @cached_property
    def _calls(self) -> tuple[GateCall, ...]:
        wires, numbers = self.wires.tolist(), self.parameters.tolist()
        calls = []
        wire = number = 0
        rows = zip(self.codes.tolist(), self.widths.tolist(), self.counts.tolist(), strict=True)
        for code, width, count in rows:
            calls.append((code, tuple(wires[wire : wire + width]), tuple(numbers[number : number + count]), ""))
            wire, number = wire + width, number + count
        if not self.controls:
            return tuple(calls)
        return tuple([(*call[:3], values) for call, values in zip(calls, self.controls, strict=True)])

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[GateCall]:
        return iter(self._calls)

    @overload
    def __getitem__(self, place: int) -> GateCall: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[GateCall, ...]: ...
    def __getitem__(self, place: int | slice) -> GateCall | tuple[GateCall, ...]:
        return self._calls[place]
