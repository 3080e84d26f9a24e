"""`python -m tests.trust.vectors`: run all published vectors and print how many passed, as a Markdown table."""

import sys

from tests.trust.vectors.suites import SUITES


def main() -> int:
    failed = total = 0
    print("| algorithm | source | through | passed / total |\n|---|---|---|---:|")
    for suite in SUITES:
        for tally in suite.run():
            through = tally.through if tally.provider == "pyca" else f"{tally.through}, {tally.provider}"
            print(f"| {tally.algorithm} | {tally.source} | {through} | {tally.passed} / {tally.total} |", flush=True)
            total += tally.total
            failed += len(tally.failed)
    print(f"| all | | | {total - failed} / {total} |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
