"""Expressions of parameters in JAX: one gather, one sum and one function for each stage, however many rows it has.

Where there are many stages, as of a loop that multiplies by a parameter, they are one scan.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from qlang.kernels.expressions import Affine, Expressions
from qlang.kernels.jax_target.stages import scanned

MOST_STAGES = 16
"""That are compiled one by one; each takes about a tenth of a second."""

FUNCTIONS: Mapping[str, Callable[..., jax.Array]] = {
    "arith.mulf": jnp.multiply,
    "arith.divf": jnp.divide,
    "arith.minimumf": jnp.minimum,
    "arith.maximumf": jnp.maximum,
    "arith.minnumf": jnp.fmin,
    "arith.maxnumf": jnp.fmax,
    "circuit.remainder": jnp.fmod,
    "math.absf": jnp.abs,
    "math.acos": jnp.arccos,
    "math.acosh": jnp.arccosh,
    "math.asin": jnp.arcsin,
    "math.asinh": jnp.arcsinh,
    "math.atan": jnp.arctan,
    "math.atan2": jnp.arctan2,
    "math.atanh": jnp.arctanh,
    "math.cbrt": jnp.cbrt,
    "math.ceil": jnp.ceil,
    "math.copysign": jnp.copysign,
    "math.cos": jnp.cos,
    "math.cosh": jnp.cosh,
    "math.erf": jax.scipy.special.erf,
    "math.exp": jnp.exp,
    "math.exp2": jnp.exp2,
    "math.expm1": jnp.expm1,
    "math.floor": jnp.floor,
    "math.fma": lambda a, b, c: a * b + c,
    "math.fpowi": jnp.power,
    "math.log": jnp.log,
    "math.log10": jnp.log10,
    "math.log1p": jnp.log1p,
    "math.log2": jnp.log2,
    "math.powf": jnp.power,
    "math.round": lambda a: jnp.copysign(jnp.floor(jnp.abs(a) + 0.5), a),
    "math.roundeven": jnp.round,
    "math.rsqrt": jax.lax.rsqrt,
    "math.sin": jnp.sin,
    "math.sinh": jnp.sinh,
    "math.sqrt": jnp.sqrt,
    "math.tan": jnp.tan,
    "math.tanh": jnp.tanh,
    "math.trunc": jnp.trunc,
}
"""By operation of the dialects `arith`, `math` and `circuit`: what the interpreter computes, on arrays."""

_COMPARED: tuple[Callable[[jax.Array, jax.Array], jax.Array], ...] = (
    lambda a, b: jnp.zeros_like(a, bool),
    lambda a, b: a == b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: (a < b) | (a > b),
    lambda a, b: (a == a) & (b == b),
    lambda a, b: ~((a < b) | (a > b)),
    lambda a, b: ~(a <= b),
    lambda a, b: ~(a < b),
    lambda a, b: ~(a >= b),
    lambda a, b: ~(a > b),
    lambda a, b: a != b,
    lambda a, b: (a != a) | (b != b),
    lambda a, b: jnp.ones_like(a, bool),
)
"""By predicate of `arith.cmpf`."""


def _applied(operation: str, operands: Sequence[jax.Array]) -> jax.Array:
    if operation in FUNCTIONS:
        return FUNCTIONS[operation](*operands)
    left, right, chosen, other = operands
    return jnp.where(_COMPARED[int(operation.removeprefix("select "))](left, right), chosen, other)


def evaluate(expressions: Expressions, inputs: jax.Array) -> jax.Array:
    """The results (rows,) for inputs (inputs,), in the precision of the inputs."""
    if len(expressions.stages) > MOST_STAGES:
        return _rows(expressions.results, scanned(expressions, inputs, _applied))
    basis = inputs
    for stage in expressions.stages:
        operands = [_rows(operand, basis) for operand in stage.operands]
        basis = jnp.concatenate([basis, _applied(stage.operation, operands)])
    return _rows(expressions.results, basis)


def _rows(affine: Affine, basis: jax.Array) -> jax.Array:
    constants: Any = jnp.asarray(affine.constants, basis.dtype)
    if not len(affine.rows):
        return jnp.broadcast_to(constants, affine.constants.shape)
    products = jnp.asarray(affine.coefficients, basis.dtype) * basis[affine.columns]
    summed: jax.Array = constants.at[affine.rows].add(products, indices_are_sorted=True)
    return summed
