"""Writes the text of LLVM functions: values in SSA form, loops with carried values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Text:
    """One function being written. Values are their names or literals, types are LLVM's.

    Names are `%7`, which LLVM counts too: that is read faster than others, and every value has to be one of `value`.
    Integers are i64 unless said otherwise.
    """

    __slots__ = ("_blocks", "_ends", "_lines", "_values", "block", "declarations")

    def __init__(self, header: str, ends: str = "ret void") -> None:
        """`header` is its type, name and parameters, `ends` its last instruction."""
        self._lines = [f"define {header} nounwind {{", "entry:"]
        self._ends = ends
        self._values = self._blocks = 0
        self.block = "entry"
        self.declarations: set[str] = set()

    def finish(self) -> str:
        """The function's text."""
        return "\n".join([*self._lines, f"  {self._ends}", "}"])

    def put(self, line: str) -> None:
        """An instruction without a value."""
        self._lines.append("  " + line)

    def value(self, expression: str) -> str:
        """An instruction's value."""
        name = f"%{self._values}"
        self._values += 1
        self._lines.append(f"  {name} = {expression}")
        return name

    def label(self, name: str) -> None:
        """Begins a block."""
        self._lines.append(f"{name}:")
        self.block = name

    def fresh(self, stem: str) -> str:
        """A new name for a block."""
        self._blocks += 1
        return f"{stem}{self._blocks}"

    def binary(self, operation: str, left: str, right: str | int, type_: str = "i64") -> str:
        """`operation type left, right`."""
        return self.value(f"{operation} {type_} {left}, {right}")

    def at(self, pointer: str, offset: str | int) -> str:
        """The address `offset` bytes after a pointer."""
        return pointer if offset in (0, "0") else self.value(f"getelementptr i8, ptr {pointer}, i64 {offset}")

    def load(self, type_: str, pointer: str, offset: str | int = 0, align: int = 0) -> str:
        """The value `offset` bytes after a pointer."""
        suffix = f", align {align}" if align else ""
        return self.value(f"load {type_}, ptr {self.at(pointer, offset)}{suffix}")

    def store(self, type_: str, value: str, pointer: str, offset: str | int = 0, align: int = 0) -> None:
        """Writes a value `offset` bytes after a pointer."""
        suffix = f", align {align}" if align else ""
        self.put(f"store {type_} {value}, ptr {self.at(pointer, offset)}{suffix}")

    def call(self, result: str, function: str, *arguments: tuple[str, str]) -> str:
        """A declared function's value for (type, value) arguments."""
        types = ", ".join(type_ for type_, _ in arguments)
        self.declarations.add(f"declare {result} @{function}({types})")
        given = ", ".join(f"{type_} {value}" for type_, value in arguments)
        if result == "void":
            self.put(f"call void @{function}({given})")
            return ""
        return self.value(f"call {result} @{function}({given})")

    def fma(self, vector: str, left: str, right: str, added: str, *, fused: bool) -> str:
        """left·right + added of vectors, rounded once where `fused`."""
        if not fused:
            return self.binary("fadd", self.binary("fmul", left, right, vector), added, vector)
        lanes, element = vector[1:-1].split(" x ")
        name = f"llvm.fma.v{lanes}f{32 if element == 'float' else 64}"
        return self.call(vector, name, (vector, left), (vector, right), (vector, added))

    def parity(self, value: str) -> str:
        """Whether an odd number of bits is set, as i64."""
        return self.binary("and", self.call("i64", "llvm.ctpop.i64", ("i64", value)), 1)

    def splat(self, vector: str, scalar_type: str, scalar: str) -> str:
        """A vector of equal elements."""
        lanes = vector[1:].split(" ", 1)[0]
        first = self.value(f"insertelement {vector} poison, {scalar_type} {scalar}, i64 0")
        return self.value(f"shufflevector {vector} {first}, {vector} poison, <{lanes} x i32> zeroinitializer")

    @contextmanager
    def loop(self, count: str | int, **carried: tuple[str, str]) -> Iterator[Loop]:
        """Executes a body `count` times (0: not at all); `carried` names values with (type, beginning).

        Within, `loop[name]` is the value in this turn, and `loop.next[name]` has to be set to that of the next.
        After it, `loop[name]` is the last value.
        """
        head, body, end = self.fresh("head"), self.fresh("body"), self.fresh("end")
        self.put(f"br label %{head}")
        before = self.block
        self.label(head)
        place = len(self._lines)
        names = {name: f"%{head}.{name}" for name in ("index", *carried)}
        test = f"%{head}.more"
        self._lines += [f"  {test} = icmp ult i64 {names['index']}, {count}"]
        self.put(f"br i1 {test}, label %{body}, label %{end}")
        self.label(body)
        loop = Loop(names)
        yield loop
        loop.next["index"] = self.binary("add", names["index"], 1)
        self.put(f"br label %{head}")
        beginnings = {"index": ("i64", "0"), **carried}
        self._lines[place:place] = [
            f"  {names[name]} = phi {type_} [{begin}, %{before}], [{loop.next[name]}, %{self.block}]"
            for name, (type_, begin) in beginnings.items()
        ]
        self.label(end)

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Executes a body where an i1 holds. The body's values are not seen after it."""
        then, end = self.fresh("then"), self.fresh("end")
        self.put(f"br i1 {condition}, label %{then}, label %{end}")
        self.label(then)
        yield
        self.put(f"br label %{end}")
        self.label(end)


class Loop:
    """The carried values of a loop by name; `index` counts its turns."""

    __slots__ = ("_names", "next")

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self.next: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self._names[name]


_BEFORE_DECLARATIONS = "\n\n"


def module(function: Text) -> str:
    """The text of a module with a function and what it calls."""
    return _module([function.finish()], function.declarations)


def joined(modules: Sequence[str]) -> str:
    """The text of one module with the functions of several, whose names differ."""
    parts = [each.rstrip("\n").partition(_BEFORE_DECLARATIONS) for each in modules]
    return _module(
        [function for function, _, __ in parts], {line for _, __, lines in parts for line in lines.splitlines()}
    )


def _module(functions: Sequence[str], declarations: set[str]) -> str:
    return "\n".join(functions) + _BEFORE_DECLARATIONS + "\n".join(sorted(declarations)) + "\n"
