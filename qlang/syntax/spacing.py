"""What stands between two neighbouring tokens of one line: nothing or a blank."""

from qlang.syntax.tables import Tables

_NO_BLANK_BEFORE = frozenset((";", ",", ")", "]", ":"))
_NO_BLANK_AFTER = frozenset(("(", "[", ":"))
_ALWAYS_SPACED = frozenset({
    "=", "->", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "++", "@",
    "+=", "-=", "*=", "/=", "&=", "|=", "~=", "^=", "<<=", ">>=", "%=", "**=",
})  # fmt: skip
_AS_WRITTEN = frozenset(("+", "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>"))
_SIGNS = frozenset(("+", "-", "~", "!"))
_CALLABLE = frozenset({
    "gphase", "pow", "ctrl", "negctrl", "durationof", "sum", "prod", "zip",
    "bit", "int", "uint", "float", "angle", "bool", "duration", "stretch", "complex", "array",
})  # fmt: skip
"""Keywords that an opening parenthesis follows at once, as in a call or a cast."""

_INDEXED = _CALLABLE | {"qubit", "creg", "qreg", "delay", "box"}
"""Keywords that an opening square bracket follows at once."""

_OPERANDS = ("ID", "INTEGER", "DECIMAL", "IMAGINARY", "QUANTITY", "BITSTRING", "STRING", "HARDWARE", "DOTTED", "ARITY")


class Spacing:
    """Decides from kinds and texts, with the author's blanks where both ways are good style."""

    def __init__(self, tables: Tables) -> None:
        self._names = frozenset(tables.kind[name] for name in ("ID", "ARITY"))
        self._operands = frozenset(tables.kind[name] for name in _OPERANDS)

    def ends_operand(self, kind: int, text: str) -> bool:
        """Whether an operator behind this token has a left side."""
        return kind in self._operands or text in (")", "]", "}", "true", "false")

    def is_sign(self, before: tuple[int, str], text: str) -> bool:
        """Whether the token is a sign and no operator, given the token before it."""
        return text in _SIGNS and not self.ends_operand(*before)

    def blank(self, before: tuple[int, str], after: tuple[int, str], after_sign: bool, spaced: bool) -> bool:
        """Whether a blank stands between two tokens.

        `after_sign` says that the first is a sign such as `-` in `-x`; `spaced` that the author put a blank
        on either side of the operator that is one of the two.
        """
        _, left = before
        _, right = after
        if left in _NO_BLANK_AFTER or right in _NO_BLANK_BEFORE or after_sign:
            return False
        if left in _ALWAYS_SPACED or right in _ALWAYS_SPACED:
            return True
        if (left in _AS_WRITTEN) or (right in _AS_WRITTEN and self.ends_operand(*before)):
            return spaced
        if right == "(":
            return not (before[0] in self._names or left in _CALLABLE or left == "]")
        if right == "[":
            return not (before[0] in self._names or left in _INDEXED or left in (")", "]"))
        return not (left == "{" or right == "}")


def is_as_written(text: str) -> bool:
    """Whether blanks around this operator are the author's choice."""
    return text in _AS_WRITTEN
