"""All measurements in one table, with the machine named."""

import os
import platform
import sys
from pathlib import Path

from benchmarks import compile as compile_time
from benchmarks import determinism, install_size, language, ledger, signing, startup
from benchmarks.measure import HEADER


def machine() -> str:
    model = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        names = [line.partition(":")[2].strip() for line in facts.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def main() -> int:
    print(f"Machine: {machine()}.\n\n{HEADER}", flush=True)
    missed = 0
    for measure in (startup, compile_time, language, install_size, determinism, ledger, signing):
        for row in measure.rows():
            print(row.markdown(), flush=True)
            missed += row.met is False
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
