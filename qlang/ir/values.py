"""Attributes that state what was promised or predicted: intervals, bounds, reasons, and conversions to Python."""

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import (
    ArrayAttr,
    BoolAttr,
    DenseArrayBase,
    DictionaryAttr,
    FloatAttr,
    IntegerAttr,
    StringAttr,
    f64,
    i64,
)
from xdsl.ir import Attribute, Operation, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

Plain = None | bool | int | float | str | Sequence["Plain"] | Mapping[str, "Plain"]
"""Data as Python and JSON know it."""


@irdl_attr_definition
class Interval(ParametrizedAttribute):
    """A predicted value between its low and high ends."""

    name = "plan.interval"

    value: FloatAttr
    low: FloatAttr
    high: FloatAttr

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            numbers = (self.value, self.low, self.high)
            printer.print_list((n.value.data for n in numbers), lambda x: printer.print_float(x, f64))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            numbers = [parser.parse_float()]
            for _ in range(2):
                parser.parse_punctuation(",")
                numbers.append(parser.parse_float())
        return [FloatAttr(number, f64) for number in numbers]

    @classmethod
    def of(cls, value: float, low: float, high: float) -> "Interval":
        return cls(FloatAttr(value, f64), FloatAttr(low, f64), FloatAttr(high, f64))


@irdl_attr_definition
class Bound(ParametrizedAttribute):
    """A term of an SLA: metric, argument (or empty), relation, value in base units, unit as written."""

    name = "plan.bound"

    metric: StringAttr
    argument: StringAttr
    relation: StringAttr
    value: FloatAttr
    unit: StringAttr

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            for text in (self.metric, self.argument, self.relation):
                printer.print_string_literal(text.data)
                printer.print_string(", ")
            printer.print_float(self.value.value.data, f64)
            printer.print_string(", ")
            printer.print_string_literal(self.unit.data)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            texts = []
            for _ in range(3):
                texts.append(StringAttr(parser.parse_str_literal()))
                parser.parse_punctuation(",")
            value = FloatAttr(parser.parse_float(), f64)
            parser.parse_punctuation(",")
            return (*texts, value, StringAttr(parser.parse_str_literal()))

    @classmethod
    def of(cls, metric: str, argument: str, relation: str, value: float, unit: str) -> "Bound":
        return cls(
            StringAttr(metric), StringAttr(argument), StringAttr(relation), FloatAttr(value, f64), StringAttr(unit)
        )


@irdl_attr_definition
class Reason(ParametrizedAttribute):
    """Why a candidate was not taken."""

    name = "plan.reason"

    backend: StringAttr
    text: StringAttr

    @classmethod
    def of(cls, backend: str, text: str) -> "Reason":
        return cls(StringAttr(backend), StringAttr(text))


def attribute(value: Plain) -> Attribute:
    """The builtin attribute for plain data; raises TypeError for `None` and mixed types it cannot express."""
    match value:
        case bool():
            return BoolAttr.from_bool(value)
        case int():
            return IntegerAttr(value, i64)
        case float():
            return FloatAttr(value, f64)
        case str():
            return StringAttr(value)
        case Mapping():
            return DictionaryAttr({key: attribute(item) for key, item in value.items()})
        case Sequence():
            if value and all(type(item) is float for item in value):
                return DenseArrayBase.from_list(f64, value)  # type: ignore[arg-type]  # checked above
            if value and all(type(item) is int for item in value):
                return DenseArrayBase.from_list(i64, value)  # type: ignore[arg-type]  # checked above
            return ArrayAttr([attribute(item) for item in value])
        case _:
            raise TypeError(f"no attribute for {type(value).__name__}")


def attributes(**values: Plain) -> dict[str, Attribute]:
    """An attribute dictionary of the values that are not `None`."""
    return {key: attribute(value) for key, value in values.items() if value is not None}


def plain(attr: Attribute) -> Plain:
    """The plain data of an attribute: the inverse of `attribute`, and a readable form of ours."""
    match attr:
        case IntegerAttr():
            if attr.type == BoolAttr.from_bool(True).type:
                return bool(attr.value.data)
            return attr.value.data
        case FloatAttr():
            return attr.value.data
        case StringAttr():
            return attr.data
        case DenseArrayBase():
            return list(attr.get_values())
        case ArrayAttr():
            return [plain(item) for item in attr]
        case DictionaryAttr():
            return {key: plain(item) for key, item in attr.data.items()}
        case Interval():
            return {"value": attr.value.value.data, "low": attr.low.value.data, "high": attr.high.value.data}
        case Bound():
            return {
                "metric": attr.metric.data,
                "argument": attr.argument.data,
                "relation": attr.relation.data,
                "value": attr.value.value.data,
                "unit": attr.unit.data,
            }
        case Reason():
            return {"backend": attr.backend.data, "text": attr.text.data}
        case _:
            return str(attr)


def plain_attributes(op: Operation) -> dict[str, Plain]:
    """An operation's attributes as plain data."""
    return {name: plain(value) for name, value in op.attributes.items()}


def floats(array: DenseArrayBase) -> list[float]:
    """The numbers of a dense array as floats."""
    return [float(value) for value in array.elt_type.unpack(array.data.data, len(array))]


def integers(array: DenseArrayBase) -> list[int]:
    """The numbers of a dense array of integers."""
    return [int(value) for value in array.elt_type.unpack(array.data.data, len(array))]
