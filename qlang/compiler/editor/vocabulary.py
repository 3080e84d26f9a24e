"""The words of the language with their meaning, as an editor shows them.

Tests hold these tables against the grammar, the units, the crypto modes and the mitigation methods, so a word
cannot be added there and forgotten here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word: how it is written, and what it means."""

    name: str
    form: str
    """The form in which it stands, as shown above the meaning."""
    meaning: str
    snippet: str = ""
    """What completion inserts, with `${1:…}` to fill in; empty for the name alone."""
    available: bool = True
    """False for what this version knows and refuses; it is explained, not proposed."""


def _table(words: Iterable[Word]) -> Mapping[str, Word]:
    return {word.name: word for word in words}


JOB_STATEMENTS = _table(
    (
        Word("run", "run circuit(args);", "What runs; arguments may name sweep variables.", "run ${1:circuit}($2);"),
        Word(
            "sweep",
            "sweep x in linspace(a, b, k);",
            "One plan for the whole family of values: `linspace(a, b, k)`, a list `[…]` or a range `a:b`. "
            "Several sweeps multiply; `zip(x, y)` pairs them.",
            "sweep ${1:x} in linspace(${2:0}, ${3:1}, ${4:11});",
        ),
        Word(
            "expect",
            "expect name = observable;",
            "Expectation values with error bars.",
            "expect ${1:name} = ${2:Z(q[0])};",
        ),
        Word("sample", "sample q;", "Histograms of registers or slices: `sample q[0:3] as low;`.", "sample ${1:q};"),
        Word("state", "state q;", "Amplitudes; simulators only, a compile error elsewhere.", "state ${1:q};"),
        Word(
            "shots",
            "shots N;",
            "Repetitions per circuit. `shots auto` derives the number from `stderr(…)` and the budget.",
            "shots ${1:1000};",
        ),
        Word("seed", "seed N;", "Seed of all randomness; by default a fresh one, recorded.", "seed ${1:1};"),
        Word(
            "mitigate",
            "mitigate none | auto [within Kx] | methods;",
            "Error mitigation. `auto` chooses by predicted error, at most `within` times the raw shots; "
            "in a list, order and compatibility are checked.",
            "mitigate ${1:auto within 10x};",
        ),
        Word(
            "backend",
            "backend patterns [where condition];",
            "Candidates for the scheduler: device names with `*`, `sim` (exact), `sim like DEVICE` (noisy, with its "
            "calibration), `sim with NOISE` (a noise block). Unreachable ones are reported, not errors, while "
            "another candidate remains.",
            "backend ${1:sim};",
        ),
        Word(
            "precision",
            "precision 1e-6;",
            "Bound on the numerical error of the simulation itself, as an l2 error of the state, or `infidelity 1e-9`.",
            "precision ${1:1e-6};",
        ),
        Word(
            "crypto",
            "crypto classical | hybrid | pqc_required | qkd;",
            "Which signatures, sealing and transport the run demands.",
            "crypto ${1:hybrid};",
        ),
        Word(
            "sla",
            "sla { … }",
            "Bounds on fidelity, errors, cost and latency. One that cannot be met is a compile error.",
            "sla {\n  ${1:fidelity >= 0.9};\n}",
        ),
        Word("label", 'label key = "value";', "Carried into the manifest.", 'label ${1:key} = "${2:value}";'),
    )
)

SLA_TERMS = _table(
    (
        Word(
            "fidelity",
            "fidelity >= F",
            "For samples the Hellinger fidelity between the delivered and the ideal distribution, for an expectation "
            "value 1 − |E[estimate] − ideal| / ((λmax − λmin)/2) of the observable; the smallest over all outputs.",
            "fidelity >= ${1:0.9};",
        ),
        Word(
            "stderr",
            "stderr(name) <= E",
            "One standard deviation of the estimate.",
            "stderr(${1:name}) <= ${2:0.01};",
        ),
        Word("error", "error(name) <= E", "|bias| bound + standard error.", "error(${1:name}) <= ${2:0.05};"),
        Word("cost", "cost <= C usd", "All shots and tasks at the dated price.", "cost <= ${1:25} usd;"),
        Word("latency", "latency <= T min", "From submission to result, queue included.", "latency <= ${1:30} min;"),
    )
)

CRYPTO_MODES = _table(
    (
        Word("classical", "crypto classical;", "A classical signature: Ed25519, or what the policy chooses."),
        Word(
            "hybrid",
            "crypto hybrid;",
            "Both are required: Ed25519 and ML-DSA-65, or a pair that the policy chooses.",
        ),
        Word(
            "pqc_required",
            "crypto pqc_required;",
            "A post-quantum signature: ML-DSA-65 (FIPS 204), or what the policy chooses.",
        ),
        Word("qkd", "crypto qkd;", "Hybrid signatures, keys from a QKD network; needs a key management entity."),
    )
)

MITIGATION = _table(
    (
        Word("none", "mitigate none;", "The raw estimate."),
        Word(
            "auto",
            "mitigate auto [within Kx];",
            "Chosen by the predicted mean squared error at the job's shots; spends at most K times the raw shots.",
            "auto within ${1:10}x",
        ),
        Word("readout", "readout", "Inverts the confusion matrices of the readout."),
        Word(
            "zne",
            "zne(scales = [1, 3, 5], fit = richardson)",
            "Zero-noise extrapolation: the circuit is folded to odd multiples of its noise and the value "
            "extrapolated to none; `fit` is `linear` or `richardson`.",
            "zne(scales = [1, 3, ${1:5}], fit = ${2:richardson})",
        ),
        Word("twirl", "twirl(32)", "Pauli twirling: turns coherent errors into random ones.", available=False),
        Word("pec", "pec", "Probabilistic error cancellation: unbiased, at a cost in shots.", available=False),
        Word("cdr", "cdr", "Clifford data regression: learns the correction on Clifford circuits.", available=False),
        Word("ddd", "ddd(xy4)", "Digital dynamical decoupling of idle qubits.", available=False),
        Word("ml_qem", "ml_qem", "Error mitigation learned from past runs.", available=False),
    )
)

MITIGATION_CLAUSES = _table(
    (Word("within", "mitigate auto within Kx;", "Spends at most K times the raw shots.", "within ${1:10}x"),)
)

SWEEP_DOMAINS = _table(
    (
        Word(
            "linspace",
            "linspace(a, b, k)",
            "k values from a to b, both included.",
            "linspace(${1:0}, ${2:1}, ${3:11})",
        ),
        Word("zip", "zip(x, y) in zip(…, …)", "Steps through several lists together."),
    )
)

BACKEND_WORDS = _table(
    (
        Word("sim", "sim", "Exact simulation on this machine."),
        Word("like", "sim like DEVICE", "Noisy simulation with the device's calibration.", "like ${1:ibm.lima}"),
        Word("with", "sim with NOISE", "Noisy simulation with a noise block of this file.", "with ${1:noise}"),
        Word("where", "backend … where condition", "Keeps the candidates for which the condition holds."),
        Word("within", "calibrated within 24 h", "At most this old."),
    )
)

CONDITIONS = _table(
    (
        Word("qubits", "where qubits >= 8", "Number of working qubits."),
        Word("calibrated", "where calibrated within 24 h", "Age of the calibration.", "calibrated within ${1:24} h"),
        Word("vendor", 'where vendor == "ibm"', "Who builds the device."),
        Word("region", 'where region == "eu"', "Where the device stands."),
        Word("cost_per_shot", "where cost_per_shot <= 0.01 usd", "Dated price of one shot."),
        Word("crypto", "where crypto == hybrid", "Which crypto mode the backend can serve."),
    )
)

NOISE_CHANNELS = _table(
    (
        Word(
            "depolarizing",
            "depolarizing(p) on gates;",
            "With probability p the qubits of the gate become completely mixed.",
            "depolarizing(${1:0.001}) on ${2:1q};",
        ),
        Word(
            "thermal",
            "thermal(t1 = 80us, t2 = 60us);",
            "Relaxation and dephasing while gates take their time.",
            "thermal(t1 = ${1:80us}, t2 = ${2:60us});",
        ),
        Word(
            "readout",
            "readout(p01 = 0.01, p10 = 0.03);",
            "Wrong measurement results: p01 = P(read 1 | prepared 0), p10 = P(read 0 | prepared 1).",
            "readout(p01 = ${1:0.01}, p10 = ${2:0.03});",
        ),
    )
)

DEFINITIONS = _table(
    (
        Word(
            "circuit",
            "circuit name(params) { … }",
            "A parametrised program with its own registers; a job runs it.",
            "circuit ${1:name}($2) {\n  qubit[${3:2}] q;\n  $0\n}",
        ),
        Word(
            "observable",
            "observable name(qubit[] q) = …;",
            "A linear combination of Pauli products: `X(q[i])`, `Y`, `Z`, `I`, `sum(…)`, `prod(…)`.",
            "observable ${1:name}(qubit[] q) = ${2:Z(q[0])};",
        ),
        Word(
            "noise",
            "noise name { … }",
            "A noise model for `sim with name`.",
            "noise ${1:name} {\n  depolarizing(${2:0.001}) on 1q;\n  $0\n}",
        ),
        Word(
            "job",
            "job name { … }",
            "What to run, how exact it must be, what it may cost and what must be provable.",
            "job ${1:name} {\n  run ${2:circuit}();\n  $0\n}",
        ),
        Word(
            "import",
            "import std.observables;",
            'A module of the standard library, or a file: `import "adder.qasm" as adder;`.',
            "import ${1:std.observables};",
        ),
        Word("include", 'include "stdgates.inc";', "OpenQASM's include.", 'include "${1:stdgates.inc}";'),
        Word(
            "gate",
            "gate name(θ) a, b { … }",
            "A unitary gate made of other gates.",
            "gate ${1:name} ${2:a} {\n  $0\n}",
        ),
        Word("def", "def name(params) -> type { … }", "A subroutine.", "def ${1:name}($2) {\n  $0\n}"),
        Word("extern", "extern name(types) -> type;", "A function of the target; cannot be executed here."),
        Word("OPENQASM", "OPENQASM 3.0;", "The version of the language, on the first line."),
    )
)

STATEMENTS = _table(
    (
        Word("qubit", "qubit[n] q;", "A register of n qubits, all |0⟩.", "qubit[${1:n}] ${2:q};"),
        Word("bit", "bit[n] c;", "A register of n classical bits.", "bit[${1:n}] ${2:c};"),
        Word("const", "const int n = 8;", "A named value, known before anything runs.", "const int ${1:n} = ${2:8};"),
        Word("input", "input float theta;", "A parameter of the whole program."),
        Word("output", "output bit[2] c;", "A result of the whole program."),
        Word("let", "let a = q[0:1];", "Another name for some qubits.", "let ${1:name} = ${2:q[0:1]};"),
        Word(
            "for",
            "for int i in [a:b] { … }",
            "A loop; both ends of the range belong to it. It stays a loop in the IR.",
            "for int ${1:i} in [${2:0}:${3:n-1}] {\n  $0\n}",
        ),
        Word("while", "while (condition) { … }", "Repeats as long as the condition holds.", "while ($1) {\n  $0\n}"),
        Word("if", "if (condition) { … } else { … }", "Runs one block or the other.", "if ($1) {\n  $0\n}"),
        Word("else", "else { … }", "What runs where the condition does not hold.", "else {\n  $0\n}"),
        Word("switch", "switch (x) { case 1 { … } default { … } }", "Chooses a block by a value."),
        Word("case", "case 1, 2 { … }", "A block of a `switch`."),
        Word("default", "default { … }", "The block of a `switch` for all other values."),
        Word("break", "break;", "Leaves the loop."),
        Word("continue", "continue;", "Goes on with the next iteration."),
        Word("return", "return value;", "Ends the subroutine.", "return ${1:value};"),
        Word("end", "end;", "Ends the program."),
        Word("measure", "c = measure q;", "Measures in the Z basis.", "measure ${1:q}"),
        Word("reset", "reset q;", "Brings qubits to |0⟩.", "reset ${1:q};"),
        Word("barrier", "barrier q;", "Nothing is moved across it.", "barrier ${1:q};"),
        Word("delay", "delay[100ns] q;", "Idles for a time.", "delay[${1:100ns}] ${2:q};"),
        Word("box", "box { … }", "Timing scope.", "box {\n  $0\n}"),
        Word("nop", "nop q;", "Marks qubits as used."),
        Word("gphase", "gphase(θ);", "Global phase e^(iθ).", "gphase(${1:theta});"),
        Word("ctrl", "ctrl @ g c, q;", "Controls the gate on |1⟩ of one more qubit; `ctrl(k) @` of k.", "ctrl @ "),
        Word("negctrl", "negctrl @ g c, q;", "Controls the gate on |0⟩ of one more qubit.", "negctrl @ "),
        Word("inv", "inv @ g q;", "The inverse of the gate.", "inv @ "),
        Word("pow", "pow(k) @ g q;", "A power of the gate; also the function `pow(x, y)`.", "pow(${1:2}) @ "),
        Word("qreg", "qreg q[n];", "OpenQASM 2's `qubit[n] q;`."),
        Word("creg", "creg c[n];", "OpenQASM 2's `bit[n] c;`."),
        Word("opaque", "opaque g a, b;", "A gate of OpenQASM 2 without a definition; cannot be executed."),
        Word("cal", "cal { … }", "Pulse-level code; kept, and an error to execute."),
        Word("defcal", "defcal g $0 { … }", "Pulse-level definition of a gate; an error to execute."),
    )
)

TYPES = _table(
    (
        Word("int", "int[32] i;", "Signed integer."),
        Word("uint", "uint[32] i;", "Unsigned integer."),
        Word("float", "float[64] x;", "Floating-point number."),
        Word("angle", "angle[20] a;", "Fixed-point angle: the value k stands for 2π·k/2^width."),
        Word("bool", "bool b;", "`true` or `false`."),
        Word("complex", "complex[float[64]] z;", "Complex number."),
        Word("duration", "duration d = 100ns;", "A time."),
        Word("stretch", "stretch s;", "A time that the compiler chooses."),
        Word("array", "array[float[64], 4] a;", "Array of values."),
    )
)

OPERATORS = _table(
    (
        Word("X", "X(q[i])", "Pauli X: swaps |0⟩ and |1⟩.", "X(${1:q[0]})"),
        Word("Y", "Y(q[i])", "Pauli Y = i·X·Z.", "Y(${1:q[0]})"),
        Word("Z", "Z(q[i])", "Pauli Z: +1 on |0⟩, −1 on |1⟩.", "Z(${1:q[0]})"),
        Word("I", "I(q[i])", "Identity.", "I(${1:q[0]})"),
        Word("sum", "sum(int i in [a:b]) …", "Sum over a range.", "sum(int ${1:i} in [${2:0}:${3:n-1}]) "),
        Word("prod", "prod(int i in [a:b]) …", "Product over a range.", "prod(int ${1:i} in [${2:0}:${3:n-1}]) "),
    )
)

FUNCTIONS = _table(
    Word(name, form, meaning)
    for name, form, meaning in (
        ("sizeof", "sizeof(q)", "Number of elements of a register or array."),
        ("sin", "sin(x)", "Sine."),
        ("cos", "cos(x)", "Cosine."),
        ("tan", "tan(x)", "Tangent."),
        ("arcsin", "arcsin(x)", "Inverse sine."),
        ("arccos", "arccos(x)", "Inverse cosine."),
        ("arctan", "arctan(x)", "Inverse tangent."),
        ("sqrt", "sqrt(x)", "Square root."),
        ("exp", "exp(x)", "Exponential function."),
        ("log", "log(x)", "Natural logarithm."),
        ("pow", "pow(x, y)", "x to the power of y."),
        ("mod", "mod(a, b)", "Remainder."),
        ("floor", "floor(x)", "Largest integer not above x."),
        ("ceiling", "ceiling(x)", "Smallest integer not below x."),
        ("popcount", "popcount(b)", "Number of ones in a bit register."),
        ("rotl", "rotl(b, k)", "Bits rotated to the left."),
        ("rotr", "rotr(b, k)", "Bits rotated to the right."),
        ("real", "real(z)", "Real part."),
        ("imag", "imag(z)", "Imaginary part."),
    )
)

CONSTANTS = _table(
    Word(name, f"{name} = {value}", meaning)
    for name, value, meaning in (
        ("pi", "3.14159265359", "π, half a turn in radians."),
        ("π", "3.14159265359", "Half a turn in radians."),
        ("tau", "6.28318530718", "τ = 2π, a full turn in radians."),
        ("τ", "6.28318530718", "2π, a full turn in radians."),
        ("euler", "2.71828182846", "Euler's number."),
        ("ℇ", "2.71828182846", "Euler's number."),
    )
)

UNITS: Mapping[str, str] = {
    "ns": "nanoseconds, 10⁻⁹ s",
    "us": "microseconds, 10⁻⁶ s",
    "µs": "microseconds, 10⁻⁶ s",
    "μs": "microseconds, 10⁻⁶ s",
    "ms": "milliseconds, 10⁻³ s",
    "s": "seconds",
    "min": "minutes, 60 s",
    "h": "hours, 3600 s",
    "day": "days, 86 400 s",
    "days": "days, 86 400 s",
    "dt": "time steps of the device, which do not mix with seconds",
    "usd": "US dollars",
    "eur": "euros",
    "x": "multiples of the raw shots",
    "%": "per cent, 1/100",
}
