"""A circuit, for the arguments of a job, as `circuit.func`.

Arguments that are known are folded in; those that a sweep provides become parameters of the function, so that one
circuit serves every point.
"""

from xdsl.dialects.builtin import ArrayAttr, FunctionType, StringAttr
from xdsl.ir import Attribute, Block, Region

from qlang.compiler.lowering.conversions import convert, storage
from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.frame import Frame, LoweringError, Outputs, Qubits
from qlang.compiler.lowering.levels import Level, flag
from qlang.compiler.lowering.results import output_bits
from qlang.compiler.lowering.statements import call_subroutine, lower_body
from qlang.ir import circuit
from qlang.ir.text import value_name
from qlang.ir.values import attribute
from qlang.sema import errors
from qlang.sema.jobs import CheckedJob, SweepReference
from qlang.sema.types import FLOAT, INT, Array, Type, is_integer


def lower_circuit(job: CheckedJob) -> circuit.FuncOp:
    """The circuit that a job runs.

    Raises LoweringError where it cannot be executed.
    """
    symbol, outputs = job.circuit, Outputs.of(job)
    references = {name: given for name, given in job.arguments.items() if isinstance(given, SweepReference)}
    swept = {p.name: references[p.name].array or p.type for p in symbol.parameters if p.name in references}
    sweeps = [argument.name for argument in job.arguments.values() if isinstance(argument, SweepReference)]
    block = Block(arg_types=[storage(_arriving(kind)) for kind in swept.values()])
    register = circuit.RegisterType.of(outputs.size)
    source = symbol.scope.source
    alloc = circuit.AllocOp.create(result_types=[register])
    block.add_op(alloc)
    emitter = Emitter(source, block, alloc.result, symbol.whole.start, symbol.whole.end)
    alloc.location = emitter.here()
    frame = Frame(emitter, symbol.scope, call=call_subroutine, levels=[Level("circuit", flag())])
    frame.outputs = frozenset(outputs.bits)
    frame.endings.look(symbol.scope)
    for (name, kind), argument in zip(swept.items(), block.args, strict=True):
        argument.name_hint = value_name(name)
        frame.bind_value(name, convert(emitter, kind, Dynamic(_arriving(kind), argument)), kind)
    for parameter in symbol.parameters:
        known = job.arguments[parameter.name]
        if not isinstance(known, SweepReference):
            frame.bind_value(parameter.name, known, parameter.type)
    single = single_qubits(job)
    for name, (first, size) in outputs.qubits.items():
        frame.bind(name, Qubits(range(first, first + size), single=name in single))
    frame.scopes.append({})
    try:
        lower_body(frame, symbol.body)
    except RecursionError:
        raise _too_deep(job) from None
    results = [emitter.register, *(output_bits(frame, name, size) for name, size in outputs.bits.items())]
    emitter.flush()
    results[0] = emitter.register
    block.add_op(circuit.ReturnOp.create(operands=results, location=emitter.here()))
    function_type = FunctionType.from_lists([a.type for a in block.args], [r.type for r in results])
    func = circuit.FuncOp(symbol.name, function_type, Region(block), _attributes(source.name, sweeps, outputs))
    func.location = emitter.location(symbol.whole.start, symbol.whole.end)
    return func


def _arriving(kind: Type) -> Type:
    """The type of a parameter of the function: whole numbers arrive as integers, others as real numbers."""
    return kind if isinstance(kind, Array) else INT if is_integer(kind) else FLOAT


def _too_deep(job: CheckedJob) -> LoweringError:
    construct, instead = "blocks and calls nested this deep", "put the inner parts side by side"
    return LoweringError(errors.circuits.NotExecutable(job.run_span, construct=construct, instead=instead))


def _attributes(source: str, parameters: list[str], outputs: Outputs) -> dict[str, Attribute]:
    """`parameters` are the sweep variables that the circuit's parameters take their values from."""
    found: dict[str, Attribute] = {
        "registers": attribute({name: list(entry) for name, entry in outputs.qubits.items()}),
        "source": StringAttr(source),
    }
    if parameters:
        found["parameters"] = ArrayAttr([StringAttr(name) for name in parameters])
    if outputs.bits:
        found["bits"] = ArrayAttr([StringAttr(name) for name in outputs.bits])
    return found


def single_qubits(job: CheckedJob) -> set[str]:
    """Names declared as one qubit without brackets, which are no registers."""
    from qlang.syntax import tree

    return {
        statement.name.name
        for statement in job.circuit.body
        if isinstance(statement, tree.QubitDeclaration) and statement.size is None
    }
