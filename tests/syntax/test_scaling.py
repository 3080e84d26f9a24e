"""Work grows with the text, not faster."""

import time
from collections.abc import Callable

import pytest

from qlang.syntax.format import format_source
from qlang.syntax.parser import parse
from qlang.syntax.source import Source

GATES = "rz(0.1) q[3];\ncx q[0], q[1];\n"
BROKEN = "circuit f() {\n  rz(0.1 q[3];\n  cx q[0] q[1];\n}\n" + GATES * 40


def seconds(work: Callable[[Source], object], text: str) -> float:
    """The best of three, in CPU time."""
    source, times = Source("t", text), []
    for _ in range(3):
        begun = time.process_time()
        work(source)
        times.append(time.process_time() - begun)
    return min(times)


@pytest.mark.parametrize(
    ("work", "unit", "count"),
    [(parse, GATES, 500), (parse, BROKEN, 6), (parse, "x = a + b * 2;\n", 500), (format_source, GATES, 300)],
    ids=["gates", "broken", "expressions", "format"],
)
def test_four_times_the_text_takes_four_times_as_long(work: Callable[[Source], object], unit: str, count: int) -> None:
    """A quadratic step would show as 16; 8 leaves room for the noise of a shared machine."""
    ratio = seconds(work, unit * count * 4) / seconds(work, unit * count)
    assert ratio < 8
