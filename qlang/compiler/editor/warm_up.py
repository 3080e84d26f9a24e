"""Loading everything before the user waits for it."""

from qlang.compiler.editor.analysis import analyse

_TEXT = """const int n = 2;
circuit bell() { qubit[n] q; bit[n] b; h q[0]; cx q[0], q[1]; b = measure q; }
job j { run bell(); sample b; shots 10; seed 1; backend sim; }
"""


def warm_up() -> None:
    """Check a small text: parser tables, the gates of the standard library and the checker are loaded then."""
    analyse("warm-up.qjob", _TEXT, {})
