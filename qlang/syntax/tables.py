"""The integer tables that drive the parser, made by Lark and shipped as JSON.

`python -m qlang.syntax.tables` writes `tables.json` from `grammar.lark`. At run time the JSON is read and
Lark is not imported, unless the grammar beside it was changed: then the tables are made in memory.

A state's row maps a terminal to a code: `code >= 0` shifts to that state, `code < 0` reduces by the rule
`~code`. Terminal 0 stands for blanks and never reaches the parser; terminal 1 is the end of the text.
"""

import json
import zlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

GRAMMAR = Path(__file__).with_name("grammar.lark")
TABLES = Path(__file__).with_name("tables.json")

BLANK = 0
END_OF_TEXT = 1
NO_ACTION = 1 << 30
"""The code for a terminal that a state's row does not have."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`nonterminal → length symbols`; `action` is empty where the only symbol's value passes on."""

    nonterminal: int
    length: int
    action: str


@dataclass(frozen=True, slots=True)
class Tables:
    terminals: list[str]
    """Names by number; `kind[name]` is the inverse."""
    nonterminals: list[str]
    literals: dict[str, int]
    """Terminals that are written in one way only: `"if"`, `"**"`."""
    rules: list[Rule]
    rows: list[dict[int, int]]
    gotos: list[dict[int, int]]
    start: int
    kind: dict[str, int] = field(init=False)
    jumps: dict[int, int] = field(default_factory=dict)
    """Memo of `follow`: where a reduction ends after all reductions that only pass a value on."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", {name: number for number, name in enumerate(self.terminals)})

    def follow(self, state: int, nonterminal: int, kind: int) -> int:
        """The state after `nonterminal` on top of `state`, and after the unit rules that `kind` asks for.

        A chain such as number → power → … → expression costs one look-up instead of fifteen reductions.
        """
        target = self.gotos[state][nonterminal]
        while True:
            code = self.rows[target].get(kind, 0)
            if code >= 0:
                return target
            rule = self.rules[~code]
            if rule.action:
                return target
            target = self.gotos[state][rule.nonterminal]


def fingerprint(grammar: bytes) -> str:
    """What tells one grammar from another; not meant against forgery."""
    return f"{zlib.crc32(grammar):08x}-{len(grammar)}"


@cache
def load() -> Tables:
    """The tables of the grammar that lies beside this file."""
    grammar = GRAMMAR.read_bytes()
    try:
        data = json.loads(TABLES.read_bytes())
    except FileNotFoundError:
        data = {}
    if data.get("grammar") != fingerprint(grammar):
        data = build(grammar)
    return decode(data)


def decode(data: dict[str, Any]) -> Tables:
    """The tables from the content of `tables.json`, the inverse of `build`."""

    def unfold(rows: list[list[list[int]]]) -> list[dict[int, int]]:
        return [{symbol: code for code, *symbols in row for symbol in symbols} for row in rows]

    rows, gotos = unfold(data["rows"]), unfold(data["gotos"])
    return Tables(
        terminals=data["terminals"],
        nonterminals=data["nonterminals"],
        literals=data["literals"],
        rules=[Rule(*rule) for rule in data["rules"]],
        rows=[rows[number] for number in data["state_rows"]],
        gotos=[gotos[number] for number in data["state_gotos"]],
        start=data["start"],
    )


def lark_parser(grammar: str) -> "Lark":
    """The grammar in Lark, without a lexer: for its tables, and for tests to feed tokens by hand."""
    from lark import Lark
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        def __init__(self, _conf: object) -> None:
            pass

        def lex(self, lexer_state: object, parser_state: object) -> Any:
            return iter(())

    return Lark(grammar, parser="lalr", start="program", lexer=NoLexer, maybe_placeholders=False)


def build(grammar: bytes) -> dict[str, Any]:
    """The content of `tables.json`; the same bytes for the same grammar and release of Lark."""
    import lark
    from lark.parsers.lalr_analysis import Shift

    parser: Any = lark_parser(grammar.decode())
    table = parser.parser.parser._parse_table  # the only way to the tables; the release is pinned
    declared = sorted({symbol for row in table.states.values() for symbol in row if symbol.isupper()})
    terminals = ["", "$END", *(name for name in declared if name != "$END")]
    literals = {str(item.pattern.value): item.name for item in parser.terminals if item.pattern.type == "str"}
    rules = sorted(parser.rules, key=lambda rule: (rule.origin.name, rule.order, str(rule.expansion)))
    nonterminals = sorted({rule.origin.name for rule in rules})
    number_of = {name: number for number, name in enumerate(terminals)}
    nonterminal_of = {name: number for number, name in enumerate(nonterminals)}
    rule_number = {rule: number for number, rule in enumerate(rules)}

    order = _breadth_first(table.states, table.start_states["program"], Shift)
    state_number = {state: number for number, state in enumerate(order)}

    def code(action: object, argument: Any) -> int:
        return state_number[argument] if action is Shift else ~rule_number[argument]

    rows, gotos = [], []
    for state in order:
        actions, moves = {}, {}
        for symbol, (action, argument) in table.states[state].items():
            if symbol in number_of:
                actions[number_of[symbol]] = code(action, argument)
            elif symbol in nonterminal_of:
                moves[nonterminal_of[symbol]] = state_number[argument]
        if state == table.end_states["program"]:
            actions[END_OF_TEXT] = 0
        rows.append(_fold(actions))
        gotos.append(_fold(moves))
    unique_rows, state_rows = _unique(rows)
    unique_gotos, state_gotos = _unique(gotos)
    return {
        "grammar": fingerprint(grammar),
        "lark": lark.__version__,
        "start": 0,
        "terminals": terminals,
        "nonterminals": nonterminals,
        "literals": {text: number_of[name] for text, name in sorted(literals.items()) if name in number_of},
        "rules": [[nonterminal_of[rule.origin.name], len(rule.expansion), _action(rule)] for rule in rules],
        "rows": unique_rows,
        "gotos": unique_gotos,
        "state_rows": state_rows,
        "state_gotos": state_gotos,
    }


def _breadth_first(states: Any, start: int, shift: object) -> list[int]:
    """An order of the states that depends on the grammar only; Lark's numbers differ from run to run."""
    order, seen = [start], {start}
    for state in order:
        for _, (action, target) in sorted(states[state].items(), key=lambda entry: str(entry[0])):
            if action is shift and target not in seen and target in states:
                seen.add(target)
                order.append(target)
    return order


def _action(rule: Any) -> str:
    if rule.alias is None and len(rule.expansion) != 1:
        raise ValueError(f"this alternative needs an alias: {rule}")
    return rule.alias or ""


def _fold(row: dict[int, int]) -> list[list[int]]:
    """`{symbol: code}` as `[code, symbol, …]` for each code: most rows have few codes."""
    folded: dict[int, list[int]] = {}
    for symbol, value in sorted(row.items()):
        folded.setdefault(value, [value]).append(symbol)
    return [folded[value] for value in sorted(folded)]


def _unique(rows: list[list[list[int]]]) -> tuple[list[list[list[int]]], list[int]]:
    numbers: dict[str, int] = {}
    unique: list[list[list[int]]] = []
    where: list[int] = []
    for row in rows:
        key = str(row)
        if key not in numbers:
            numbers[key] = len(unique)
            unique.append(row)
        where.append(numbers[key])
    return unique, where


def main() -> None:
    """Write `tables.json` anew: `python -m qlang.syntax.tables` after a change of the grammar."""
    data = build(GRAMMAR.read_bytes())
    TABLES.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
