"""QJ058x and QJ059x: Python functions as circuits, gates and observables."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class NotInCircuits(Diagnostic):
    code = "QJ0580"
    title = "{construct} cannot be part of {where}"
    explanation = (
        "A function under `@ql.circuit`, `@ql.gate` or `@ql.observable` is read, not run: it may hold registers, "
        "gates, measurements, arithmetic, `for`, `while`, `if` and `match`, and calls of other such functions."
    )
    found_by = "python"
    example_wrong = (
        "import qlang as ql\n"
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(1)\n"
        '    with open("angles") as file:\n'
        "        ql.rx(float(file.read()), q[0])\n"
    )
    example_right = (
        "import qlang as ql\n\n@ql.circuit\ndef c(angle: float):\n    q = ql.qubits(1)\n    ql.rx(angle, q[0])\n"
    )

    construct: str
    instead: str = ""
    place: str = "circuit"
    """`circuit`, `subroutine`, `gate`, `observable` or `job`."""

    def message(self) -> str:
        article = "an" if self.place == "observable" else "a"
        return self.title.format(construct=self.construct, where=f"{article} {self.place}")

    def helps(self) -> Iterator[str]:
        if self.instead:
            yield self.instead


@dataclass(frozen=True)
class NoSource(Diagnostic):
    code = "QJ0581"
    title = "the source of `{name}` cannot be found"
    explanation = "`@ql.circuit` reads the function's text, which a plain Python prompt before 3.13 does not keep."
    found_by = "python"

    name: str
    reason: str = ""

    def notes(self) -> Iterator[str]:
        if self.reason:
            yield self.reason

    def helps(self) -> Iterator[str]:
        if "decorator" in self.reason:
            yield "put other decorators above ours, which reads the function as it stands"
        elif self.name == "<lambda>":
            yield "define a function by `def`"
        else:
            yield "write the circuit as text for `ql.compile(text)`, or put the function into a file or notebook"


@dataclass(frozen=True)
class UnknownOutside(Diagnostic):
    code = "QJ0582"
    title = "`{name}` is {kind}, not a number or list that a circuit can use"
    explanation = (
        "Names from outside of a circuit are read once, when the function is decorated; later changes have no effect. "
        "They must be numbers, lists, tuples or arrays of numbers."
    )
    found_by = "python"
    example_wrong = (
        "import qlang as ql\n"
        "\n"
        'ANGLES = {"first": 0.5}\n'
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(1)\n"
        "    ql.rx(ANGLES, q[0])\n"
    )
    example_right = (
        "import qlang as ql\n\nANGLE = 0.5\n\n@ql.circuit\ndef c():\n    q = ql.qubits(1)\n    ql.rx(ANGLE, q[0])\n"
    )

    name: str
    kind: str
    instead: str = ""

    def helps(self) -> Iterator[str]:
        yield self.instead or "pass it as a parameter of the circuit"


@dataclass(frozen=True)
class UnassignedVariable(Diagnostic):
    code = "QJ0583"
    title = "`{name}` may have no value here"
    explanation = (
        "Python would raise UnboundLocalError on a way to this place that gives the variable no value. Here that is "
        "found before anything runs."
    )
    found_by = "python"
    example_wrong = (
        "import qlang as ql\n"
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(2)\n"
        "    if ql.measure(q[0]):\n"
        "        angle = 0.5\n"
        "    ql.rx(angle, q[1])\n"
    )
    example_right = (
        "import qlang as ql\n"
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(2)\n"
        "    angle = 0.0\n"
        "    if ql.measure(q[0]):\n"
        "        angle = 0.5\n"
        "    ql.rx(angle, q[1])\n"
    )

    name: str

    def helps(self) -> Iterator[str]:
        yield f"give `{self.name}` a value before, on every way to this place"


@dataclass(frozen=True)
class ChangedKind(Diagnostic):
    code = "QJ0584"
    title = "`{name}` is {article} {before}, and gets {other} {now} here"
    explanation = (
        "A Python variable may change its type; a variable of a circuit keeps that of its first value. An integer that "
        "would be rounded, or a number that would be computed with by other rules, would be a wrong result."
    )
    found_by = "python"
    example_wrong = (
        "import qlang as ql\n"
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(1)\n"
        "    k = 1\n"
        "    k = 0.5\n"
        "    ql.rx(k, q[0])\n"
    )
    example_right = (
        "import qlang as ql\n"
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(1)\n"
        "    k = 1.0\n"
        "    k = 0.5\n"
        "    ql.rx(k, q[0])\n"
    )

    name: str
    before: str
    now: str
    first: Span

    def message(self) -> str:
        article, other = (_article(word) for word in (self.before, self.now))
        return self.title.format(name=self.name, article=article, before=self.before, other=other, now=self.now)

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, f"{_article(self.before)} {self.before} since here")

    def helps(self) -> Iterator[str]:
        if (self.before, self.now) == ("int", "float"):
            yield f"begin with a float, as in `{self.name} = 0.0`"
        elif self.now in ("int", "float", "bool") and self.before in ("int", "float", "bool", "bit"):
            yield f"convert it, as in `{self.name} = {'bool' if self.before == 'bit' else self.before}(…)`"
        else:
            yield "use another name"


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"


@dataclass(frozen=True)
class WrongPythonKind(Diagnostic):
    code = "QJ0585"
    title = "{what} must be {wanted}, found {found}"
    explanation = (
        "Parameters without an annotation are `float`. Sizes, ranges and indices are integers, gates act on qubits, "
        "and angles are numbers."
    )
    found_by = "python"
    example_wrong = "import qlang as ql\n\n@ql.circuit\ndef c(n):\n    q = ql.qubits(n)\n    ql.h(q[0])\n"
    example_right = "import qlang as ql\n\n@ql.circuit\ndef c(n: int):\n    q = ql.qubits(n)\n    ql.h(q[0])\n"

    what: str
    wanted: str
    found: str
    instead: str = ""
    declaration: Span | None = None

    def secondary(self) -> Iterator[Label]:
        if self.declaration is not None:
            yield Label(self.declaration, f"{_article(self.found)} {self.found} by this")

    def helps(self) -> Iterator[str]:
        if self.instead:
            yield self.instead


@dataclass(frozen=True)
class CircuitCalled(Diagnostic):
    code = "QJ0586"
    title = "circuit `{name}` owns its qubits and cannot be called from {where}"
    explanation = (
        "Circuits are run by jobs. What circuits call has its qubits from the caller: a function with a parameter "
        "annotated `ql.Qubits` or `ql.Qubit`, or one under `@ql.gate`."
    )
    found_by = "python"
    example_wrong = (
        "import qlang as ql\n"
        "\n"
        "@ql.circuit\n"
        "def bell():\n"
        "    q = ql.qubits(2)\n"
        "    ql.h(q[0])\n"
        "    ql.cx(q[0], q[1])\n"
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(2)\n"
        "    bell()\n"
        "    ql.x(q[0])\n"
    )
    example_right = (
        "import qlang as ql\n"
        "\n"
        "@ql.circuit\n"
        "def bell(q: ql.Qubits):\n"
        "    ql.h(q[0])\n"
        "    ql.cx(q[0], q[1])\n"
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(2)\n"
        "    bell(q)\n"
        "    ql.x(q[0])\n"
    )

    name: str
    where: str
    definition: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.definition, "declares registers of its own")

    def helps(self) -> Iterator[str]:
        yield f"let it take its qubits: `def {self.name}(q: ql.Qubits, …)`"


@dataclass(frozen=True)
class NotDecorated(Diagnostic):
    code = "QJ0587"
    title = "`{name}` is a plain Python function"
    explanation = (
        "A circuit is read, not run: what it calls must be known as a circuit's part, too. What plain Python computes "
        "is computed before, outside of the circuit."
    )
    found_by = "python"
    example_wrong = (
        "import qlang as ql\n"
        "\n"
        "def layer(q):\n"
        "    ql.h(q[0])\n"
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(2)\n"
        "    layer(q)\n"
    )
    example_right = (
        "import qlang as ql\n"
        "\n"
        "@ql.circuit\n"
        "def layer(q: ql.Qubits):\n"
        "    ql.h(q[0])\n"
        "\n"
        "@ql.circuit\n"
        "def c():\n"
        "    q = ql.qubits(2)\n"
        "    layer(q)\n"
    )

    name: str
    definition: Span | None

    def secondary(self) -> Iterator[Label]:
        if self.definition is not None:
            yield Label(self.definition, "defined here")

    def helps(self) -> Iterator[str]:
        yield "decorate it with `@ql.gate`, or with `@ql.circuit` and parameters annotated `ql.Qubits`"
        yield "or compute its value outside, and pass it as a parameter"
