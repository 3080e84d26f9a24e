"""Every algorithm that qlang offers agrees with published vectors.

`python -m tests.trust.vectors` prints the counts.
"""

import hashlib
import re
from functools import cache

import pytest

from qlang.trust.algorithms import ALGORITHMS
from tests.trust.vectors.model import DOOR, Suite, Tally
from tests.trust.vectors.sources import VENDORED
from tests.trust.vectors.suites import SUITES

pytestmark = pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning"  # other curves in the file of RFC 6979
)


@cache
def run(suite: Suite) -> tuple[Tally, ...]:
    return tuple(suite.run())


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_all_vectors_pass(suite: Suite) -> None:
    tallies = run(suite)
    assert {f"{tally.algorithm}, {tally.source}": tally.failed for tally in tallies if tally.failed} == {}
    assert sum(tally.total for tally in tallies) == suite.expected
    assert all(tally.total for tally in tallies)


def test_every_algorithm_meets_vectors_through_the_door() -> None:
    signatures = [suite for suite in SUITES if suite.name.startswith(("ed", "ec", "rsa", "ml-dsa", "slh"))]
    assert {tally.algorithm for suite in signatures for tally in run(suite) if tally.through == DOOR} == set(ALGORITHMS)


def test_vendored_files_are_unmodified() -> None:
    folder = VENDORED / "wycheproof"
    stated = dict(re.findall(r"([0-9a-f]{64})  (\S+\.json)", (folder / "README.md").read_text(encoding="utf-8")))
    found = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name for path in folder.glob("*.json")}
    assert stated == found
