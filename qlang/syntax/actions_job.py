"""Tree builders of noise blocks and of the job block."""

from typing import Any

from qlang.syntax.context import Action, Context
from qlang.syntax.tree import (
    BackendPattern,
    Backends,
    BitStringLiteral,
    Call,
    Crypto,
    Expect,
    ExpectItem,
    JobDefinition,
    JobLabel,
    Mitigate,
    Node,
    NoiseDefinition,
    NoiseRule,
    Precision,
    Run,
    Sample,
    SampleItem,
    Seed,
    Shots,
    Sla,
    SlaTerm,
    State,
    StringLiteral,
    Sweep,
    SweepItem,
)


def noise(c: Context, v: list[Any]) -> NoiseDefinition:
    return NoiseDefinition(c.starts[v[0]], c.ends[v[4]], c.name(v[1]), v[3])


def noise_rule(c: Context, v: list[Any]) -> NoiseRule:
    return NoiseRule(v[0].start, c.ends[v[-1]], v[0], v[2] if len(v) == 4 else [])


def job(c: Context, v: list[Any]) -> JobDefinition:
    return JobDefinition(c.starts[v[0]], c.ends[v[4]], c.name(v[1]), v[3])


def run(c: Context, v: list[Any]) -> Run:
    return Run(c.starts[v[0]], c.ends[v[2]], v[1])


def run_plain(c: Context, v: list[Any]) -> Run:
    callee = c.name(v[1])
    return Run(c.starts[v[0]], c.ends[v[2]], Call(callee.start, callee.end, callee, []))


def _statement(kind: Any) -> Action:
    """A builder of `keyword content ;`."""

    def build(c: Context, v: list[Any]) -> Node:
        built: Node = kind(c.starts[v[0]], c.ends[v[2]], v[1])
        return built

    return build


def sweep_item(_c: Context, v: list[Any]) -> SweepItem:
    return SweepItem(v[0].start, v[2].end, [v[0]], [v[2]])


def sweep_zip(c: Context, v: list[Any]) -> SweepItem:
    return SweepItem(c.starts[v[0]], c.ends[v[8]], v[2], v[7])


def expect_item(_c: Context, v: list[Any]) -> ExpectItem:
    return ExpectItem(v[0].start, v[2].end, v[0], v[2])


def sample_item(_c: Context, v: list[Any]) -> SampleItem:
    return SampleItem(v[0].start, v[0].end, v[0], None)


def sample_item_as(_c: Context, v: list[Any]) -> SampleItem:
    return SampleItem(v[0].start, v[2].end, v[0], v[2])


def shots_auto(c: Context, v: list[Any]) -> Shots:
    return Shots(c.starts[v[0]], c.ends[v[2]], None)


def mitigate_plain(c: Context, v: list[Any]) -> Mitigate:
    return Mitigate(c.starts[v[0]], c.ends[v[2]], c.texts[v[1]], None, [])


def mitigate_within(c: Context, v: list[Any]) -> Mitigate:
    return Mitigate(c.starts[v[0]], c.ends[v[4]], "auto", v[3], [])


def mitigate_list(c: Context, v: list[Any]) -> Mitigate:
    return Mitigate(c.starts[v[0]], c.ends[v[2]], "list", None, v[1])


def pattern_device(c: Context, v: list[Any]) -> BackendPattern:
    return BackendPattern(c.starts[v[0]], c.ends[v[0]], "device", c.texts[v[0]], None)


def pattern_sim(c: Context, v: list[Any]) -> BackendPattern:
    return BackendPattern(c.starts[v[0]], c.ends[v[0]], "sim", "", None)


def pattern_sim_of(c: Context, v: list[Any]) -> BackendPattern:
    return BackendPattern(c.starts[v[0]], c.ends[v[2]], f"sim {c.texts[v[1]]}", c.texts[v[2]], None)


def pattern_where(_c: Context, v: list[Any]) -> BackendPattern:
    base: BackendPattern = v[0]
    return BackendPattern(base.start, v[2].end, base.kind, base.name, v[2])


def precision(c: Context, v: list[Any]) -> Precision:
    return Precision(c.starts[v[0]], c.ends[v[-1]], "l2" if len(v) == 3 else "infidelity", v[-2])


def sla(c: Context, v: list[Any]) -> Sla:
    return Sla(c.starts[v[0]], c.ends[v[3]], v[2])


def sla_term(c: Context, v: list[Any]) -> SlaTerm:
    return SlaTerm(v[0].start, c.ends[v[3]], v[0], None, c.texts[v[1]], v[2])


def sla_term_of(c: Context, v: list[Any]) -> SlaTerm:
    return SlaTerm(v[0].start, c.ends[v[6]], v[0], v[2], c.texts[v[4]], v[5])


def label(c: Context, v: list[Any]) -> JobLabel:
    value = v[3]
    if isinstance(value, BitStringLiteral):  # a label's "0110" is a text like any other
        value = StringLiteral(value.start, value.end, c.source.text[value.start + 1 : value.end - 1])
    return JobLabel(c.starts[v[0]], c.ends[v[4]], v[1], value)


ACTIONS: dict[str, Action] = {
    "noise": noise,
    "noise_rule": noise_rule,
    "noise_rule_on": noise_rule,
    "job": job,
    "run": run,
    "run_plain": run_plain,
    "sweep": _statement(Sweep),
    "sweep_item": sweep_item,
    "sweep_zip": sweep_zip,
    "expect": _statement(Expect),
    "expect_item": expect_item,
    "sample": _statement(Sample),
    "sample_item": sample_item,
    "sample_item_as": sample_item_as,
    "state": _statement(State),
    "shots": _statement(Shots),
    "shots_auto": shots_auto,
    "seed": _statement(Seed),
    "mitigate_plain": mitigate_plain,
    "mitigate_within": mitigate_within,
    "mitigate_list": mitigate_list,
    "backends": _statement(Backends),
    "pattern_where": pattern_where,
    "pattern_device": pattern_device,
    "pattern_sim": pattern_sim,
    "pattern_sim_of": pattern_sim_of,
    "precision": precision,
    "precision_infidelity": precision,
    "crypto": _statement(Crypto),
    "sla": sla,
    "sla_term": sla_term,
    "sla_term_of": sla_term_of,
    "label": label,
}
