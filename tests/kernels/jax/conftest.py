"""Everything here needs JAX, and is skipped by name without it."""

from collections.abc import Iterator

import pytest

jax = pytest.importorskip("jax", reason="JAX is not installed (the extra `jax`)")


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    """Tests compare in double precision; JAX's own default is single."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)
