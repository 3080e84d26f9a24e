"""Which words are keywords only where the grammar asks for them."""

TOP_WORDS = ("circuit", "observable", "noise", "job", "import")
"""Begin a definition of qlang; a plain name unless what follows looks like that definition (lexer.py)."""

STATEMENT_WORDS = (
    "include", "let", "measure", "reset", "barrier", "delay", "nop", "box", "if", "for", "while", "switch", "case",
    "default", "break", "continue", "end", "return", "const", "input", "output", "qubit", "qreg", "creg", "gate",
    "def", "extern", "defcalgrammar",
)  # fmt: skip
"""Begin a statement of OpenQASM."""

TYPE_WORDS = ("bit", "int", "uint", "float", "angle", "bool", "duration", "stretch", "complex", "array")
"""Begin a declaration or a cast."""

JOB_WORDS = (
    "run", "sweep", "expect", "sample", "state", "shots", "seed", "mitigate", "backend", "precision", "crypto",
    "sla", "label",
)  # fmt: skip
"""Begin a statement of the job block."""

CLAUSE_WORDS = (
    "auto", "none", "within", "infidelity", "zip", "sim", "like", "with", "where", "and", "or", "as", "in", "on",
)  # fmt: skip
"""Parts of job, noise, import and `for` statements."""

MODIFIER_WORDS = ("inv", "pow", "ctrl", "negctrl")
"""Keywords where a gate call may begin; `pow` is also a function."""

REDUCTION_WORDS = ("sum", "prod")

SOFT_WORDS = (*JOB_WORDS, *CLAUSE_WORDS, *MODIFIER_WORDS, "opaque")
"""Names wherever the parser's state cannot take them as keywords."""

OPENQASM2_WORDS = ("OPENQASM", "include", "qreg", "creg", "gate", "opaque", "barrier", "measure", "reset", "if")
"""All keywords of OpenQASM 2: in such a text every other word is soft."""
