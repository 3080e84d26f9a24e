"""Places in Python text: indented functions, comments in the first column, letters of several bytes, long calls."""

import pytest

import qlang as ql
from tests.embedding.python_programs import defined

TEXT = '''\
if True:
    def outer():
        # Grüße: every letter counts once
        @ql.circuit
        def program(
            größe: int,
            θ: float = 0.5,
        ):
            """A text
in the first column."""
            q = ql.qubits(größe)
# a comment in the first column
            ql.rx(θ, q[0]); ql.cnöt(q[0], q[größe - 1])
            ql.rx(
                "ä",
                q[0],
            )
        return program
'''


def test_every_place_is_where_the_reader_sees_it() -> None:
    function = defined(TEXT, "places.py")
    with pytest.raises(ql.CompileError) as caught:
        function()
    found = [(each.code, str(each.span), each.span.text) for each in caught.value.diagnostics]
    assert found == [("QJ0203", "places.py:13:32", "cnöt"), ("QJ0580", "places.py:15:17", '"ä"')]


def test_tabs_and_one_line_bodies() -> None:
    text = "def outer():\n\t@ql.circuit\n\tdef program(n: int): q = ql.qubits(n); ql.h(q); ql.hh(q)\n\treturn program\n"
    with pytest.raises(ql.CompileError) as caught:
        defined(text, "tabs.py")()
    assert [str(each.span) for each in caught.value.diagnostics] == ["tabs.py:3:53"]
