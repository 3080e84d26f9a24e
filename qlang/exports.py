"""Circuits and programs in other languages: `to_qasm3`, `to_qasm2`, `to_qiskit`, `to_stim`, `to_qir`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from qlang.problems import CompileError

if TYPE_CHECKING:
    from qlang.sema.jobs import CheckedJob
    from qlang.sema.symbols import CircuitSymbol
    from qlang.sema.values import Constant

Chosen: TypeAlias = "tuple[CircuitSymbol, Mapping[str, Constant | float], CheckedJob | None]"
"""A circuit, its arguments, and the job whose arguments it has instead."""


class Exports:
    """What can be written in other languages.

    Each method takes `circuit` or `job` to choose by name where there are several. Real parameters without a value stay
    parameters in OpenQASM 3 and Qiskit. All raise CompileError, which names what the target cannot say.
    """

    @abstractmethod
    def _chosen(self, circuit: str | None, job: str | None) -> Chosen:
        """The circuit that is meant. Raises ValueError for names that are none."""

    def to_qasm3(self, circuit: str | None = None, *, job: str | None = None) -> str:
        """OpenQASM 3 text; loops, branches and classical expressions are kept."""
        return self._text("qasm3", circuit, job)

    def to_qasm2(self, circuit: str | None = None, *, job: str | None = None) -> str:
        """OpenQASM 2 text; loops are written out."""
        return self._text("qasm2", circuit, job)

    def to_stim(self, circuit: str | None = None, *, job: str | None = None) -> str:
        """Stim text of a Clifford circuit."""
        return self._text("stim", circuit, job)

    def to_qir(self, circuit: str | None = None, *, job: str | None = None) -> str:
        """LLVM text in the QIR base profile."""
        return self._text("qir", circuit, job)

    def to_qiskit(self, circuit: str | None = None, *, job: str | None = None) -> Any:
        """A `qiskit.QuantumCircuit`; needs Qiskit."""
        from qlang.compiler.converting import exported_to_qiskit

        return self._converted(exported_to_qiskit, circuit, job)

    def _text(self, target: str, circuit: str | None, job: str | None) -> str:
        from qlang.compiler.converting import exported

        return str(self._converted(lambda symbol, given, found: exported(symbol, given, target, found), circuit, job))

    def _converted(self, write: Callable[..., Any], circuit: str | None, job: str | None) -> Any:
        from qlang.compiler.converting import NotConverted

        symbol, arguments, found = self._chosen(circuit, job)
        try:
            return write(symbol, arguments, found)
        except NotConverted as problem:
            raise CompileError(problem.diagnostics) from None
