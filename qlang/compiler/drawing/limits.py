"""How much is drawn unless somebody asks for more."""

OPERATIONS = 400
"""Operations; what comes after them is counted and said."""
WIRES = 64
"""Qubits; those after them are counted and said."""
LABEL = 32
"""Characters of a label; a longer one is cut, with a mark."""
TEXT_WIDTH = 100
"""Columns."""
SVG_WIDTH = 960
"""Pixels at scale 1."""
