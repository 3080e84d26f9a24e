"""What policies allow and refuse, each rule by itself, and that every rule looked at is named."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.trust.crypto_modes import CLASSICAL, MODES, POST_QUANTUM, unmet_demands
from qlang.trust.custody import CUSTODIES, ENFORCED, NOT_CLAIMED, NOT_ENFORCED
from qlang.trust.policy.builtin import BUILTIN_DEVELOPMENT
from qlang.trust.policy.choose import signing_algorithms
from qlang.trust.policy.evaluate import (
    algorithm_verdicts,
    evaluate,
    evaluate_verification,
    required_algorithms,
)
from qlang.trust.policy.model import Policy, Section
from qlang.trust.policy.patterns import matches
from qlang.trust.policy.questions import Peer, SigningQuestion, VerificationQuestion
from qlang.trust.policy.times import duration, seconds_between, spelled
from tests.trust.policy.policies import IN_TOKEN, NOW, key, question

DAY = 86400


def with_defaults(**rules: object) -> Policy:
    return Policy(Section(**rules))  # type: ignore[arg-type]  # names vary


def keys(**changes: object) -> dict[str, object]:
    return {"keys": tuple(key(name, **changes) for name in ("ed25519", "ml-dsa-65"))}


@pytest.mark.parametrize("mode", MODES)
def test_without_rules_every_mode_is_signed_by_its_own_choice(mode: str) -> None:
    asked = question(*MODES[mode].default, mode=mode)
    assert evaluate(BUILTIN_DEVELOPMENT, asked).allowed


RULES: list[tuple[dict[str, object], dict[str, object], dict[str, object]]] = [
    # rule, a question that it allows, one that it refuses
    ({"modes": ("hybrid",)}, {}, {"crypto_mode": "classical"}),
    ({"backends": ("sim", "ibm.*")}, {"backend_id": "ibm.boston"}, {"backend_id": "sim like ibm.boston"}),
    ({"signers": ("alice",)}, {}, {"peer": Peer(1000, "bob")}),
    ({"signers": (1000,)}, {}, {"peer": Peer(1001, "1000")}),
    ({"signers": ("1000",)}, {"peer": Peer(7, "1000")}, {"peer": Peer(1000, "alice")}),
    ({"signers": ("alice",)}, {}, {"peer": None}),
    ({"algorithms": ("ed25519", "ml-dsa-65")}, {}, {"algorithms": ("ecdsa-p256", "ml-dsa-65")}),
    ({"sign": {"hybrid": ("ml-dsa-65",)}}, {}, {"algorithms": ("ed25519", "ml-dsa-87")}),
    ({"require": {"hybrid": ("ml-dsa-65",)}}, {}, {"algorithms": ("ed25519", "ml-dsa-87")}),
    ({"custody": ("token-native",)}, keys(**IN_TOKEN), keys(custody="token-wrapped", probe=ENFORCED)),
    ({"enforced_probe": True}, keys(**IN_TOKEN), keys(custody="token-native", probe=NOT_ENFORCED)),
    ({"production": True}, keys(**IN_TOKEN), keys(custody="token-native", probe=NOT_ENFORCED)),
    ({"production": True}, keys(custody="token-wrapped", probe=ENFORCED), keys(probe=ENFORCED)),
    ({"keys": ("ed25519:0123456789abcdef", "ml-dsa-65:0123456789abcdef")}, {}, keys(key_id="ed25519:aa")),
    ({"max_key_age": 365 * DAY}, {}, keys(created_at="2025-11-20T00:00:00Z")),
    ({"max_key_age": 365 * DAY}, {}, keys(created_at=None)),
    ({"max_clock_difference": 300}, {"now": "2026-11-21T14:04:59Z"}, {"now": "2026-11-21T14:05:01Z"}),
    ({"max_clock_difference": 300}, {"now": "2026-11-21T13:55:01Z"}, {"now": "2026-11-21T13:54:59Z"}),
    ({"max_clock_difference": 300}, {}, {"created_at": "yesterday"}),
    ({"max_checkpoint_age": DAY}, {}, {"checkpoint_at": "2026-11-20T13:59:59Z"}),
    ({"max_checkpoint_age": DAY}, {"checkpoint_at": "2026-11-20T14:00:01Z"}, {"checkpoint_at": "never"}),
    (
        {"max_calibration_age": DAY},
        {"backend_id": "sim like ibm.x", "calibration_at": "2026-11-20T15:00:00+00:00"},
        {"backend_id": "sim like ibm.x", "calibration_at": "2026-11-20T13:00:00Z"},
    ),
    ({"max_calibration_age": DAY}, {"backend_id": "sim with lab"}, {"backend_id": "sim like ibm.x"}),
    (
        {"max_calibration_age": DAY},
        {"backend_id": "ibm.x", "calibration_at": NOW},
        {"backend_id": "ibm.x", "calibration_at": "2026-11-22T14:00:00Z"},
    ),
]


@pytest.mark.parametrize(("rule", "allowed", "refused"), RULES, ids=[next(iter(rule[0])) for rule in RULES])
def test_each_rule_allows_and_refuses(
    rule: dict[str, object], allowed: dict[str, object], refused: dict[str, object]
) -> None:
    (name,) = rule
    policy = with_defaults(**rule)
    assert evaluate(policy, question(**allowed)).reasons == ()  # type: ignore[arg-type]  # names vary
    asked = question(**refused)  # type: ignore[arg-type]  # names vary
    if "algorithms" in refused:
        asked = replace(asked, keys=tuple(map(key, asked.algorithms)))
    found = [verdict for verdict in evaluate(policy, asked).rules if not verdict.allowed]
    assert found and all(
        verdict.rule.startswith(f"defaults.{name}") for verdict in found if verdict.place != "built-in"
    )
    assert any(verdict.rule.startswith(f"defaults.{name}") for verdict in found)
    tenant = Policy(tenants={"default": policy.defaults})
    assert not evaluate(tenant, asked).allowed, "a tenant's rule counts as one of the defaults"


@pytest.mark.parametrize("name", ["modes", "backends", "signers", "algorithms", "custody", "keys"])
def test_an_empty_list_allows_nothing(name: str) -> None:
    assert not evaluate(with_defaults(**{name: ()}), question()).allowed


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"algorithms": ("ed25519",), "keys": (key("ed25519"),)}, "lacks a post-quantum algorithm"),
        ({"algorithms": ("ml-dsa-65",), "keys": (key("ml-dsa-65"),)}, "lacks a classical algorithm"),
        ({"crypto_mode": "none"}, "no crypto mode"),
        ({"keys": (key("ed25519"),)}, "keys of `ed25519` for"),
        ({"keys": ()}, "keys of none for"),
        (keys(revoked=True), "is revoked"),
        (keys(not_before="2026-11-21T14:00:01Z"), "not valid before"),
        (keys(not_after="2026-11-21T13:59:59Z"), "not valid after"),
        (keys(not_before="soon"), "not both times"),
        ({"peer": Peer(1001, "bob")}, "no `signers` are named"),
    ],
)
def test_what_no_policy_can_allow(changes: dict[str, object], reason: str) -> None:
    everything = Policy(Section(modes=(*MODES, "none"), backends=("*",), custody=CUSTODIES))
    for policy in (BUILTIN_DEVELOPMENT, everything):
        assert any(reason in text for text in evaluate(policy, question(**changes)).reasons)  # type: ignore[arg-type]  # names vary


def test_where_tenants_are_listed_no_other_is_served_and_each_has_its_own_keys() -> None:
    policy = Policy(tenants={"lab": Section(), "vault": Section()})
    assert not evaluate(policy, question()).allowed
    common = evaluate(policy, question(tenant="lab"))
    assert any("one of tenant `default`, asked for `lab`" in reason for reason in common.reasons)
    own = keys(tenant="lab")
    assert evaluate(policy, question(tenant="lab", **own)).allowed  # type: ignore[arg-type]  # names vary
    assert not evaluate(policy, question(tenant="vault", **own)).allowed  # type: ignore[arg-type]  # names vary
    assert (policy.key_tenant("lab"), BUILTIN_DEVELOPMENT.key_tenant("lab")) == ("lab", "default")


def test_a_stripped_signature_is_refused_by_the_verifiers_own_policy() -> None:
    policy = with_defaults(require={"hybrid": ("ed25519", "ml-dsa-87")})
    assert required_algorithms(policy, "default", "hybrid") == ("ed25519", "ml-dsa-87")
    assert required_algorithms(policy, "default", "classical") == ()
    signed = VerificationQuestion("default", "hybrid", ("ed25519", "ml-dsa-65"), (), "sim", NOW)
    (fault,) = evaluate_verification(policy, signed).reasons
    assert "missing `ml-dsa-87`" in fault
    assert evaluate_verification(BUILTIN_DEVELOPMENT, signed).allowed
    assert not evaluate_verification(BUILTIN_DEVELOPMENT, replace(signed, algorithms=("ed25519",))).allowed


def test_every_rule_that_was_looked_at_is_told(golden: Callable[[str, str], None]) -> None:
    policy = Policy(
        Section(production=True, signers=("bob",), modes=("pqc_required",), backends=("ibm.*",), max_key_age=DAY),
        {"default": Section(max_calibration_age=DAY, require={"hybrid": ("ml-dsa-87",)})},
        name="qlang-policy.toml",
        lines={"defaults.modes": 4, "tenants.default.max_calibration_age": 9},
    )
    asked = question(backend_id="sim like ibm.x", calibration_at="2026-11-01T00:00:00Z")
    decision = evaluate(policy, asked)
    lines = [f"{'allowed' if verdict.allowed else 'refused'}  {verdict}\n" for verdict in decision.rules]
    golden("".join(lines), "policy-decision.txt")
    assert decision.reasons == tuple(str(verdict) for verdict in decision.rules if not verdict.allowed)


ALGORITHMS = sorted(CLASSICAL | POST_QUANTUM)
NAMES = st.sets(st.sampled_from(ALGORITHMS)).map(lambda names: tuple(sorted(names)))
CHOICES = st.dictionaries(st.sampled_from(list(MODES)), NAMES.filter(bool), max_size=2)
AGES = st.sampled_from([0, 60, DAY, 400 * DAY])
RESTRICTIONS: dict[str, st.SearchStrategy[object]] = {
    "production": st.just(True),
    "modes": st.sets(st.sampled_from(list(MODES))).map(tuple),
    "backends": st.sets(st.sampled_from(["sim", "sim*", "sim like *", "ibm.*", "*"])).map(tuple),
    "algorithms": NAMES,
    "sign": CHOICES,
    "require": CHOICES,
    "custody": st.sets(st.sampled_from(CUSTODIES)).map(tuple),
    "enforced_probe": st.just(True),
    "keys": NAMES.map(lambda names: tuple(f"{name}:0123456789abcdef" for name in names)),
    "max_calibration_age": AGES,
    "max_clock_difference": AGES,
    "max_checkpoint_age": AGES,
    "max_key_age": AGES,
}
"""Every rule but `signers`, which gives: without it only the signer's own user may ask."""

SECTIONS = st.fixed_dictionaries({}, optional=RESTRICTIONS).map(lambda rules: Section(**rules))  # type: ignore[arg-type]  # names vary
TIMES = st.sampled_from([NOW, NOW, NOW, "2026-11-21T13:00:00Z", "2026-10-01T00:00:00Z", "2025-01-01T00:00:00Z"])


@st.composite
def questions(draw: st.DrawFn) -> SigningQuestion:
    mode = draw(st.sampled_from(list(MODES)))
    algorithms = draw(st.one_of(*[st.just(MODES[mode].default)] * 3, NAMES))
    custodies = list(product(CUSTODIES, (ENFORCED, NOT_ENFORCED, NOT_CLAIMED)))
    custody, probe = draw(st.sampled_from([*[("token-native", ENFORCED)] * len(custodies), *custodies]))
    made = draw(TIMES)
    return question(
        mode=mode,
        tenant=draw(st.sampled_from(["lab", "lab", "lab", "default"])),
        algorithms=algorithms,
        keys=tuple(key(name, custody=custody, probe=probe, created_at=made, tenant="lab") for name in algorithms),
        backend_id=draw(st.sampled_from(["sim", "sim like ibm.x", "ibm.x"])),
        calibration_at=draw(st.one_of(st.none(), TIMES)),
        created_at=draw(TIMES),
        checkpoint_at=draw(st.one_of(st.none(), TIMES)),
    )


def test_the_strategies_cover_every_rule() -> None:
    from qlang.trust.policy.fields import SECTION

    assert RESTRICTIONS.keys() == SECTION.keys() - {"signers"}


def joined(one: Section, two: Section) -> Section:
    """Both sections' rules in one: what both allow, all that either wants, the stricter limit."""
    rules: dict[str, object] = {}
    for name in RESTRICTIONS:
        first, second = getattr(one, name), getattr(two, name)
        if name in ("sign", "require"):
            modes = {**first, **second}
            rules[name] = {mode: tuple({*first.get(mode, ()), *second.get(mode, ())}) for mode in modes}
        elif first is None or second is None:
            rules[name] = second if first is None else first
        elif isinstance(first, tuple):
            rules[name] = tuple(set(first) & set(second))
        else:
            rules[name] = first or second if isinstance(first, bool) else min(first, second)
    return Section(**rules)  # type: ignore[arg-type]  # names vary


@settings(max_examples=400)
@given(SECTIONS, SECTIONS, questions())
def test_rules_more_never_allow_more(one: Section, two: Section, asked: SigningQuestion) -> None:
    if evaluate(Policy(joined(one, two)), asked).allowed:
        assert evaluate(Policy(one), asked).allowed and evaluate(Policy(two), asked).allowed


@settings(max_examples=400)
@given(SECTIONS, SECTIONS, questions())
def test_a_tenant_is_allowed_what_both_its_section_and_the_defaults_allow(
    defaults: Section, lab: Section, asked: SigningQuestion
) -> None:
    both, first, second = (
        Policy(defaults, {"lab": lab}),
        Policy(defaults, {"lab": Section()}),
        Policy(tenants={"lab": lab}),
    )
    allowed = evaluate(first, asked).allowed and evaluate(second, asked).allowed
    assert evaluate(both, asked).allowed == allowed


@given(SECTIONS, SECTIONS, st.sampled_from(list(MODES)))
def test_the_chosen_algorithms_are_those_that_the_policy_accepts_if_any_are(
    defaults: Section, lab: Section, mode: str
) -> None:
    """Against trying all sets of algorithms."""
    policy = Policy(defaults, {"lab": lab})
    chosen = signing_algorithms(policy, "lab", mode)
    assert len(set(chosen)) == len(chosen)
    accepted = all(verdict.allowed for verdict in algorithm_verdicts(policy, "lab", mode, chosen))
    possible = any(
        all(verdict.allowed for verdict in algorithm_verdicts(policy, "lab", mode, names))
        for bits in range(1 << len(ALGORITHMS))
        if not unmet_demands(MODES[mode], names := [n for i, n in enumerate(ALGORITHMS) if bits >> i & 1])
    )
    assert accepted == possible
    if accepted and policy == Policy(Section(), {"lab": Section()}):
        assert chosen == MODES[mode].default


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("sim", "sim", True),
        ("sim like ibm.x", "sim", False),
        ("sim like ibm.x", "sim*", True),
        ("sim like ibm.x", "*ibm*x", True),
        ("ibm.x", "ibm.x*x", False),
        ("abcabc", "a*bc", True),
        ("abcabc", "a*abc*bc", False),
        ("", "*", True),
        ("a.c", "a?c", False),
        ("[a]", "[a]", True),
    ],
)
def test_patterns(name: str, pattern: str, fits: bool) -> None:
    assert matches(name, pattern) is fits


@given(st.text("ab*", max_size=8), st.text("ab", max_size=12))
def test_patterns_agree_with_regular_expressions(pattern: str, name: str) -> None:
    import re

    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert matches(name, pattern) is (re.fullmatch(expression, name) is not None)


def test_durations_and_times() -> None:
    assert [duration(text) for text in ("90s", "5 min", "12h", "30d")] == [90, 300, 43200, 30 * DAY]
    assert [duration(text) for text in ("", "1", "-1s", "1.5h", "1w", "1\n", "٣s")] == [None] * 7
    assert seconds_between("2026-11-21T14:00:00Z", "2026-11-21T15:00:00+01:00") == 0
    assert seconds_between("2026-11-21", "2026-11-22T00:00:01Z") == DAY + 1
    assert seconds_between("now", NOW) is None
    assert [spelled(value) for value in (None, 0, 90, 7200, -3 * DAY)] == ["unknown", "0 s", "1.5 min", "2 h", "-3 d"]
