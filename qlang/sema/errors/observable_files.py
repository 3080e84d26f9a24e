"""QJ05, last part: observables that are imported from files."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span

FORMAT = 'the file looks like {"qubits": 2, "terms": [["Z0 Z1", 0.5], ["X0", -1.25]]}'
TEXT_FORMAT = "the file looks like `0.5 [Z0 Z1] + -1.25 [X0]`"


class _InFile(Diagnostic):
    """What is wrong in an imported file. Has a field `imported`, the place of the import."""

    found_by = "files"
    imported: Span
    help = ""

    def secondary(self) -> Iterator[Label]:
        yield Label(self.imported, "imported here")

    def helps(self) -> Iterator[str]:
        if self.help:
            yield self.help


@dataclass(frozen=True)
class MalformedFile(_InFile):
    code = "QJ0547"
    title = "`{path}` is no observable: {problem}"
    explanation = (
        '`import "h2.json" as h2;` reads an observable: an object with the number of `qubits` and a list of `terms`, '
        "each of which is a pair of Pauli matrices and a number. `order` says which end of words like `XZ` is qubit 0, "
        "`about` is a remark. Text files (`.terms`, `.txt`) hold terms as OpenFermion prints them, "
        "`0.5 [Z0 Z1] + -1.25 [X0]`."
    )
    example_wrong = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 2, "coefficients": [1.0]}\n'
    )
    example_right = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 2, "terms": [["Z0 Z1", 1.0]]}\n'
    )

    path: str
    problem: str
    imported: Span
    help: str = ""


@dataclass(frozen=True)
class BadTerm(_InFile):
    code = "QJ0548"
    title = "this term of the observable is wrong: {problem}"
    explanation = (
        "A term is a product of Pauli matrices on different qubits with a finite real coefficient: `X0 Z1`, or a "
        "letter for each qubit. Nothing at all is the identity."
    )
    example_wrong = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 2, "terms": [["Z0 Z2", 1.0]]}\n'
    )
    example_right = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 2, "terms": [["Z0 Z1", 1.0]]}\n'
    )

    problem: str
    imported: Span
    help: str = ""


@dataclass(frozen=True)
class RepeatedTerm(_InFile):
    code = "QJ0549"
    title = "`{term}` repeats the product of another term"
    explanation = (
        "Two coefficients for one product are a mistake in most files: one of them was meant for another product, or a "
        "file was written twice. Where they are to be added, add them in the file."
    )
    example_wrong = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 2, "terms": [["Z0 Z1", 0.5], ["Z1 Z0", 0.5]]}\n'
    )
    example_right = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 2, "terms": [["Z0 Z1", 1.0]]}\n'
    )

    term: str
    first: Span
    imported: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, "stands here first")
        yield Label(self.imported, "imported here")


@dataclass(frozen=True)
class OrderNotStated(_InFile):
    code = "QJ0550"
    title = "which letter of `{word}` belongs to qubit 0?"
    explanation = (
        "Libraries write words of Pauli matrices in both directions, and results with the wrong one look plausible. "
        'So the file has to say it, by `"order": "qubit 0 left"` or `"order": "qubit 0 right"` (Qiskit\'s), or to '
        "number the qubits: `X0 Z1`."
    )
    example_wrong = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 2, "terms": [["XZ", 1.0]]}\n'
    )
    example_right = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 2, "order": "qubit 0 left", "terms": [["XZ", 1.0]]}\n'
    )

    word: str
    imported: Span

    def helps(self) -> Iterator[str]:
        yield 'add `"order": "qubit 0 left"` or `"order": "qubit 0 right"` (Qiskit\'s) to the file'


@dataclass(frozen=True)
class FileLimit(_InFile):
    code = "QJ0551"
    title = "the observable is too large: {problem}"
    explanation = (
        "Limits keep a mistaken or hostile file from filling the memory; an observable this large is not estimated."
    )
    example_wrong = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 100000000, "terms": []}\n'
    )
    example_right = (
        'import "h.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== h.json ===\n"
        '{"qubits": 2, "terms": [["Z0 Z1", 1.0]]}\n'
    )

    problem: str
    imported: Span


@dataclass(frozen=True)
class ObservableNeedsAlias(Diagnostic):
    code = "QJ0552"
    title = "`{path}` holds an observable: it needs a name"
    explanation = "The terms of an imported file become one observable, and `as` gives it its name."
    found_by = "files"
    example_wrong = (
        'import "energy.json";\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== energy.json ===\n"
        '{"qubits": 2, "terms": [["Z0 Z1", 1.0]]}\n'
    )
    example_right = (
        'import "energy.json" as energy;\n'
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j { run c(); expect e = energy(q); }\n"
        "=== energy.json ===\n"
        '{"qubits": 2, "terms": [["Z0 Z1", 1.0]]}\n'
    )

    path: str
    after: Span
    alias: str

    def fixes(self) -> Iterator[Fix]:
        yield Fix(f"add `as {self.alias}`", (Edit(self.after, f" as {self.alias}"),))
