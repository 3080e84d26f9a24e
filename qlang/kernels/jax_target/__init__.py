"""Circuits as pure functions of their parameters in JAX: `jit`, `grad`, `vmap`, states over several devices."""
