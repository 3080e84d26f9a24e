"""QJ02, second half: files that are included and imported."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import use_instead
from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class CannotRead(Diagnostic):
    code = "QJ0207"
    title = "cannot read `{path}`: {reason}"
    explanation = (
        "`include` and `import` name files relative to the file they stand in; "
        "`stdgates.inc`, `qelib1.inc` and "
        "the modules `std.…` are shipped with qlang."
    )
    example_wrong = "import std.gatez;\ncircuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"
    example_right = "import std.observables;\ncircuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"

    path: str
    reason: str
    suggestion: str | None = None

    def helps(self) -> Iterator[str]:
        if self.suggestion is None and self.reason == "there is no such file":
            folder = self.span.source.name.rpartition("/")[0]
            where = f"`{folder}`, the folder of this file" if folder else "the folder of this file"
            yield f"paths begin at {where}; modules of the library are written `import std.name;`"
        elif self.reason == "it lies outside of the project":
            yield "a project is the folder with `qlang.toml`, or that of the file itself; copy the file into it"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class NotAProgram(Diagnostic):
    code = "QJ0224"
    title = "`{path}` is not a program that could be read here"
    explanation = (
        "Programs that `include` and `import` read are `.qjob`, `.qasm` and `.inc` files; `import` reads observables "
        "from `.json`, `.terms` and `.txt` files too. `qlangc convert` turns Stim circuits into OpenQASM."
    )
    found_by = "files"
    example_wrong = 'import "bell.stim" as bell;\njob j { run bell(); sample rec; }\n=== bell.stim ===\nH 0\nM 0\n'
    example_right = (
        'import "bell.qasm" as bell;\n'
        "job j { run bell(); sample rec; }\n"
        "=== bell.qasm ===\n"
        "OPENQASM 3.0;\n"
        'include "stdgates.inc";\n'
        "qubit[1] q;\n"
        "bit[1] rec;\n"
        "h q[0];\n"
        "rec = measure q;\n"
    )

    path: str
    convertible: bool = False
    """Whether `qlangc convert` reads it."""

    def notes(self) -> Iterator[str]:
        if not self.convertible:
            yield "programs are `.qjob`, `.qasm` and `.inc` files; `import` reads `.json`, `.terms` and `.txt` too"

    def helps(self) -> Iterator[str]:
        if self.convertible:
            written = self.path.rpartition(".")[0] + ".qasm"
            yield f"`qlangc convert {self.path} --to qasm3 -o {written}` writes it as OpenQASM: import that"


@dataclass(frozen=True)
class ImportCycle(Diagnostic):
    code = "QJ0208"
    title = "`{path}` imports itself"
    explanation = "Files that include or import one another in a circle can never be read to the end."
    found_by = "files"
    example_wrong = (
        'import "more.qjob";\ncircuit c() { qubit q; h q; }\n=== more.qjob ===\nimport "job.qjob";\nconst int n = 2;\n'
    )
    example_right = 'import "more.qjob";\ncircuit c() { qubit q; h q; }\n=== more.qjob ===\nconst int n = 2;\n'

    path: str
    chain: tuple[str, ...]

    def notes(self) -> Iterator[str]:
        yield " → ".join((*self.chain, self.path))


@dataclass(frozen=True)
class ImportsTooDeep(Diagnostic):
    code = "QJ0219"
    title = "`{path}` is the end of a chain of more than {limit} files that include one another"
    explanation = "A file that includes a file that includes a file, and so on, is read up to a limit."
    found_by = "files"

    path: str
    limit: int

    def helps(self) -> Iterator[str]:
        yield "include the files that are needed from one file, one after the other"


@dataclass(frozen=True)
class NothingToImport(Diagnostic):
    code = "QJ0216"
    title = "`{path}` has no top-level quantum statements that could be called `{alias}`"
    explanation = (
        '`import "file" as name;` makes the top-level statements of a file a circuit. The definitions of a file '
        "without such statements are imported without `as`."
    )
    found_by = "files"
    example_wrong = (
        'import "gates.qjob" as gates;\n'
        "circuit c() { qubit q; twice q; }\n"
        "=== gates.qjob ===\n"
        "gate twice a { x a; x a; }\n"
    )
    example_right = (
        'import "gates.qjob";\ncircuit c() { qubit q; twice q; }\n=== gates.qjob ===\ngate twice a { x a; x a; }\n'
    )

    path: str
    alias: str

    def helps(self) -> Iterator[str]:
        yield f"remove `as {self.alias}`: the file's definitions are then known by their own names"


@dataclass(frozen=True)
class NeedsAlias(Diagnostic):
    code = "QJ0217"
    title = "`{path}` is a program: it needs a name"
    explanation = "The top-level statements of an imported file become a circuit, and `as` gives it its name."
    found_by = "files"
    example_wrong = (
        'import "bell.qasm";\n'
        "job j { run bell(); sample b; }\n"
        "=== bell.qasm ===\n"
        "OPENQASM 3.0;\n"
        'include "stdgates.inc";\n'
        "qubit[2] q;\n"
        "bit[2] b;\n"
        "h q[0];\n"
        "cx q[0], q[1];\n"
        "b = measure q;\n"
    )
    example_right = (
        'import "bell.qasm" as bell;\n'
        "job j { run bell(); sample b; }\n"
        "=== bell.qasm ===\n"
        "OPENQASM 3.0;\n"
        'include "stdgates.inc";\n'
        "qubit[2] q;\n"
        "bit[2] b;\n"
        "h q[0];\n"
        "cx q[0], q[1];\n"
        "b = measure q;\n"
    )

    path: str
    after: Span
    alias: str

    def fixes(self) -> Iterator[Fix]:
        yield Fix(f"add `as {self.alias}`", (Edit(self.after, f" as {self.alias}"),))


@dataclass(frozen=True)
class StatementsInInclude(Diagnostic):
    code = "QJ0218"
    title = "an included file may only define things: `{path}` has a quantum statement"
    explanation = "Included files bring gates, subroutines and constants. Whole programs are imported."
    found_by = "files"
    example_wrong = 'include "bell.inc";\ncircuit c() { qubit q; h q; }\n=== bell.inc ===\nqubit[2] q;\nU(0, 0, 0) q;\n'
    example_right = (
        'include "bell.inc";\ncircuit c() { qubit q; still q; }\n=== bell.inc ===\ngate still a { U(0, 0, 0) a; }\n'
    )

    path: str
    included: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.included, "included here")

    def helps(self) -> Iterator[str]:
        yield f'write `import "{self.path}" as name;` and run `name()`'
