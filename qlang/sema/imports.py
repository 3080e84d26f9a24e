"""`include` and `import`."""

import re
from dataclasses import replace

from qlang import stdlib
from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.files import MOST_NESTED, Files, is_openqasm
from qlang.sema.gate_files import file_version, standard_scope
from qlang.sema.loader import LoadFailure, is_standard
from qlang.sema.module import Module
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import BrokenSymbol, CircuitSymbol, ObservableSymbol, ParameterSymbol
from qlang.sema.types import Qubit
from qlang.syntax import tree
from qlang.syntax.diagnostic import Label, errors_of
from qlang.syntax.parser import ParseResult, parse
from qlang.syntax.source import Source

_OBSERVABLES = (".json", ".terms", ".txt")
"""Ends of the names of files that hold an observable."""
_PROGRAMS = (".qjob", ".inc", ".qasm", ".qasm2", ".qasm3")
"""Ends of the names of files that are read as programs, whatever is in them."""
_CONVERTED = (".stim",)
"""Ends of the names of files in a language that `qlangc convert` reads."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def check_include(context: Context, files: Files, node: tree.Include) -> None:
    """The definitions of another file become known here; a second include of it changes nothing."""
    source = _load(context, files, node.path.value, node.path)
    if source is None:
        return
    scope = standard_scope(source)
    if scope is None:
        module = check_source(context, files, source, node.path.value, node.path)
        if module is None:
            return
        if module.main is not None:
            span = module.main.span
            included = context.span(node)
            error = errors.files.StatementsInInclude(span, path=node.path.value, included=included)
            context.reporter.report(error)
        scope = module.scope
    if scope not in context.scope.parents:
        context.scope.parents.insert(0, scope)


def check_import(
    context: Context, files: Files, node: tree.Import
) -> CircuitSymbol | ObservableSymbol | BrokenSymbol | None:
    """A module's names become known; or a program becomes a circuit, a list of terms an observable, and is answered."""
    if node.path is not None:
        path, blamed = node.path.value, node.path
    else:
        path, blamed = (node.module or "").replace(".", "/") + ".qjob", _module_name(context, node)
    source = _load(context, files, path, blamed, node.module)
    if source is not None and node.path is not None and path.endswith(_OBSERVABLES):
        return _as_observable(context, source, path, node)
    module = None if source is None else check_source(context, files, source, path, blamed)
    if module is None:
        return None if node.alias is None else _broken_alias(context, node.alias)
    if node.alias is not None:
        return _as_circuit(context, module, path, node.alias)
    if module.main is not None and not module.circuits.keys() - {"main"}:
        return _alias_needed(context, path, node)
    if module.scope not in context.scope.parents:
        context.scope.parents.insert(0, module.scope)
    return None


def _module_name(context: Context, node: tree.Import) -> tree.StringLiteral:
    """The dotted name of an import as a node, to blame."""
    text = context.span(node).text
    start = node.start + (text.find(node.module or "") if node.module else 0)
    return tree.StringLiteral(start, start + len(node.module or ""), node.module or "")


def _load(
    context: Context, files: Files, path: str, blamed: tree.StringLiteral, module: str | None = None
) -> Source | None:
    loaded = files.load(path, context.scope.source)
    if isinstance(loaded, Source):
        return loaded
    context.scope.torn = True
    text = context.span(blamed).text
    if module is not None or (text[-1:] == text[:1] and len(text) > 1):  # else the string has no end, which is reported
        _report_unreadable(context, path, blamed, loaded, module)
    return None


def _report_unreadable(
    context: Context, path: str, blamed: tree.StringLiteral, failure: LoadFailure, module: str | None
) -> None:
    known = [name.removesuffix(".qjob").replace("/", ".") if module else name for name in stdlib.NAMES]
    near = suggest(module or path, known)
    replacement = None if near is None else near if module else f'"{near}"'
    shown = module or path
    context.report(
        errors.files.CannotRead(context.span(blamed), path=shown, reason=failure.reason, suggestion=replacement)
    )


def check_source(
    context: Context, files: Files, source: Source, path: str, blamed: tree.StringLiteral
) -> Module | None:
    """Parse and check another file, its diagnostics placed at the import; `None` for a cycle or what is no program."""
    done = files.done.get(source.name)
    if done is not None:
        return done
    if is_standard(source):
        from qlang.sema.standard_modules import standard_module

        return files.done.setdefault(source.name, standard_module(source))
    if source.name in files.open:
        chain = tuple(files.open[files.open.index(source.name) :])
        context.report(errors.files.ImportCycle(context.span(blamed), path=path, chain=chain))
        return None
    if len(files.open) >= MOST_NESTED:
        context.report(errors.files.ImportsTooDeep(context.span(blamed), path=path, limit=MOST_NESTED))
        return None
    from qlang.sema.program import check_program

    reporter = context.reporter
    result = parse(source, packed=reporter.references is None)
    if _is_foreign(path, result):
        context.scope.torn = True
        convertible = path.endswith(_CONVERTED)
        context.report(errors.files.NotAProgram(context.span(blamed), path=path, convertible=convertible))
        return None
    outermost = reporter.anchor is None
    if outermost:
        reporter.anchor = blamed.start
    before = context.scope.source.text[: blamed.start].rstrip()
    word = "included" if before.endswith("include") else "imported"
    reporter.entries.append(Label(context.span(blamed), f"{word} here"))
    for diagnostic in result.diagnostics:
        reporter.report(diagnostic)
    version = file_version(result, context.version)
    openqasm = is_openqasm(result.program, source)
    module = check_program(result.program, source, version, openqasm, files, reporter, imported=True)
    reporter.entries.pop()
    if outermost:
        reporter.anchor = None
    files.done[source.name] = module
    return module


def _is_foreign(path: str, result: ParseResult) -> bool:
    """Whether a file is no program: its name says so, or says nothing and its text cannot be parsed."""
    if path.endswith(_CONVERTED):
        return True
    has_ending = "." in path.rpartition("/")[2]
    return has_ending and not path.endswith(_PROGRAMS) and bool(errors_of(result.diagnostics))


def _broken_alias(context: Context, alias: tree.Name) -> BrokenSymbol:
    return BrokenSymbol(alias.name, context.span(alias))


def _as_circuit(context: Context, module: Module, path: str, alias: tree.Name) -> CircuitSymbol | BrokenSymbol:
    main = module.main
    if main is None:
        if module.broken:
            return _broken_alias(context, alias)
        if module.scope not in context.scope.parents:  # as the import without `as` does
            context.scope.parents.insert(0, module.scope)
        context.report(errors.files.NothingToImport(context.span(alias), path=path, alias=alias.name))
        return _broken_alias(context, alias)
    return replace(main, name=alias.name, span=context.span(alias))


def _as_observable(context: Context, source: Source, path: str, node: tree.Import) -> ObservableSymbol | BrokenSymbol:
    """The terms of a file as an observable of as many qubits as it says."""
    from qlang.sema.observable_files import Unreadable, read_observable

    assert node.path is not None
    if node.alias is None:
        alias = _name_of(path, "energy")
        after = context.scope.span(tree.Missing(node.path.end, node.path.end))
        context.report(
            errors.observable_files.ObservableNeedsAlias(context.span(node), path=path, after=after, alias=alias)
        )
        return BrokenSymbol(alias, context.span(node))
    anchored = context.reporter.anchor is not None
    if not anchored:
        context.reporter.anchor = node.path.start
    try:
        found = read_observable(source, context.span(node.path))
    except Unreadable as problem:
        context.report(problem.diagnostic)
        return _broken_alias(context, node.alias)
    finally:
        if not anchored:
            context.reporter.anchor = None
    span = context.span(node.alias)
    register = ParameterSymbol("q", span, Qubit(found.qubits))
    nothing = tree.Missing(node.start, node.end)
    return ObservableSymbol(node.alias.name, span, (register,), nothing, context.scope, found.terms)


def _name_of(path: str, otherwise: str) -> str:
    """A file's name as the name of what it holds, where it can be one."""
    stem = path.rsplit("/", 1)[-1].split(".", 1)[0]
    return stem if _IDENTIFIER.fullmatch(stem) else otherwise


def _alias_needed(context: Context, path: str, node: tree.Import) -> CircuitSymbol | BrokenSymbol | None:
    """A program imported without a name is called like its file, where that is a name."""
    alias = _name_of(path, "program")
    end = (node.path or node).end
    after = context.scope.span(tree.Missing(end, end))
    context.report(errors.files.NeedsAlias(context.span(node), path=path, after=after, alias=alias))
    return BrokenSymbol(alias, context.span(node))
