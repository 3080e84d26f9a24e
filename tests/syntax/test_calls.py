"""Call stacks of diagnostics: no field of theirs, yet kept by whatever copies, sorts and compares them."""

import pickle
from dataclasses import dataclass

from qlang.syntax.diagnostic import Call, Diagnostic, with_calls
from qlang.syntax.source import Source, Span


@dataclass(frozen=True)
class Broken(Diagnostic):
    code = "QJ0000"
    title = "{what} is broken"

    what: str


SOURCE = Source("a.qjob", "inner outer top")
INNER, OUTER = Call(Span(SOURCE, 0, 5), "inner"), Call(Span(SOURCE, 6, 11), "outer")


def test_a_diagnostic_has_no_calls_by_itself() -> None:
    assert Broken(Span(SOURCE, 0, 1), what="it").calls() == ()


def test_calls_are_added_outside_those_that_are_there() -> None:
    plain = Broken(Span(SOURCE, 0, 1), what="it")
    inner = with_calls(plain, [INNER])
    both = with_calls(inner, [OUTER])
    assert plain.calls() == ()
    assert inner.calls() == (INNER,)
    assert both.calls() == (INNER, OUTER)
    assert type(both) is Broken
    assert both.message() == "it is broken"


def test_calls_do_not_tell_mistakes_apart_and_survive_copies() -> None:
    plain = Broken(Span(SOURCE, 0, 1), what="it")
    called = with_calls(plain, [INNER])
    assert called == plain
    assert pickle.loads(pickle.dumps(called)).calls() == (INNER,)
