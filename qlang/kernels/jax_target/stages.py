"""Deep expressions: one scan over their stages, so that what XLA compiles does not grow with their number.

A stage, or a part of one of as many rows as stages have on average, is a step:

    basis            what is known so far; the results of later steps are 0
    rows             constants + coefficients · basis[columns], of all operands, one operand after the other
    basis[places]    the operation, applied to the operands

Steps are padded to one shape. What is added to a row behind the last, or written behind the basis, is dropped, and so
are its derivatives.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qlang.kernels.expressions import Expressions, Stage

_Step: TypeAlias = dict[str, Any]
_Apply: TypeAlias = Callable[[str, Sequence[jax.Array]], jax.Array]


def scanned(expressions: Expressions, inputs: jax.Array, apply: _Apply) -> jax.Array:
    """The basis, for inputs (inputs,); `apply` computes an operation from its operands."""
    arity = {stage.operation: len(stage.operands) for stage in expressions.stages}
    names, most = list(arity), max(arity.values())
    steps = _steps(expressions, names, most, inputs.dtype)

    def applied(name: str) -> Callable[[jax.Array], jax.Array]:
        return lambda operands: apply(name, list(operands[: arity[name]]))

    branches = [applied(name) for name in names]

    def body(basis: jax.Array, step: _Step) -> tuple[jax.Array, None]:
        products = step["coefficients"] * basis[step["columns"]]
        rows = step["constants"].at[step["rows"]].add(products, mode="drop")
        values = lax.switch(step["operation"], branches, rows.reshape(most, -1))
        return basis.at[step["places"]].set(values, mode="drop"), None

    missing = sum(map(len, expressions.stages))
    basis, _ = lax.scan(body, jnp.pad(inputs, (0, missing)), steps)
    return basis


def _steps(expressions: Expressions, names: list[str], arity: int, dtype: Any) -> _Step:
    """The steps as arrays, a row for each."""
    stages = expressions.stages
    results = sum(map(len, stages))
    width = -(-results // len(stages))
    found = list(_parts(expressions, names, arity, width))
    entries = max(len(step["rows"]) for step in found)
    end = expressions.inputs + results
    filler = {"rows": arity * width, "columns": 0, "coefficients": 0.0}
    for step in found:
        for key, value in filler.items():
            step[key] = np.pad(step[key], (0, entries - len(step[key])), constant_values=value)
        step["places"] = np.pad(step["places"], (0, width - len(step["places"])), constant_values=end)
    stacked = {key: np.stack([step[key] for step in found]) for key in found[0]}
    real = {key: jnp.asarray(stacked.pop(key), dtype) for key in ("constants", "coefficients")}
    return {key: jnp.asarray(values, jnp.int32) for key, values in stacked.items()} | real


def _parts(expressions: Expressions, names: list[str], arity: int, width: int) -> Iterator[_Step]:
    place = expressions.inputs
    for stage in expressions.stages:
        for start in range(0, len(stage), width):
            stop = min(start + width, len(stage))
            yield _part(stage, start, stop, arity, width) | {
                "operation": np.array(names.index(stage.operation)),
                "places": np.arange(place + start, place + stop),
            }
        place += len(stage)


def _part(stage: Stage, start: int, stop: int, arity: int, width: int) -> _Step:
    """Rows `start` to `stop` of the operands."""
    constants = np.zeros((arity, width))
    rows, columns, coefficients = [], [], []
    for number, operand in enumerate(stage.operands):
        constants[number, : stop - start] = operand.constants[start:stop]
        here = slice(*np.searchsorted(operand.rows, [start, stop]))
        rows.append(operand.rows[here] - start + number * width)
        columns.append(operand.columns[here])
        coefficients.append(operand.coefficients[here])
    return {
        "constants": constants.ravel(),
        "rows": np.concatenate(rows),
        "columns": np.concatenate(columns),
        "coefficients": np.concatenate(coefficients),
    }
