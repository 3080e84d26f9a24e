"""LLVM text of the function that makes calls one after the other, see `qlang.kernels.cpu.sequence`."""

from __future__ import annotations

from qlang.kernels.cpu.text import Text, module

MOST_ARGUMENTS = 8


def sequence_module(name: str) -> str:
    """The text of the module."""
    text = Text(f"void @{name}(ptr %calls, i64 %count)")
    with text.loop("%count") as loop:
        call = text.at("%calls", text.binary("mul", loop["index"], 8 * (1 + MOST_ARGUMENTS)))
        function = text.load("ptr", call)
        arguments = [f"i64 {text.load('i64', call, 8 * (1 + place))}" for place in range(MOST_ARGUMENTS)]
        text.put(f"call void {function}({', '.join(arguments)})")
    return module(text)
