"""The canonical layout: stable, lossless, and kept by our own examples."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.syntax import tree
from qlang.syntax.format import format_source
from qlang.syntax.lexer import lex
from qlang.syntax.parser import parse
from qlang.syntax.source import Source

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.qjob"))

MESSY = """

include   "stdgates.inc" ;  // gates
import std.observables;


const int n=8 ;
circuit quench( int steps,float J=1.0 )   // the circuit
{
      qubit [ n ] q ;


  // a comment of its own
  for int s in [0 : steps-1]{   /* inline */ rzz( - 2*J ) q [ 0 ],q[ 1 ]; }
  if(a==1){ x q[0]; }else{ y q[0]; }
  if (a) { x q[0]; }
  else { y q[0]; z q[0]; h q[0]; t q[0]; }
  ctrl(2)@inv @ x q[0],q[1] , q[2];
  x q[0]; y q[1]; /* after y */ z q[2];
  rz(0.1 // why
     +0.2 )
     q[0];
  array[int,2] a={ 1 ,2 };
  duration d=durationof( {x q;} ) ;
  while (a)
    x q[0];
  @crosstalk   here
  box[ 10 ns ]{ nop; }
  switch(n){case 1,2{x q[0];}default{}}
  /* a block
       of text */
  b[1]=measure q[ 1: -1 ];
}
noise lab{ depolarizing(0.001)on 1q; depolarizing( p=0.01 ) on cx,cz; readout(p01=1%); thermal(t1=80us); }
job ising{ run quench(steps=10,h=h);
sweep h in linspace(0.2,1.4,7);
   mitigate auto within 10x; // trade
backend ibm.*,*,sim like ibm.guadalupe,sim with lab where qubits>=8&&calibrated within 24   h;
   sla{ fidelity>=0.85;
     stderr(mz)<=0.01; cost<=25 usd;}
   sla { cost<=1 usd; }
}
job tiny { run quench; shots 10; }

// the end"""


def formatted(text: str) -> str:
    result = format_source(Source("t", text))
    assert result.text is not None, [diagnostic.message() for diagnostic in result.diagnostics]
    return result.text


def check(text: str, shape: Callable[[tree.Node], object]) -> str:
    """Format, and see that nothing but blanks changed and that a second time changes nothing."""
    once = formatted(text)
    assert formatted(once) == once
    before, after = parse(Source("t", text)).program, parse(Source("t", once)).program
    assert shape(after) == shape(before)
    comments = ["".join(source[start:end].split()) for source in (text, once) for start, end in lex(source).comments]
    assert comments[: len(comments) // 2] == comments[len(comments) // 2 :]
    assert once.endswith("\n") or not once
    assert "\n\n\n" not in once
    return once


def test_programs(small_program: str, shape: Callable[[tree.Node], object]) -> None:
    if "CalibrationBlock" not in small_program:
        check(small_program, shape)


def test_a_messy_file(golden: Callable[[str, str], None], shape: Callable[[tree.Node], object]) -> None:
    golden(check(MESSY, shape), "messy.qjob")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_our_examples_are_laid_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text


@pytest.mark.parametrize("seed", range(3))
def test_any_blanks_and_breaks(small_programs: list[str], seed: int, shape: Callable[[tree.Node], object]) -> None:
    """Blanks between tokens replaced by others: the layout is stable and the tree the same."""
    rng = random.Random(seed)
    for text in rng.sample(small_programs, 12):
        if "@" in text or "pragma" in text or "//" in text:
            text = without_line_items(text)
        tokens = lex(text)
        gaps = (" ", "  ", "\n", "\n\n\n", "\n     ", " /* c */ ", " // c\n")
        mangled = "".join(f"{shown}{rng.choice(gaps)}" for shown in tokens.texts[:-1])
        if parse(Source("t", mangled)).diagnostics:
            continue  # a blank inside a number with a unit, or a line break in a string's place
        check(mangled, shape)


def without_line_items(text: str) -> str:
    """Only what may stand on any line: no annotations, pragmas or comments."""
    kept = (
        line.split("//")[0] for line in text.splitlines() if not line.strip().startswith(("@", "#pragma", "pragma"))
    )
    return "\n".join(kept)


def test_broken_text_is_left_alone() -> None:
    result = format_source(Source("t", "qubit q\nh q;"))
    assert result.text is None
    assert [diagnostic.code for diagnostic in result.diagnostics] == ["QJ0101"]


def test_an_empty_text_stays_empty() -> None:
    assert formatted("") == ""
    assert formatted("\n\n  \n") == ""


@given(
    st.lists(
        st.sampled_from(["x q;", "// c\n", "/* d */", "\n", "\n\n", " ", "{ x q; }", "if (a) x q;"]), max_size=12
    ).map("".join)
)
def test_comments_anywhere(text: str) -> None:
    once = formatted(text)
    assert formatted(once) == once
    assert len(lex(once).comments) == len(lex(text).comments)
