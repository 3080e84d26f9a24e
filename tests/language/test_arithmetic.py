"""Random typed expressions: what the compiler folds, what a run computes, and what the specification says, agree.

The same statements are written twice, once over constants and once over variables that only a measured bit, which is
always 1, gives their values.
"""

import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.compiler.programs import HEADER, execute
from tests.language import specification as spec
from tests.language.specification import Kind, NoValue, Value

OPERATORS = ["+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "&&", "||"]
KINDS = [
    Kind("bool"),
    Kind("bit", 1),
    Kind("bit", 5),
    Kind("bit", 64),
    Kind("bit", 70),
    Kind("int", 3),
    Kind("int", 8),
    Kind("int", 64),
    Kind("int"),
    Kind("uint", 4),
    Kind("uint", 8),
    Kind("uint", 64),
    Kind("uint"),
    Kind("int", 80),
    Kind("uint", 100),
    Kind("float"),
    Kind("float", 32),
    Kind("float", 64),
    Kind("angle", 4),
    Kind("angle", 9),
    Kind("angle", 20),
]
Term = tuple[str, Value]
"""An expression as text over the names of its leaves, and its value."""


@st.composite
def leaf(draw: st.DrawFn, names: list[tuple[str, str, Value]]) -> Term:
    """A variable of a type, declared in `names` with the text of its value."""
    kind = draw(st.sampled_from(KINDS))
    width = kind.bits
    number: Any
    match kind.name:
        case "bool":
            number = draw(st.booleans())
            text = str(number).lower()
        case "float":
            number = spec.stored(kind, draw(st.floats(-100, 100, width=32).map(lambda x: round(x, 3)))).number
            text = repr(number)
        case "angle":
            number = draw(st.integers(0, 2**width - 1))
            text = f'angle[{width}]("{number:0{width}b}")'
        case "bit":
            number = draw(st.integers(0, 2**width - 1))
            text = f'"{number:0{width}b}"'
        case "int":
            number = draw(st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1) | st.integers(-4, 3))
            text = str(number)
        case _:
            number = draw(st.integers(0, 2**width - 1) | st.integers(0, 9))
            text = str(number)
    if kind.name in ("int", "uint") and not -(2**63) <= number < 2**64:
        bits = format(number % 2**width, f"0{width}b")
        text = f'{kind}("{bits}")'
    elif kind.name == "int" and number == -(2**63):
        text = "(-9223372036854775807 - 1)"
    name = f"v{len(names)}"
    value = Value(kind, number)
    names.append((name, text, value))
    return name, value


@st.composite
def term(draw: st.DrawFn, names: list[tuple[str, str, Value]], depth: int) -> Term:
    """An expression with a value; an operation that has none is left out."""
    if depth == 0:
        return draw(leaf(names))
    text, value = draw(term(names, depth - 1))
    try:
        match draw(st.sampled_from(["binary", "binary", "binary", "unary", "cast", "function", "bits"])):
            case "binary":
                symbol = draw(st.sampled_from(OPERATORS))
                other, second = draw(term(names, depth - 1))
                return f"({text} {symbol} {other})", spec.binary(symbol, value, second)
            case "unary":
                symbol = draw(st.sampled_from("-+~!"))
                return f"({symbol}{text})", spec.unary(symbol, value)
            case "cast":
                kind = draw(st.sampled_from(KINDS))
                return f"{kind}({text})", spec.cast(kind, value)
            case "function":
                name = draw(
                    st.sampled_from(
                        ["popcount", "rotl", "rotr", "mod", "sin", "arctan", "exp", "sqrt", "floor", "ceiling"]
                    )
                )
                arguments = [(text, value)]
                if name in ("rotl", "rotr", "mod"):
                    arguments.append(draw(term(names, 0)))
                return f"{name}({', '.join(a for a, _ in arguments)})", spec.function(name, [v for _, v in arguments])
            case _:
                return draw(bits(text, value))
    except NoValue:
        return text, value


@st.composite
def bits(draw: st.DrawFn, text: str, value: Value) -> Term:
    size = value.kind.bits
    first, last = draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1))
    step = draw(st.integers(1, 3)) * (1 if first <= last else -1)
    match draw(st.sampled_from(["single", "negative", "range", "set"])):
        case "single":
            return f"({text})[{first}]", spec.bits_at(value, [first], True)
        case "negative":
            return f"({text})[{first - size}]", spec.bits_at(value, [first], True)
        case "range":
            places = list(range(first, last + (1 if step > 0 else -1), step))
            return f"({text})[{first}:{step}:{last}]", spec.bits_at(value, places, False)
        case _:
            return f"({text})[{{{first}, {last}}}]", spec.bits_at(value, [first, last], False)


def decoded(kind: Kind, outcome: int) -> Any:
    """A value from the bits that an output is read as."""
    if kind.name == "float":
        return struct.unpack("<d", struct.pack("<Q", outcome))[0]
    if kind.name == "int":
        return outcome - (1 << kind.bits) if outcome >> (kind.bits - 1) else outcome
    return bool(outcome) if kind.name == "bool" else outcome


def run(declarations: str, terms: list[Term]) -> list[Any]:
    """The values of the expressions, each an output."""
    lines = [HEADER]
    read = [Kind("bit", v.kind.bits) if v.kind.bits > 64 and v.kind.name != "bit" else v.kind for _, v in terms]
    lines += [f"output {kind} o{k};\n" for k, kind in enumerate(read)]
    lines.append("qubit q;\nbit one;\nx q;\none = measure q;\n")
    lines.append(declarations)
    for k, ((text, value), kind) in enumerate(zip(terms, read, strict=True)):
        lines.append(f"o{k} = {text if kind == value.kind else f'{kind}({text})'};\n")
    program = "".join(lines)
    samples = {sample.label: dict(sample.probabilities or {}) for sample in execute(program).samples}
    found = []
    for k, (_, value) in enumerate(terms):
        ((outcome, probability),) = samples[f"o{k}"].items()
        assert abs(probability - 1) < 1e-9
        found.append(decoded(value.kind, outcome))
    return found


GENERATE = [Phase.explicit, Phase.generate]
"""Shrinking runs two programs for each attempt and takes minutes; the message shows the terms."""


def check(data: st.DataObject) -> None:
    names: list[tuple[str, str, Value]] = []
    terms = [data.draw(term(names, data.draw(st.integers(1, 3)))) for _ in range(6)]
    expected = [value.number for _, value in terms]
    folded = "".join(f"const {value.kind} {name} = {text};\n" for name, text, value in names)
    assert run(folded, terms) == expected, (folded, terms)
    computed = "".join(f"{value.kind} {name};\nif (one) {{ {name} = {text}; }}\n" for name, text, value in names)
    assert run(computed, terms) == expected, (computed, terms)


@settings(max_examples=60, phases=GENERATE)
@given(st.data())
def test_folding_running_and_the_specification_agree(data: st.DataObject) -> None:
    check(data)


@pytest.mark.slow
@settings(max_examples=300, phases=GENERATE, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_folding_running_and_the_specification_agree_at_length(data: st.DataObject) -> None:
    check(data)
