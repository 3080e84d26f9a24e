"""Completion in job, sla and noise blocks."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from qlang.compiler.editor import devices
from qlang.compiler.editor.analysis import Analysis
from qlang.compiler.editor.completion_code import begins_statement, circuits, constants, in_observable
from qlang.compiler.editor.place import Place
from qlang.compiler.editor.proposal import Proposal, declared, names, words
from qlang.compiler.editor.registers import circuit_named, circuit_of_job, registers, visible_symbols
from qlang.compiler.editor.vocabulary import (
    BACKEND_WORDS,
    CONDITIONS,
    CONSTANTS,
    CRYPTO_MODES,
    FUNCTIONS,
    JOB_STATEMENTS,
    MITIGATION,
    MITIGATION_CLAUSES,
    NOISE_CHANNELS,
    SLA_TERMS,
    SWEEP_DOMAINS,
)
from qlang.compiler.workspace import find_workspace
from qlang.sema.symbols import GateSymbol, NoiseSymbol
from qlang.syntax.words import JOB_WORDS


def in_job(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    """Statements of the job, or what the statement at the place takes."""
    if begins_statement(analysis, place) and place.previous not in JOB_WORDS:
        yield from words(JOB_STATEMENTS, "keyword", rank=0)
        return
    head = _statement_word(analysis, place)
    inside = _STATEMENTS.get(head)
    if inside is not None:
        yield from inside(analysis, place)


def _statement_word(analysis: Analysis, place: Place) -> str:
    """The word that begins the statement: the last such word at the beginning of a line or of the statement."""
    texts, starts, text = place.tokens.texts, place.tokens.starts, analysis.source.text
    for index in range(place.before, place.statement - 1, -1):
        if texts[index] in JOB_WORDS and (index == place.statement or _first_on_line(text, starts[index])):
            return texts[index]
    return texts[place.statement]


def _first_on_line(text: str, start: int) -> bool:
    return not text[text.rfind("\n", 0, start) + 1 : start].strip()


def _after(place: Place, word: str) -> list[str]:
    """The statement's words after the last `word`, or all of them."""
    found = place.words
    return found[len(found) - found[::-1].index(word) :] if word in found else found


def _run(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    if not place.brackets:
        yield from circuits(analysis)
        return
    if place.previous in ("(", ","):
        symbol = circuit_named(analysis, place.tokens.texts[place.brackets[0] - 1])
        for each in symbol.parameters if symbol else ():
            yield Proposal(each.name, "property", str(each.type), snippet=f"{each.name} = $1", rank=0)
    yield from _values(analysis, place)


def _values(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    """Numbers of the file, and the variables of sweeps, those below the place included."""
    yield from constants(analysis)
    yield from declared(each for each in place.visible() if each.type == "sweep")
    known = {each.name for each in place.visible()}
    yield from (Proposal(name, "variable", "sweep") for name in _sweeps_below(place) if name not in known)
    yield from names(FUNCTIONS, "function", rank=3)
    yield from names(CONSTANTS, "constant", rank=3)


def _sweeps_below(place: Place) -> Iterator[str]:
    texts = place.tokens.texts
    for index in range(place.before + 1, len(texts) - 2):
        if texts[index] == "}" or texts[index] == "job":
            return
        if texts[index] == "sweep" and texts[index + 2] == "in":
            yield texts[index + 1]


def _sweep(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    if place.previous == "in" or (place.previous == "," and place.brackets):
        yield from words({"linspace": SWEEP_DOMAINS["linspace"]}, "function", rank=0)
        yield from constants(analysis)
        return
    circuit = _circuit(analysis, place)
    symbol = circuit_named(analysis, circuit) if circuit else None
    for each in symbol.parameters if symbol else ():
        yield Proposal(each.name, "variable", f"parameter of {circuit}", snippet=f"{each.name} in $1", rank=0)


def _circuit(analysis: Analysis, place: Place) -> str | None:
    return circuit_of_job(place, next(block for block in reversed(place.blocks) if block.kind == "job"))


def _registers(analysis: Analysis, place: Place, *, bits: bool) -> Iterator[Proposal]:
    circuit = _circuit(analysis, place)
    if circuit is not None:
        for name, kind in registers(analysis, circuit, bits=bits):
            yield Proposal(name, "variable", f"{kind} of {circuit}", rank=0)


def _expect(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    if "=" not in _after(place, ",") and not place.brackets:
        return
    yield from _registers(analysis, place, bits=False)
    yield from in_observable(analysis, place)


def _sample(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    if place.brackets:
        yield from constants(analysis)
        return
    yield from _registers(analysis, place, bits=True)


def _state(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    yield from _registers(analysis, place, bits=False)


def _mitigate(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    if place.previous == "auto":
        yield from words(MITIGATION_CLAUSES, "keyword")
    elif place.brackets:
        yield from (Proposal(name, "property", snippet=f"{name} = $1") for name in ("scales", "fit"))
        yield from (Proposal(name, "constant", "fit of zne") for name in ("linear", "richardson"))
    else:
        later = place.previous == ","
        yield from words(MITIGATION, "keyword", rank=0, leave_out=("none", "auto") if later else ())


def _backend(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    match place.previous:
        case "like":
            yield from _devices()
        case "with":
            for symbol in visible_symbols(analysis):
                if isinstance(symbol, NoiseSymbol):
                    yield Proposal(symbol.name, "variable", "noise block", rank=0)
        case "sim":
            yield from words({name: BACKEND_WORDS[name] for name in ("like", "with", "where")}, "keyword")
        case "backend" | ",":
            yield Proposal("sim", "keyword", BACKEND_WORDS["sim"].form, BACKEND_WORDS["sim"].meaning, rank=0)
            for vendor in sorted({name.partition(".")[0] for name in devices.names()}):
                yield Proposal(f"{vendor}.*", "device", f"all devices of {vendor}", rank=1)
            yield from _devices()
        case "where" | "and" | "or" | "&&" | "||":
            yield from words(CONDITIONS, "property")
        case "calibrated":
            yield from words({"within": BACKEND_WORDS["within"]}, "keyword")
        case _ if "where" not in place.words:
            yield from words({"where": BACKEND_WORDS["where"]}, "keyword")


def _devices() -> Iterator[Proposal]:
    for name in devices.names():
        yield Proposal(name, "device", "device", lambda name=name: devices.facts(name) or "", rank=2)  # type: ignore[misc]  # mypy infers no default of a lambda


def _crypto(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    """`qkd` only where the project's policy says where such keys come from."""
    from qlang.compiler.authority import Authority, kme_configured
    from qlang.trust.crypto_modes import MODES
    from qlang.trust.policy.model import POLICY_FILE

    folder = Path(analysis.source.name).parent
    policy = find_workspace(folder if folder.is_absolute() else Path.cwd()) / POLICY_FILE
    with_kme = policy.is_file() and kme_configured(Authority(file=policy))
    offered = {name: word for name, word in CRYPTO_MODES.items() if with_kme or not MODES[name].needs_kme}
    yield from words(offered, "constant", rank=0)


def _shots(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    yield Proposal("auto", "keyword", "shots auto;", "Derived from `stderr(…)` and the budget.", rank=0)
    yield from constants(analysis)


def _precision(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    yield Proposal("infidelity", "keyword", "precision infidelity 1e-9;", "Bound as an infidelity of the state.")


_STATEMENTS: Mapping[str, Callable[[Analysis, Place], Iterator[Proposal]]] = {
    "run": _run,
    "sweep": _sweep,
    "expect": _expect,
    "sample": _sample,
    "state": _state,
    "mitigate": _mitigate,
    "backend": _backend,
    "crypto": _crypto,
    "shots": _shots,
    "seed": lambda analysis, place: constants(analysis),
    "precision": _precision,
}


def in_sla(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    """Terms, and the job's expectation values inside `stderr(` and `error(`."""
    if place.brackets:
        yield from declared(each for each in place.visible() if each.type == "expect")
    elif begins_statement(analysis, place):
        yield from words(SLA_TERMS, "property", rank=0)
    elif place.previous in SLA_TERMS or place.previous == ")":
        least = place.words[0] == "fidelity"
        yield Proposal(">=" if least else "<=", "keyword", "at least" if least else "at most")


def in_noise(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    """Channels, and after `on` the gates that they follow."""
    if begins_statement(analysis, place):
        yield from words(NOISE_CHANNELS, "function", rank=0)
    elif "on" in place.words:
        yield Proposal("1q", "keyword", "every one-qubit gate", rank=0)
        yield Proposal("2q", "keyword", "every two-qubit gate", rank=0)
        for symbol in visible_symbols(analysis):
            if isinstance(symbol, GateSymbol):
                yield Proposal(symbol.name, "gate", rank=1)
    elif place.previous == ")":
        yield Proposal("on", "keyword", "on gates", "The gates that the channel follows; all where it is left out.")
