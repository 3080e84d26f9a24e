"""Types of expressions and declarations, printed as users write them.

A width of `None` is the width that a program leaves open (`int x;`); arithmetic then uses `DEFAULT_WIDTH`.
Sizes are numbers: a type is made after its size expressions have been evaluated.
"""

from dataclasses import dataclass

DEFAULT_WIDTH = 64
"""Bits of `int`, `uint`, `float` and `angle` without a written width (OpenQASM leaves it to the target)."""


class Type:
    """Base of all types; equal if they are of one kind with equal fields.

    Comparing here instead of in generated methods makes the classes cheap to create, which every start pays for.
    """

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        return f"<{self}>"


def _sized(name: str, size: int | None) -> str:
    return name if size is None else f"{name}[{size}]"


@dataclass(frozen=True, eq=False, repr=False)
class Bit(Type):
    """`bit` (size `None`) or a register `bit[n]`; bit 0 is the least significant."""

    size: int | None = None

    def __str__(self) -> str:
        return _sized("bit", self.size)


class Bool(Type):
    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True, eq=False, repr=False)
class Int(Type):
    width: int | None = None

    def __str__(self) -> str:
        return _sized("int", self.width)


@dataclass(frozen=True, eq=False, repr=False)
class UInt(Type):
    width: int | None = None

    def __str__(self) -> str:
        return _sized("uint", self.width)


@dataclass(frozen=True, eq=False, repr=False)
class Float(Type):
    width: int | None = None

    def __str__(self) -> str:
        return _sized("float", self.width)


@dataclass(frozen=True, eq=False, repr=False)
class Angle(Type):
    """Fixed point: the value k stands for 2π·k/2^width radians (OpenQASM 3, "Fixed-point angles")."""

    width: int | None = None

    def __str__(self) -> str:
        return _sized("angle", self.width)


@dataclass(frozen=True, eq=False, repr=False)
class Complex(Type):
    width: int | None = None
    """Width of the real and of the imaginary part."""

    def __str__(self) -> str:
        return "complex" if self.width is None else f"complex[float[{self.width}]]"


@dataclass(frozen=True, eq=False, repr=False)
class Duration(Type):
    unit: str = "s"
    """`s`, or `dt` for a duration counted in the device's own time steps; the two do not mix."""

    def __str__(self) -> str:
        return "duration" if self.unit == "s" else "duration in dt"


class Stretch(Type):
    def __str__(self) -> str:
        return "stretch"


@dataclass(frozen=True, eq=False, repr=False)
class Array(Type):
    element: Type
    shape: tuple[int, ...]
    """Lengths of the dimensions; -1 where only the rank is declared (`#dim = k`)."""

    def __str__(self) -> str:
        if all(length < 0 for length in self.shape):
            return f"array[{self.element}, #dim = {len(self.shape)}]"
        return f"array[{self.element}, {', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, eq=False, repr=False)
class Qubit(Type):
    """`qubit` (size `None`) or a register `qubit[n]`."""

    size: int | None = None

    def __str__(self) -> str:
        return _sized("qubit", self.size)


class Qubits(Type):
    """`qubit[]`: a register of any size, as a parameter of an observable or of a subroutine."""

    def __str__(self) -> str:
        return "qubit[]"


class Observable(Type):
    """A real combination of Pauli products."""

    def __str__(self) -> str:
        return "observable"


@dataclass(frozen=True, eq=False, repr=False)
class Money(Type):
    currency: str

    def __str__(self) -> str:
        return f"money in {self.currency}"


@dataclass(frozen=True, eq=False, repr=False)
class Ratio(Type):
    """A number written with `x` or `%`."""

    unit: str

    def __str__(self) -> str:
        return "a multiple (`x`)" if self.unit == "x" else "a percentage"


class Text(Type):
    def __str__(self) -> str:
        return "string"


class Void(Type):
    """The result of a subroutine that returns nothing."""

    def __str__(self) -> str:
        return "nothing"


class Unknown(Type):
    """The type of an expression that already has its diagnostic; absorbs every further complaint."""

    def __str__(self) -> str:
        return "unknown"


BIT = Bit()
BOOL = Bool()
INT = Int()
UINT = UInt()
FLOAT = Float()
ANGLE = Angle()
COMPLEX = Complex()
DURATION = Duration()
STRETCH = Stretch()
TEXT = Text()
VOID = Void()
UNKNOWN = Unknown()


def is_quantum(kind: Type) -> bool:
    """Whether values of this type are qubits."""
    return isinstance(kind, (Qubit, Qubits))


def is_integer(kind: Type) -> bool:
    """Whether a value can be used where OpenQASM wants an integer: `int`, `uint`, `bit`, `bool`."""
    return isinstance(kind, (Int, UInt, Bit, Bool))


def is_real(kind: Type) -> bool:
    """Whether a value can be used as a gate's parameter."""
    return isinstance(kind, (Int, UInt, Bit, Bool, Float, Angle))
