"""The editor's tables against what they describe."""

import re
from cmath import exp
from itertools import product
from math import cos, pi, sin, sqrt

import numpy as np
import pytest
from qiskit.circuit.library import get_standard_gate_name_mapping

from qlang.compiler.editor import vocabulary
from qlang.compiler.editor.gate_facts import GATES, GateFact, matrix_text
from qlang.mitigation.arms import NOT_OFFERED, OFFERED
from qlang.sema.functions import BUILTINS
from qlang.sema.units import UNITS
from qlang.sema.values import CONSTANTS
from qlang.syntax.lexer import UNITS as WRITTEN_UNITS
from qlang.syntax.tables import load
from qlang.syntax.words import JOB_WORDS, TOP_WORDS
from qlang.trust.crypto_modes import MODES

VALUES = {"θ": 0.7, "φ": 0.3, "λ": -1.1}


def test_every_job_statement_is_explained() -> None:
    assert set(vocabulary.JOB_STATEMENTS) == set(JOB_WORDS)


def test_every_definition_is_explained() -> None:
    assert set(TOP_WORDS) <= set(vocabulary.DEFINITIONS)


def test_every_keyword_of_the_grammar_is_explained() -> None:
    tables = [value for name, value in vars(vocabulary).items() if name.isupper() and isinstance(value, dict)]
    explained = {word for table in tables for word in table}
    keywords = {word for word in load().literals if re.fullmatch(r"[A-Za-z]\w+", word)}
    unexplained = {"true", "false", "and", "or", "on", "as", "in", "infidelity"}
    unexplained |= {"readonly", "mutable", "durationof", "defcalgrammar"}
    assert keywords - explained == unexplained


def test_crypto_modes_are_those_of_the_signer() -> None:
    assert {name: word.meaning for name, word in vocabulary.CRYPTO_MODES.items()}.keys() == MODES.keys()


def test_only_methods_of_this_version_are_proposed() -> None:
    available = {name for name, word in vocabulary.MITIGATION.items() if word.available}
    assert available - {"auto"} == set(OFFERED)
    assert set(vocabulary.MITIGATION) - available == set(NOT_OFFERED)


def test_units_are_those_of_the_language() -> None:
    assert set(vocabulary.UNITS) == {*WRITTEN_UNITS, "%"}
    assert set(vocabulary.UNITS) <= set(UNITS)


def test_named_constants_have_their_values() -> None:
    assert vocabulary.CONSTANTS.keys() == CONSTANTS.keys()
    for name, word in vocabulary.CONSTANTS.items():
        assert float(word.form.split("=")[1]) == pytest.approx(CONSTANTS[name].value, rel=1e-11)


def test_functions_are_those_of_the_checker() -> None:
    assert set(vocabulary.FUNCTIONS) == set(BUILTINS)


def evaluate(entry: str) -> complex:
    """The value of an entry as the tables write it, at fixed angles."""
    text = re.sub(r"e\^\(([^()]*(?:\([^()]*\))?[^()]*)\)", r"exp(\1)", entry)
    for name in VALUES:
        text = text.replace(name, f"*{name}" if f"i{name}" in text else name)
    text = text.replace("iπ", "i*π").replace("i(", "i*(").replace("π", "pi").replace("·", "*").replace("√2", "sqrt(2)")
    text = re.sub(r"(?<![a-z])i(?![a-z])", "1j", text)
    names = {"exp": exp, "cos": cos, "sin": sin, "sqrt": sqrt, "pi": pi, **VALUES}
    return complex(eval(text, {"__builtins__": {}}, names))


def matrix(fact: GateFact) -> np.ndarray:
    factor = evaluate(fact.factor) if fact.factor else 1
    return factor * np.array([[evaluate(cell) for cell in row] for row in fact.rows])


def reversed_wires(unitary: np.ndarray, wires: int) -> np.ndarray:
    """Qiskit's matrices have the first wire as the least significant bit."""
    order = [int("".join(reversed(bits)), 2) for bits in product("01", repeat=wires)]
    return unitary[np.ix_(order, order)]


QISKIT_NAMES = {"U": "u", "CX": "cx", "phase": "p", "u1": "p", "cphase": "cp", "cu1": "cp"}


@pytest.mark.parametrize("name", [name for name, fact in GATES.items() if fact.rows])
def test_matrices_are_those_of_qiskit(name: str) -> None:
    fact = GATES[name]
    gate = get_standard_gate_name_mapping()[QISKIT_NAMES.get(name, name)]
    expected = type(gate)(*(VALUES[angle] for angle in fact.parameters)).to_matrix()
    if name == "U":  # the built-in gate of OpenQASM 3 has a phase that `u` has not
        expected = exp(0.5j * VALUES["θ"]) * expected
    np.testing.assert_allclose(matrix(fact), reversed_wires(expected, fact.wires), atol=1e-12)


def test_a_matrix_is_laid_out_in_columns() -> None:
    assert matrix_text(GATES["sx"]) == "1/2 · [ 1+i  1-i ]\n      [ 1-i  1+i ]"
