"""Measurements behind `docs/performance.md`: `python -m benchmarks` runs all and prints one table."""
