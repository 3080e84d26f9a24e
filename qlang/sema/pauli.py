"""Algebra of Pauli products with complex coefficients: P·Q is a Pauli matrix times a power of i."""

Factor = tuple[str, int, str]
"""Register, index, `X`, `Y` or `Z`."""

Product = tuple[Factor, ...]
"""Factors on different qubits, sorted; none is the identity."""

Polynomial = dict[Product, complex]

_PRODUCTS: dict[tuple[str, str], tuple[str, complex]] = {
    ("X", "Y"): ("Z", 1j),
    ("Y", "Z"): ("X", 1j),
    ("Z", "X"): ("Y", 1j),
    ("Y", "X"): ("Z", -1j),
    ("Z", "Y"): ("X", -1j),
    ("X", "Z"): ("Y", -1j),
}


def scalar(value: complex) -> Polynomial:
    """A number as a multiple of the identity."""
    return {(): value}


def accumulate(total: Polynomial, other: Polynomial, sign: complex = 1) -> None:
    """Add sign · other to the total, in place."""
    for product, coefficient in other.items():
        total[product] = total.get(product, 0) + sign * coefficient


def multiply(left: Polynomial, right: Polynomial) -> Polynomial:
    """The product, multiplied out."""
    result: Polynomial = {}
    for first, a in left.items():
        for second, b in right.items():
            product, phase = multiply_products(first, second)
            result[product] = result.get(product, 0) + a * b * phase
    return result


def multiply_products(left: Product, right: Product) -> tuple[Product, complex]:
    """The product of two Pauli products and its phase: 1, -1, i or -i."""
    if not left or not right:
        return left or right, 1
    factors = {(register, index): pauli for register, index, pauli in left}
    phase: complex = 1
    for register, index, pauli in right:
        wire = (register, index)
        other = factors.get(wire)
        if other is None:
            factors[wire] = pauli
        elif other == pauli:
            del factors[wire]
        else:
            factors[wire], turn = _PRODUCTS[other, pauli]
            phase *= turn
    return tuple(sorted((register, index, pauli) for (register, index), pauli in factors.items())), phase


def shown(product: Product) -> str:
    """`X(q[0])·Z(q[1])`, for messages."""
    return "·".join(f"{pauli}({register}[{index}])" for register, index, pauli in product) or "the identity"
