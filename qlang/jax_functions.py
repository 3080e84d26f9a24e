"""`ql.to_jax(job)`: the expectation values of a job as a pure function of its real parameters, in JAX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from qlang.jobs import Job, shown, sources_of
from qlang.problems import CompileError, warn_of
from qlang.programs import Program

if TYPE_CHECKING:
    from qlang.compiler.parametrised import Parameter, ParametrisedJob
    from qlang.kernels.expressions import Expressions
    from qlang.kernels.gradient import Precision
    from qlang.kernels.observables import PauliSums
    from qlang.kernels.steps import Steps
    from qlang.syntax.diagnostic import Diagnostic

Method = Literal["auto", "native", "jax"]

_REAL_KINDS = "biufVO"
"""Of dtypes: V is JAX's for narrow floats, and O that of fractions and decimals."""


@dataclass(frozen=True, eq=False)
class JaxFunction:
    """Expectation values as a function of a job's real parameters: `jit`, `grad`, `vmap` and `value_and_grad` apply.

    Called with keywords, with a mapping from names to values, or with one array that has all parameters one after the
    other. What is left out has the job's value. Everything is in double precision where `jax_enable_x64` is set, and
    in single precision otherwise, as in JAX itself.
    """

    parameters: tuple[Parameter, ...]
    """Name, shape and default of each."""
    labels: tuple[str, ...]
    """The expectation values, in the order of `values`."""
    _steps: Steps
    _angles: Expressions
    _sums: PauliSums
    _method: Method
    _mesh: Any
    _compiled: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __call__(self, parameters: Any = None, /, **named: Any) -> Any:
        """The value of a job's only expectation, a scalar; of several a dictionary by their labels.

        Raises TypeError and ValueError for parameters that do not fit, `qlang.backends.errors.TooLarge`, and
        ModuleNotFoundError without JAX.
        """
        values = self.values(parameters, **named)
        return values[0] if len(self.labels) == 1 else dict(zip(self.labels, values, strict=True))

    def values(self, parameters: Any = None, /, **named: Any) -> Any:
        """All expectation values, shape (labels,)."""
        return self._run("values", parameters, named)

    def state(self, parameters: Any = None, /, **named: Any) -> Any:
        """The amplitudes, shape (2^qubits,), before measurements at the end; bit k of the index is wire k."""
        return self._run("state", parameters, named)

    def _run(self, what: str, parameters: Any, named: Mapping[str, Any]) -> Any:
        jax = _imported()
        inputs = self._inputs(parameters, named)
        precision: Precision = "float64" if jax.config.jax_enable_x64 else "float32"
        key = what, precision
        if key not in self._compiled:
            from qlang.backends.limits import threads_here
            from qlang.kernels.jax_target.functions import CircuitFunctions

            self._check_memory(precision)
            functions = CircuitFunctions(
                self._steps, self._angles, self._sums, self._method, self._mesh, threads_here()
            )
            self._compiled[key] = jax.jit(getattr(functions, what)(precision))
        return self._compiled[key](inputs)

    def _check_memory(self, precision: Precision) -> None:
        """Two states must fit. Raises TooLarge; over several devices JAX itself has to see."""
        from qlang.backends.errors import TooLarge
        from qlang.backends.limits import available_memory

        needed = 2 * {"float32": 8, "float64": 16}[precision] << self._steps.qubits
        if self._mesh is None and needed > available_memory():
            raise TooLarge(self._steps.qubits, needed, available_memory())

    def _inputs(self, parameters: Any, named: Mapping[str, Any]) -> Any:
        """All parameters as one vector. Raises TypeError and ValueError for what does not fit."""
        import jax.numpy as jnp

        given = dict(parameters) if isinstance(parameters, Mapping) else {}
        if parameters is not None and not isinstance(parameters, Mapping):
            given = self._split(jnp.asarray(parameters))
        for name in named:
            if name in given:
                raise TypeError(f"two values for {name!r}")
        given |= named
        names = [parameter.name for parameter in self.parameters]
        for name in given:
            if name not in names:
                raise TypeError(f"no real parameter {name!r}; there are: {', '.join(names) or 'none'}")
        parts = [_vector(each, given[each.name] if each.name in given else _default(each)) for each in self.parameters]
        return jnp.concatenate([jnp.zeros(0), *parts])

    def _split(self, vector: Any) -> dict[str, Any]:
        import jax.numpy as jnp

        flat, sizes = vector.reshape(-1), [parameter.size for parameter in self.parameters]
        if flat.size != sum(sizes):
            raise ValueError(f"{flat.size} numbers for {sum(sizes)} parameters")
        if vector.ndim > 1 and [vector.shape] != [parameter.shape for parameter in self.parameters]:
            raise ValueError(f"all parameters as one array have the shape {flat.shape}, and {vector.shape} was given")
        ends = [sum(sizes[: k + 1]) for k in range(len(sizes))]
        pieces = jnp.split(flat, ends[:-1]) if ends else []
        return {p.name: piece.reshape(p.shape) for p, piece in zip(self.parameters, pieces, strict=True)}

    def __repr__(self) -> str:
        shapes = ", ".join(f"{p.name}{list(p.shape) if p.shape else ''}" for p in self.parameters)
        return f"<function of {shapes or 'nothing'}: {', '.join(self.labels)}>"


def _imported() -> Any:
    """JAX, whose modules are imported as a function is used. Raises ModuleNotFoundError with what to install."""
    try:
        import jax
    except ModuleNotFoundError as missing:
        if missing.name not in ("jax", "jaxlib"):
            raise
        needed = "a function of `ql.to_jax` needs JAX: python -m pip install 'qlang[jax]'"
        raise ModuleNotFoundError(needed, name=missing.name) from missing
    return jax


def _default(parameter: Parameter) -> Any:
    """The job's value. Raises TypeError where a sweep provides it."""
    if parameter.default is None:
        raise TypeError(f"{parameter.name!r} is swept in the job and needs a value here")
    return parameter.default


def _vector(parameter: Parameter, value: Any) -> Any:
    """Raises TypeError and ValueError; under a transformation the numbers are not known, and NaN gives NaN."""
    import jax
    import jax.numpy as jnp

    for part in jax.tree.leaves(value, is_leaf=lambda part: part is None):
        if np.dtype(getattr(part, "dtype", type(part))).kind not in _REAL_KINDS or part is None:
            found = getattr(part, "dtype", type(part).__name__)
            raise TypeError(f"{parameter.name!r} is of type {found}: parameters are real numbers")
    array = jnp.asarray(value, dtype=float)
    if array.shape != parameter.shape:
        raise ValueError(f"{parameter.name!r} has the shape {parameter.shape}, and {array.shape} was given")
    if not isinstance(array, jax.core.Tracer) and not jnp.isfinite(array).all():
        raise ValueError(f"{parameter.name!r} is {value}: parameters must be finite")
    return array.reshape(-1)


def to_jax(job: Job | Program, name: str | None = None, *, method: Method = "auto", mesh: Any = None) -> JaxFunction:
    """The expectation values of a job as a pure function of its circuit's real parameters; needs JAX once called.

    `name` chooses a job of a program. `native` runs the compiled kernels of this machine's processor, `jax` pure JAX
    on any device; `auto` is `native` where JAX computes on the processor. `mesh`, a `jax.sharding.Mesh` of one axis
    with a power of two of devices, spreads the state over them. Whole numbers and flags keep the job's values.

    Raises CompileError for a job that has no such function, and ValueError for one that expects nothing and for a
    method that there is not; warns of noise and shots, which the function leaves out.
    """
    if method not in get_args(Method):
        raise ValueError(f"{method!r} is no method: there are {', '.join(map(repr, get_args(Method)))}")
    if mesh is not None and method == "native":
        raise ValueError("native kernels are on one device: a mesh needs the method `jax`")
    found = _parametrised(job, name)
    if not found.expect:
        raise ValueError(f"the job {found.name!r} expects nothing: a function needs a value, as in expect={{…}}")
    labels = tuple(label for label, _, _ in found.expect)
    return JaxFunction(found.parameters, labels, *_lowered(found), method, mesh)


def _lowered(found: ParametrisedJob) -> tuple[Steps, Expressions, PauliSums]:
    """The circuit's steps, their angles as functions of the parameters, and what is measured."""
    from qlang.kernels.decompose import steps_of
    from qlang.kernels.expressions import Affine
    from qlang.kernels.observables import pauli_sums

    lowering = steps_of(found.circuit.calls, found.circuit.qubits)
    linear = lowering.angle_map
    outer = Affine(linear.constants, linear.rows, linear.columns, linear.coefficients)
    given = found.circuit.parameters
    angles = replace(given, results=outer.after(given.results))
    return lowering.steps, angles, pauli_sums([(terms, factors) for _, terms, factors in found.expect])


def _parametrised(job: Job | Program, name: str | None) -> ParametrisedJob:
    from qlang.compiler.parametrised import NotParametrised, parametrised

    try:
        found = parametrised(job.analysis, name, sources_of(job) if isinstance(job, Job) else ())
    except NotParametrised as problem:
        raise CompileError((_worded(job, problem.diagnostic),)) from None
    warn_of(_worded(job, warning) for warning in found.warnings)
    return found


def _worded(job: Job | Program, diagnostic: Diagnostic) -> Diagnostic:
    """A diagnostic where the user wrote what it is about."""
    return shown(diagnostic, job.origins) if isinstance(job, Job) else diagnostic
