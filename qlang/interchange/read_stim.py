"""Stim text as OpenQASM 3.

Qubit k is `q[k]`, outcome k of Stim's record is `rec[k]`, detector k the parity `det[k]`. REPEAT stays a loop; in it,
indices into the record are computed from the loop variables. Gates are kept up to a global phase. Noise is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from qlang.interchange import stim_gates
from qlang.interchange.errors import BrokenText, CannotRead
from qlang.interchange.text import DEEPEST, Read, TextWriter

FRAMEWORK = "Stim"
LONGEST_RECORD = 1 << 20
"""Most measurements or detectors, loops written out, whose outcomes are kept as bits."""
MOST_QUBITS = 1 << 20
_LINE = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9_]*)(?:\[(?P<tag>[^\]]*)\])?(?:\((?P<arguments>[^)]*)\))?(?P<targets>[^{}]*)(?P<open>\{)?\s*"
)
_TARGET = re.compile(r"!?(?:[XYZ]?\d+|rec\[-\d+\]|sweep\[\d+\])")
_PRODUCT = re.compile(r"!?[XYZ]\d+(?:\*!?[XYZ]\d+)*")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the record: a number plus multiples of loop variables."""

    constant: int = 0
    turns: tuple[tuple[str, int], ...] = ()

    def plus(self, number: int) -> Position:
        return Position(self.constant + number, self.turns)

    def text(self) -> str:
        parts = [name if step == 1 else f"{name}*{step}" for name, step in self.turns if step]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return " + ".join(parts).replace("+ -", "- ")


def read_stim(text: str) -> Read:
    """The text of a Stim circuit.

    Raises BrokenText, and CannotRead for noise and whatever else has no equivalent, with the line.
    """
    reader = _Reader(TextWriter(FRAMEWORK), text.split("\n"))
    size = _qubits(text)
    if size > MOST_QUBITS:
        raise CannotRead(FRAMEWORK, f"a circuit on more than {MOST_QUBITS} qubits")
    if size:
        reader.writer.register("qubit", "q", size, "q")
    place = len(reader.writer.declarations)
    end = reader.block(0, inside=False)
    if end < len(reader.source):
        raise BrokenText(FRAMEWORK, "a `}` without a `REPEAT`", line=end + 1)
    sizes = {"obs": reader.observables, "det": reader.detectors.constant, "rec": reader.record.constant}
    for name, total in sizes.items():
        if total:
            reader.writer.declarations.insert(place, f"bit[{total}] {name};")
    return Read("<stim circuit>", reader.writer.text())


def _qubits(text: str) -> int:
    """One more than the largest qubit that is named."""
    largest = -1
    for line in text.split("\n"):
        matched = _LINE.match(line.partition("#")[0].strip())
        if matched is None or matched["name"].upper() in (
            "REPEAT",
            "DETECTOR",
            "OBSERVABLE_INCLUDE",
            "SHIFT_COORDS",
            "MPAD",
        ):
            continue
        bare = re.sub(r"(?:rec|sweep)\[-?\d+\]", " ", matched["targets"])
        for number in re.findall(r"\d+", bare):
            if len(number) > 9:
                raise CannotRead(FRAMEWORK, f"a circuit on more than {MOST_QUBITS} qubits")
            largest = max(largest, int(number))
    return largest + 1


@dataclass(slots=True)
class _Reader:
    writer: TextWriter
    source: list[str]
    record: Position = Position()
    detectors: Position = Position()
    observables: int = 0
    number: int = 0
    """Line that is being read, from 1."""
    arguments: str | None = None
    loops: list[str] = field(default_factory=list)

    def broken(self, problem: str) -> BrokenText:
        return BrokenText(FRAMEWORK, problem, line=self.number)

    def refuse(self, construct: str, instead: str = "") -> CannotRead:
        return CannotRead(FRAMEWORK, construct, instead, line=self.number)

    def block(self, index: int, *, inside: bool) -> int:
        """Read lines up to the end of the block; where that is."""
        while index < len(self.source):
            self.number = index + 1
            code, _, comment = self.source[index].partition("#")
            code = code.strip()
            if not code:
                if comment.strip() and not inside:
                    self.writer.line("// " + comment.strip().encode("ascii", "backslashreplace").decode())
                index += 1
                continue
            if code == "}":
                return index
            matched = _LINE.fullmatch(code)
            if matched is None:
                raise self.broken(f"`{code[:40]}` is no instruction")
            name = matched["name"].upper()
            if name == "REPEAT":
                index = self.repeat(matched, index)
                continue
            if matched["open"]:
                raise self.broken(f"`{name}` has no block")
            self.instruction(name, matched["arguments"], matched["targets"].split())
            index += 1
        if inside:
            raise self.broken("a `REPEAT` that is not closed")
        return index

    def repeat(self, matched: re.Match[str], index: int) -> int:
        start, count = self.number, matched["targets"].strip()
        if not matched["open"] or not count.isdecimal() or matched["arguments"] is not None:
            raise self.broken("REPEAT needs a count and a block")
        times = int(count) if len(count) < 20 else 0
        if not 0 < times < 1 << 63:
            raise self.broken(f"REPEAT {count[:30]}: the count is from 1 to 2^63 - 1")
        if len(self.loops) >= DEEPEST:
            raise self.refuse(f"REPEAT nested deeper than {DEEPEST} levels")
        variable = self.writer.names.give("k", "k")
        before = self.record, self.detectors
        steps = self._lengths(index + 1)
        self.record = Position(before[0].constant, (*before[0].turns, (variable, steps[0])))
        self.detectors = Position(before[1].constant, (*before[1].turns, (variable, steps[1])))
        self.loops.append(variable)
        with self.writer.body(f"for int {variable} in [0:{times - 1}]"):
            end = self.block(index + 1, inside=True)
        self.loops.pop()
        self.number = start
        self.record = before[0].plus(steps[0] * times)
        self.detectors = before[1].plus(steps[1] * times)
        if max(self.record.constant, self.detectors.constant) > LONGEST_RECORD:
            raise self.refuse(
                f"a record of more than {LONGEST_RECORD} measurements or detectors",
                "repeat less often, or measure after the loop",
            )
        return end + 1

    def _lengths(self, index: int) -> tuple[int, int]:
        """Measurements and detectors of one turn of a block that begins at a line."""
        totals = [[0, 0, 1]]
        while index < len(self.source):
            code = self.source[index].partition("#")[0].strip()
            index += 1
            if code == "}":
                measured, detected, times = totals.pop()
                if not totals:
                    return measured, detected
                totals[-1][0] += measured * times
                totals[-1][1] += detected * times
                continue
            matched = _LINE.fullmatch(code)
            if matched is None:
                continue
            name, targets = matched["name"].upper(), matched["targets"].split()
            if name == "REPEAT" and matched["open"]:
                count = matched["targets"].strip()
                totals.append([0, 0, int(count) if count.isdecimal() and len(count) < 20 else 0])
            totals[-1][0] += _outcomes(name, len(targets))
            totals[-1][1] += name == "DETECTOR"
        raise self.broken("a `REPEAT` that is not closed")

    def instruction(self, name: str, arguments: str | None, targets: list[str]) -> None:
        handler = _HANDLERS.get(name)
        if handler is None:
            if name in stim_gates.NOISE:
                instead = "leave noise out here, and write a `noise` block: `backend sim with NAME`"
                raise self.refuse(f"the noise channel `{name}`", instead)
            raise (
                self.refuse(f"`{name}`")
                if name in stim_gates.OTHER_KNOWN
                else self.broken(f"there is no gate `{name}`")
            )
        if arguments is not None and arguments.strip() and name not in _WITH_ARGUMENTS:
            if _outcomes(name, 1) or name in ("MPP", "MXX", "MYY", "MZZ"):
                raise self.refuse(
                    f"measurement noise, `{name}({arguments.strip()[:20]})`", "use `readout` of a `noise` block"
                )
            raise self.broken(f"`{name}` takes no arguments")
        for target in targets:
            if not (_TARGET.fullmatch(target) or (name in ("MPP", "SPP", "SPP_DAG") and _PRODUCT.fullmatch(target))):
                raise self.broken(f"`{target[:30]}` is no target of `{name}`")
        self.arguments = arguments
        handler(self, name, targets)

    def qubit(self, target: str) -> str:
        if not target.isdecimal():
            raise self.refuse(f"the target `{target}` here")
        return f"q[{int(target)}]"

    def past(self, target: str) -> str:
        """A record target as a bit."""
        position = self.record.plus(-int(target[5:-1]))
        if not self.loops and position.constant < 0:
            raise self.broken(f"`{target}` lies before the first measurement")
        return f"rec[{position.text()}]"

    def calls(self, row: stim_gates.Row, qubits: Sequence[str]) -> None:
        for gate, places in row:
            name = gate.partition("(")[0]
            call = self.writer.spelling(name) + gate[len(name) :]
            self.writer.line(f"{call} {', '.join(qubits[place] for place in places)};")

    def turn(self, gates: Sequence[str], qubit: str) -> None:
        for gate in gates:
            self.writer.line(f"{gate} {qubit};")

    def outcome(self, qubit: str, flipped: bool) -> None:
        """Measure a qubit into the next place of the record."""
        place = f"rec[{self.record.text()}]"
        self.writer.line(f"{place} = measure {qubit};")
        if flipped:
            self.writer.line(f"{place} = !{place};")
        self.record = self.record.plus(1)


def _outcomes(name: str, targets: int) -> int:
    """How many measurements an instruction makes."""
    if name in stim_gates.MEASURE or name in stim_gates.MEASURE_RESET or name == "MPP":
        return targets
    return targets // 2 if name in stim_gates.MEASURE_PAIR else 0


def _single(reader: _Reader, name: str, targets: list[str]) -> None:
    for target in targets:
        reader.calls(stim_gates.ONE[name], [reader.qubit(target)])


def _pairs(reader: _Reader, name: str, targets: list[str]) -> None:
    if len(targets) % 2:
        raise reader.broken(f"`{name}` needs pairs of targets")
    for first, second in zip(targets[::2], targets[1::2], strict=True):
        if any(each.startswith("sweep") for each in (first, second)):
            raise reader.refuse("a sweep bit", "write the circuit for one setting")
        if first.startswith("rec") and name in stim_gates.FEEDBACK:
            _feedback(reader, first, stim_gates.FEEDBACK[name], second)
        elif second.startswith("rec") and name in stim_gates.FEEDBACK_SECOND:
            _feedback(reader, second, stim_gates.FEEDBACK_SECOND[name], first)
        else:
            qubits = [reader.qubit(first), reader.qubit(second)]
            if first == second:
                raise reader.broken(f"`{name}` on the same qubit twice")
            reader.calls(stim_gates.TWO[name], qubits)


def _feedback(reader: _Reader, record: str, gate: str, target: str) -> None:
    if target.startswith("rec"):
        raise reader.refuse("feedback between two measurements")
    reader.writer.line(f"if ({reader.past(record)}) {{ {gate} {reader.qubit(target)}; }}")


def _measure(reader: _Reader, name: str, targets: list[str]) -> None:
    before, after = stim_gates.BASES[stim_gates.MEASURE[name]]
    for target in targets:
        qubit = reader.qubit(target.removeprefix("!"))
        reader.turn(before, qubit)
        reader.outcome(qubit, target.startswith("!"))
        reader.turn(after, qubit)


def _measure_reset(reader: _Reader, name: str, targets: list[str]) -> None:
    before, after = stim_gates.BASES[stim_gates.MEASURE_RESET[name]]
    for target in targets:
        qubit = reader.qubit(target.removeprefix("!"))
        reader.turn(before, qubit)
        reader.outcome(qubit, target.startswith("!"))
        reader.writer.line(f"reset {qubit};")
        reader.turn(after, qubit)


def _reset(reader: _Reader, name: str, targets: list[str]) -> None:
    _, after = stim_gates.BASES[stim_gates.RESET[name]]
    for target in targets:
        qubit = reader.qubit(target)
        reader.writer.line(f"reset {qubit};")
        reader.turn(after, qubit)


def _parity(reader: _Reader, factors: list[tuple[str, str]], act: Callable[[str], None]) -> None:
    """Do something to the qubit that holds the parity of a product of Paulis, and undo what made it so."""
    if len({qubit for _, qubit in factors}) < len(factors):
        raise reader.refuse("a Pauli product with the same qubit twice", "multiply it out")
    last = factors[-1][1]
    for pauli, qubit in factors:
        reader.turn(stim_gates.BASES[pauli][0], qubit)
    for _, qubit in factors[:-1]:
        reader.writer.line(f"cx {qubit}, {last};")
    act(last)
    for _, qubit in reversed(factors[:-1]):
        reader.writer.line(f"cx {qubit}, {last};")
    for pauli, qubit in factors:
        reader.turn(stim_gates.BASES[pauli][1], qubit)


def _factors(reader: _Reader, target: str) -> tuple[list[tuple[str, str]], bool]:
    parts = target.split("*")
    flipped = sum(part.startswith("!") for part in parts) % 2 == 1
    bare = [part.removeprefix("!") for part in parts]
    if not all(part[:1] in ("X", "Y", "Z") for part in bare):
        raise reader.broken(f"`{target[:30]}` is no Pauli product")
    return [(part[0], reader.qubit(part[1:])) for part in bare], flipped


def _measure_product(reader: _Reader, name: str, targets: list[str]) -> None:
    for target in targets:
        factors, flipped = _factors(reader, target)
        _parity(reader, factors, lambda qubit, flipped=flipped: reader.outcome(qubit, flipped))  # type: ignore[misc]  # mypy does not infer lambdas with defaults


def _root_of_product(reader: _Reader, name: str, targets: list[str]) -> None:
    for target in targets:
        factors, flipped = _factors(reader, target)
        gate = "sdg" if flipped != (name == "SPP_DAG") else "s"
        _parity(reader, factors, lambda qubit, gate=gate: reader.turn((gate,), qubit))  # type: ignore[misc]  # as above


def _measure_pair(reader: _Reader, name: str, targets: list[str]) -> None:
    if len(targets) % 2:
        raise reader.broken(f"`{name}` needs pairs of targets")
    pauli = stim_gates.MEASURE_PAIR[name]
    for first, second in zip(targets[::2], targets[1::2], strict=True):
        flipped = first.startswith("!") != second.startswith("!")
        factors = [(pauli, reader.qubit(each.removeprefix("!"))) for each in (first, second)]
        _parity(reader, factors, lambda qubit, flipped=flipped: reader.outcome(qubit, flipped))  # type: ignore[misc]  # as above


def _tick(reader: _Reader, name: str, targets: list[str]) -> None:
    if reader.writer.declarations:
        reader.writer.line("barrier q;")


def _detector(reader: _Reader, name: str, targets: list[str]) -> None:
    if not all(target.startswith("rec") for target in targets):
        raise reader.broken("a DETECTOR is made of `rec[-k]`")
    parity = " ^ ".join(reader.past(target) for target in targets)
    reader.writer.line(f"det[{reader.detectors.text()}] = {parity or '0'};")
    reader.detectors = reader.detectors.plus(1)


def _observable(reader: _Reader, name: str, targets: list[str]) -> None:
    index = (reader.arguments or "").strip()
    if not index.isdecimal() or len(index) > 6:
        raise reader.broken("OBSERVABLE_INCLUDE needs the index of an observable")
    if not all(target.startswith("rec") for target in targets):
        raise reader.refuse("a Pauli target of OBSERVABLE_INCLUDE", "measure the Pauli product")
    bit = f"obs[{int(index)}]"
    reader.observables = max(reader.observables, int(index) + 1)
    for target in targets:
        reader.writer.line(f"{bit} = {bit} ^ {reader.past(target)};")


def _comment(reader: _Reader, name: str, targets: list[str]) -> None:
    code = reader.source[reader.number - 1].strip().encode("ascii", "backslashreplace").decode()
    reader.writer.line(f"// {code}")


_HANDLERS: dict[str, Callable[[_Reader, str, list[str]], None]] = {
    **dict.fromkeys(stim_gates.ONE, _single),
    **dict.fromkeys(stim_gates.TWO, _pairs),
    **dict.fromkeys(stim_gates.MEASURE, _measure),
    **dict.fromkeys(stim_gates.MEASURE_RESET, _measure_reset),
    **dict.fromkeys(stim_gates.RESET, _reset),
    **dict.fromkeys(stim_gates.MEASURE_PAIR, _measure_pair),
    **dict.fromkeys(stim_gates.ANNOTATIONS, _comment),
    "MPP": _measure_product,
    "SPP": _root_of_product,
    "SPP_DAG": _root_of_product,
    "TICK": _tick,
    "DETECTOR": _detector,
    "OBSERVABLE_INCLUDE": _observable,
}
_WITH_ARGUMENTS = (*stim_gates.ANNOTATIONS, "DETECTOR", "OBSERVABLE_INCLUDE")
"""Instructions whose arguments are coordinates, or the index of an observable."""
