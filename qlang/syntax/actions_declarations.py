"""Tree builders of declarations and definitions."""

from typing import Any

from qlang.syntax.context import Action, Context
from qlang.syntax.tree import (
    CircuitDefinition,
    ClassicalDeclaration,
    ExternDeclaration,
    GateDefinition,
    Import,
    ObservableDefinition,
    Parameter,
    QubitDeclaration,
    StringLiteral,
    SubroutineDefinition,
    Type,
)


def declaration(c: Context, v: list[Any]) -> ClassicalDeclaration:
    return ClassicalDeclaration(v[0].start, c.ends[v[2]], v[0], c.name(v[1]), None, None, False)


def declaration_initialized(c: Context, v: list[Any]) -> ClassicalDeclaration:
    return ClassicalDeclaration(v[0].start, c.ends[v[4]], v[0], c.name(v[1]), v[3], None, False)


def declaration_const(c: Context, v: list[Any]) -> ClassicalDeclaration:
    return ClassicalDeclaration(c.starts[v[0]], c.ends[v[5]], v[1], c.name(v[2]), v[4], "const", False)


def declaration_io(c: Context, v: list[Any]) -> ClassicalDeclaration:
    return ClassicalDeclaration(c.starts[v[0]], c.ends[v[3]], v[1], c.name(v[2]), None, c.texts[v[0]], False)


def qubit_declaration(c: Context, v: list[Any]) -> QubitDeclaration:
    return QubitDeclaration(v[0].start, c.ends[v[2]], c.name(v[1]), v[0].size, False)


def qreg(c: Context, v: list[Any]) -> QubitDeclaration:
    size = v[2][1] if len(v) == 4 else None
    return QubitDeclaration(c.starts[v[0]], c.ends[v[-1]], c.name(v[1]), size, True)


def creg(c: Context, v: list[Any]) -> ClassicalDeclaration:
    start, end = c.starts[v[0]], c.ends[v[-1]]
    kind = _register(c, "bit", v[:-1])
    return ClassicalDeclaration(start, end, kind, c.name(v[1]), None, None, True)


def _register(c: Context, name: str, v: list[Any]) -> Type:
    """The type that `creg c[n]` or `qreg q[n]` gives; its span reaches over the name to the size."""
    if len(v) == 3:
        return Type(c.starts[v[0]], c.ends[v[2][2]], name, v[2][1])
    return Type(c.starts[v[0]], c.ends[v[0]], name)


def parameter(c: Context, v: list[Any]) -> Parameter:
    return Parameter(v[0].start, c.ends[v[1]], v[0], c.name(v[1]), None)


def parameter_default(_c: Context, v: list[Any]) -> Parameter:
    return Parameter(v[0].start, v[2].end, v[0].type, v[0].name, v[2])


def parameter_register(c: Context, v: list[Any]) -> Parameter:
    kind = _register(c, "bit" if c.texts[v[0]] == "creg" else "qubit", v)
    end = c.ends[v[2][2]] if len(v) == 3 else c.ends[v[1]]
    return Parameter(kind.start, end, kind, c.name(v[1]), None)


def gate(c: Context, v: list[Any]) -> GateDefinition:
    parameters = v[3] if len(v) > 4 else []
    return GateDefinition(c.starts[v[0]], v[-1].end, c.name(v[1]), parameters, v[-2], v[-1])


def opaque(c: Context, v: list[Any]) -> GateDefinition:
    parameters = v[3] if len(v) > 4 else []
    return GateDefinition(c.starts[v[0]], c.ends[v[-1]], c.name(v[1]), parameters, v[-2], None)


def subroutine(c: Context, v: list[Any]) -> SubroutineDefinition:
    result = v[6] if len(v) == 8 else None
    return SubroutineDefinition(c.starts[v[0]], v[-1].end, c.name(v[1]), v[3], result, v[-1])


def extern(c: Context, v: list[Any]) -> ExternDeclaration:
    result = v[6] if len(v) == 8 else None
    return ExternDeclaration(c.starts[v[0]], c.ends[v[-1]], c.name(v[1]), v[3], result)


def circuit(c: Context, v: list[Any]) -> CircuitDefinition:
    return CircuitDefinition(c.starts[v[0]], v[5].end, c.name(v[1]), v[3], v[5])


def observable(c: Context, v: list[Any]) -> ObservableDefinition:
    parameters = v[3] if len(v) == 8 else []
    return ObservableDefinition(c.starts[v[0]], c.ends[v[-1]], c.name(v[1]), parameters, v[-2])


def import_module(c: Context, v: list[Any]) -> Import:
    alias = c.name(v[3]) if len(v) == 5 else None
    return Import(c.starts[v[0]], c.ends[v[-1]], c.texts[v[1]], None, alias)


def import_file(c: Context, v: list[Any]) -> Import:
    path: StringLiteral = v[1]
    alias = c.name(v[3]) if len(v) == 5 else None
    return Import(c.starts[v[0]], c.ends[v[-1]], None, path, alias)


ACTIONS: dict[str, Action] = {
    "declaration": declaration,
    "declaration_initialized": declaration_initialized,
    "declaration_const": declaration_const,
    "declaration_io": declaration_io,
    "qubit_declaration": qubit_declaration,
    "qreg": qreg,
    "qreg_sized": qreg,
    "creg": creg,
    "creg_sized": creg,
    "parameter": parameter,
    "parameter_default": parameter_default,
    "parameter_register": parameter_register,
    "parameter_register_sized": parameter_register,
    "gate": gate,
    "gate_parametrized": gate,
    "opaque": opaque,
    "opaque_parametrized": opaque,
    "subroutine": subroutine,
    "subroutine_typed": subroutine,
    "extern": extern,
    "extern_typed": extern,
    "circuit": circuit,
    "observable": observable,
    "observable_constant": observable,
    "import_module": import_module,
    "import_module_as": import_module,
    "import_file": import_file,
    "import_file_as": import_file,
}
