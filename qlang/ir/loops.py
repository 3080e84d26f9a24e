"""Attributes of MLIR's loops that carry what `scf` cannot say."""

EARLY_EXIT = "circuit.early_exit"
"""A unit attribute of `scf.for`: once the last of the carried values, an i1, is true, further iterations do nothing.

The body is guarded by that value itself; the attribute only permits an executor to stop at once.
"""
