"""Ours beside the simulators of others: same circuits, same run, alternating.

`python -m benchmarks.simulators --help` says what may be chosen. Every peer lives in an environment of its own under
the user's cache folder, which is made at first use, and runs as a process that speaks lines of JSON (`workers`).
"""
