import json
import math
import time

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from qlang.trust.canonical import MAX_INTEGER, canonical_json, load_json, sha256_digest
from qlang.trust.errors import JsonRefused

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def test_canonical_form_of_the_rfc() -> None:
    # RFC 8785, section 3.2.2 and 3.2.3
    source = (
        r'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        r'"string": "\u20ac$\u000F\u000aA'
        "'"
        r'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}'
    )
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        r'"string":"€$\u000f\nA'
        "'"
        r'B\"\\\\\"/"}'
    )
    assert canonical_json(load_json(source.encode())).decode() == expected


@given(values)
def test_canonical_form_is_read_back_and_stable(value: object) -> None:
    text = canonical_json(value)
    again = load_json(text)
    assert canonical_json(again) == text
    assert json.loads(text, parse_int=float) == again  # numbers are doubles, as in JavaScript


keys = st.text(st.characters(exclude_categories=("Cs",)), max_size=3) | st.sampled_from(
    ["\U00010000", "\uffff", "a", "B"]
)
odd = st.recursive(
    values | st.integers(-(2**60), 2**60),
    lambda inner: st.dictionaries(keys, inner, max_size=5) | st.tuples(inner, inner),
)


@given(odd)
def test_the_quick_way_spells_as_the_reference_does(value: object) -> None:
    try:
        expected = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        with pytest.raises(JsonRefused):
            canonical_json(value)
    else:
        assert canonical_json(value) == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = load_json(data)
    except JsonRefused:
        return
    assert canonical_json(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a": 1, "a": 2}', "duplicate"),
        (b'{"x": {"b": 1, "\\u0062": 2}}', "duplicate"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e999]", "range"),
        (b"[9007199254740993]", "2\\^53"),
        (b"[18446744073709551615]", "2\\^53"),
        (b"[" + b"9" * 5000 + b"]", "2\\^53"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b"\xff", "UTF-8"),
        (b"\xef\xbb\xbf{}", "JSON"),
        (b"{} {}", "JSON"),
        (b"", "JSON"),
        (b"[" * 33 + b"]" * 33, "deeper"),
        (b"[" * 1_000_000, "deeper"),
        (b'{"a":' * 100_000, "deeper"),
        (b" " * (17 << 20), "larger"),
    ],
    ids=lambda item: item[:20].decode("ascii", "replace") if isinstance(item, bytes) else "",
)
def test_refused_json(text: bytes, reason: str) -> None:
    with pytest.raises(JsonRefused, match=reason):
        load_json(text)


@pytest.mark.parametrize("text", [b'"' + b'\\"' * 200_000, b'"\\' * 200_000, b'"a' * 200_000])
def test_hostile_strings_are_scanned_in_linear_time(text: bytes) -> None:
    started = time.process_time()
    with pytest.raises(JsonRefused):
        load_json(text)
    assert time.process_time() - started < 2  # quadratic would be minutes


def test_brackets_in_strings_are_not_depth() -> None:
    assert load_json(b'["' + b"[" * 100 + b'\\"["]') == ["[" * 100 + '"[']


def test_writer_and_reader_draw_the_line_of_depth_at_the_same_place() -> None:
    value: list[object] = []
    for _ in range(31):
        value = [value]
    assert load_json(canonical_json(value)) == value
    with pytest.raises(JsonRefused, match="deeper"):
        canonical_json([value])


@pytest.mark.parametrize("value", [2**53, -(2**53), math.nan, math.inf, "\ud800", {1: 2}, {"a": b"x"}, {1, 2}])
def test_values_without_canonical_form(value: object) -> None:
    with pytest.raises(JsonRefused):
        canonical_json({"value": value})


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(JsonRefused, match="deeper"):
        canonical_json(loop)


def test_digest_of_nothing() -> None:
    # FIPS 180-4: SHA-256 of the empty message
    expected = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256_digest(b"") == expected
