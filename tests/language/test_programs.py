"""Random well-typed programs: their distribution is the one that Qiskit's gates give, and printing them is stable."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from qlang.backends.protocol import Request, SampleSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.tree_text import tree_text
from qlang.runtime.outcomes import outcome_text
from qlang.syntax.format import format_source
from qlang.syntax.parser import parse
from qlang.syntax.source import Source
from tests.compiler.programs import compiled, kernel_of
from tests.language.programs import (
    GATES,
    QUBITS,
    Assign,
    Choose,
    Condition,
    For,
    Gate,
    If,
    Jumps,
    Measure,
    Number,
    Reset,
    Statement,
    Store,
    Switch,
    Tilt,
    While,
    distribution,
    marginal,
    program_text,
)

ANGLES = st.floats(-3, 3).map(lambda angle: round(angle, 2))
VALUES = {"c": "", "k": "int", "last": "", "whole": ""}


def constant(value: int) -> Number:
    return Number(str(value), lambda branch: value)


LOOP = Number("i", lambda branch: branch.i)
K = Number("k", lambda branch: branch.k)


def wires(draw: st.DrawFn, count: int, loop: bool) -> tuple[Number, ...]:
    """Different qubits; in a loop over 0 to 2 one may be chosen by its variable."""
    chosen = draw(st.permutations(range(QUBITS)))[:count]
    if loop and draw(st.booleans()):
        shifts = [Number("i" if not s else f"(i + {s}) % 3", lambda branch, s=s: (branch.i + s) % 3) for s in range(3)]  # type: ignore[misc]  # bound early
        return tuple(shifts[wire] for wire in chosen)
    return tuple(constant(wire) for wire in chosen)


@st.composite
def gate(draw: st.DrawFn, loop: bool) -> Statement:
    name = draw(st.sampled_from(sorted(GATES)))
    _, parameters, qubits = GATES[name]
    numbers = tuple(
        (draw(ANGLES), draw(st.sampled_from([None, None, K, LOOP if loop else K]))) for _ in range(parameters)
    )
    modifiers: list[tuple[str, int]] = []
    room = QUBITS - qubits
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["inv", "pow", "ctrl", "negctrl"]))
        if kind in ("ctrl", "negctrl"):
            if not room:
                continue
            count = draw(st.integers(1, room))
            room -= count
        else:
            count = draw(st.integers(-2, 3)) if kind == "pow" else 0
        modifiers.append((kind, count))
    controls = sum(count for kind, count in modifiers if kind in ("ctrl", "negctrl"))
    if qubits == 1 and not controls and draw(st.integers(0, 3)) == 0:
        return Gate(name, numbers, tuple(modifiers), ())
    return Gate(name, numbers, tuple(modifiers), wires(draw, qubits + controls, loop))


@st.composite
def index(draw: st.DrawFn, loop: bool) -> Number:
    """A place in the array `m`, known at run time or before."""
    options = [constant(1), constant(-1), Number("int(c[0:1]) % 3", lambda b: (b.bits[0] + 2 * b.bits[1]) % 3)]
    return draw(st.sampled_from([*options, LOOP] if loop else options))


@st.composite
def number(draw: st.DrawFn, loop: bool) -> Number:
    bit, factor, shift = draw(st.integers(0, 2)), draw(st.integers(-3, 3)), draw(st.integers(0, 9))
    options = [
        Number(f"k + {factor} * c[{bit}]", lambda b: b.k + factor * b.bits[bit]),
        Number(f"k * {factor} + {shift}", lambda b: b.k * factor + shift),
        Number(f"int(c[0:1]) - {shift}", lambda b: b.bits[0] + 2 * b.bits[1] - shift),
        Number(f"(k ^ {shift}) & 63", lambda b: (b.k ^ shift) & 63),
    ]
    place = draw(index(loop))
    options.append(Number(f"m[{place.text}] + {shift}", lambda b: b.m[place.value(b)] + shift))
    if loop:
        options.append(Number(f"k + i * {factor}", lambda b: b.k + b.i * factor))
    return draw(st.sampled_from(options))


@st.composite
def condition(draw: st.DrawFn) -> Condition:
    bit, other, limit = draw(st.integers(0, 2)), draw(st.integers(0, 2)), draw(st.integers(-3, 9))
    return draw(
        st.sampled_from(
            [
                Condition(f"c[{bit}]", lambda b: bool(b.bits[bit])),
                Condition(f"c[{bit}] == 0", lambda b: not b.bits[bit]),
                Condition(f"c[{bit}] && !c[{other}]", lambda b: bool(b.bits[bit]) and not b.bits[other]),
                Condition(f"c == {limit % 8}", lambda b: sum(v << n for n, v in enumerate(b.bits)) == limit % 8),
                Condition(
                    f"k > {limit} || c[{bit}] != c[{other}]", lambda b: b.k > limit or b.bits[bit] != b.bits[other]
                ),
            ]
        )
    )


@st.composite
def statements(
    draw: st.DrawFn, depth: int, loop: bool = False, inside: bool = False, least: int = 1, most: int = 3
) -> Sequence[Statement]:
    found: list[Statement] = []
    for _ in range(draw(st.integers(least, most))):
        kinds = ["gate"] * 5 + ["measure", "measure", "reset", "assign", "store", "tilt", "choose"]
        if depth:
            kinds += ["if", "if", "for", "while", "switch"]
        match draw(st.sampled_from(kinds)):
            case "gate":
                found.append(draw(gate(loop)))
            case "measure":
                found.append(Measure(wires(draw, 1, loop)[0], draw(st.integers(0, 2))))
            case "reset":
                found.append(Reset(wires(draw, 1, loop)[0]))
            case "assign":
                found.append(Assign(draw(number(loop))))
            case "store":
                found.append(Store(draw(index(loop)), draw(number(loop))))
            case "tilt":
                found.append(Tilt(wires(draw, 1, loop)[0], draw(st.integers(0, 2))))
            case "choose":
                found.append(Choose(wires(draw, 1, loop)[0], draw(st.integers(0, 2))))
            case "if":
                then = list(draw(statements(depth - 1, loop, inside)))
                if draw(st.integers(0, 2)) == 0:
                    jumps = [Jumps("end")] + ([Jumps("break"), Jumps("continue")] if inside else [])
                    then.append(draw(st.sampled_from(jumps)))
                otherwise = draw(statements(depth - 1, loop, inside)) if draw(st.booleans()) else ()
                found.append(If(draw(condition()), tuple(then), tuple(otherwise)))
            case "for":
                values = draw(st.sampled_from([range(3), range(2, -1, -1), range(0, 3, 2), range(1, 2)]))
                found.append(For(values, tuple(draw(statements(depth - 1, True, True)))))
            case "while":
                found.append(While(draw(condition()), tuple(draw(statements(0, loop, True)))))
            case _:
                cases = (
                    ((0, 1), tuple(draw(statements(depth - 1, loop, inside)))),
                    ((2,), tuple(draw(statements(0, loop, inside)))),
                )
                subject = Number("int[8](c[0:1])", lambda b: b.bits[0] + 2 * b.bits[1])
                found.append(Switch(subject, cases, tuple(draw(statements(0, loop, inside)))))
    return found


def fixed(name: str, angles: Sequence[float], *on: int) -> Gate:
    return Gate(name, tuple((angle, None) for angle in angles), (), tuple(constant(wire) for wire in on))


BEFORE = [
    fixed("turn", (0.9, 0.4), 0),
    fixed("ry", (1.9,)),
    fixed("link", (0.7,), 0, 1),
    fixed("crz", (1.3,), 1, 2),
    fixed("sx", ()),
    fixed("cx", (), 2, 0),
]
"""A state without symmetries, so that every gate shows."""
AFTER = [fixed("turn", (0.5, 1.1)), fixed("link", (1.7,), 2, 0), fixed("ry", (0.8,), 1)]
"""Phases become probabilities."""


def check(middle: Sequence[Statement]) -> None:
    program = [*BEFORE, *middle, *AFTER]
    text = program_text(program)
    expected = distribution(program)
    compilation = compiled(text)
    specs = tuple(SampleSpec(name, bits=name, values=values) for name, values in VALUES.items())
    outcome = ReferenceBackend().execute(kernel_of(compilation), Request(samples=specs))
    for place, sample in enumerate(outcome.samples):
        assert sample.probabilities is not None
        found = {outcome_text(k, sample.width, sample.values): p for k, p in sample.probabilities.items()}
        wanted = marginal(expected, place)
        for key in found.keys() | wanted.keys():
            assert found.get(key, 0.0) == pytest.approx(wanted.get(key, 0.0), abs=1e-9), (sample.label, key, text)


def check_printing(text: str) -> None:
    def shape(written: str) -> str:
        source = Source("test.qasm", written)
        result = parse(source)
        assert not result.diagnostics
        return tree_text(result.program, source, spans=False)

    laid_out = format_source(Source("test.qasm", text)).text
    assert laid_out is not None
    assert shape(laid_out) == shape(text)
    assert format_source(Source("test.qasm", laid_out)).text == laid_out


GENERATE = [Phase.explicit, Phase.generate]
"""Shrinking takes minutes; the message shows the program."""


@settings(max_examples=30, phases=GENERATE, suppress_health_check=[HealthCheck.too_slow])
@given(statements(2, least=4, most=8))
def test_the_distribution_agrees_with_qiskit(program: Sequence[Statement]) -> None:
    check(program)


@settings(max_examples=30, phases=GENERATE)
@given(statements(2, most=6))
def test_printing_is_stable(program: Sequence[Statement]) -> None:
    check_printing(program_text(program))


@pytest.mark.slow
@settings(max_examples=150, phases=GENERATE, suppress_health_check=[HealthCheck.too_slow])
@given(statements(3, least=4, most=8))
def test_the_distribution_agrees_with_qiskit_at_length(program: Sequence[Statement]) -> None:
    check(program)
    check_printing(program_text(program))
