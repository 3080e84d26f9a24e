"""IR as text: printing and reading back."""

import hashlib
from io import StringIO

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from qlang.ir.dialects import context


def print_ir(op: Operation, *, spans: bool = False) -> str:
    """The textual form; with `spans`, locations are printed too and survive a round trip."""
    stream = StringIO()
    Printer(stream, print_debuginfo=spans).print_op(op)
    return stream.getvalue() + "\n"


def text_digest(op: Operation) -> str:
    """`sha256:` and the digest of an operation's text without locations; what plans and kernels are known by."""
    return "sha256:" + hashlib.sha256(print_ir(op).encode()).hexdigest()


def parse_ir(text: str, name: str = "<ir>") -> ModuleOp:
    """Read a module back. Raises xdsl's ParseError where the text is not IR."""
    return Parser(context(), text, name).parse_module()


def value_name(name: str) -> str | None:
    """A user's name as that of a value in the text; `None` where IR has no such name.

    xDSL takes ASCII letters and cuts off `_1`, which leaves nothing of `_0`.
    """
    return (SSAValue.extract_valid_name(name) or None) if SSAValue.is_valid_name(name) else None
