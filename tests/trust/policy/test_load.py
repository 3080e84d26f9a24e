"""Policy files: what is read, what is refused and where, and what the digest depends on."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.trust.errors import FileRefused, PolicyError
from qlang.trust.policy.builtin import BUILTIN_DEVELOPMENT
from qlang.trust.policy.content import policy_content
from qlang.trust.policy.explain import contradictions, rules_of
from qlang.trust.policy.load import MAX_BYTES, find_policy, load_policy, load_tokens, policy_of
from qlang.trust.policy.model import POLICY_FILE, Policy
from qlang.trust.policy.places import key_lines
from qlang.trust.providers.table import DEFAULT

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "trust" / "policy.md"
TEMPLATE = ROOT / "qlang" / "compiler" / "templates" / POLICY_FILE

SMALL = """\
schema = 1

[defaults]
modes = [
  "hybrid",  # and "no" others
]
sign.hybrid = ["ecdsa-p256", "ml-dsa-87"]

[tenants."lab-a"]
max_calibration_age = "36h"
"""

WITNESS = "witness.example+40e5303d+BHm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk"
BAD = {
    "no-schema": "[defaults]\n",
    "other-schema": "schema = 2\n",
    "unknown-top": "schema = 1\ntenant.lab = {}\n",
    "misplaced": "schema = 1\nproduction = true\n",
    "unknown-key": "schema = 1\n\n[tenants.lab]\nbackend = ['sim']\n",
    "unknown-mode": "schema = 1\n[defaults]\nmodes = ['hybrid', 'hybird']\n",
    "unknown-mode-of-sign": "schema = 1\n[defaults]\nsign.pqc = ['ml-dsa-65']\n",
    "unknown-algorithm": "schema = 1\n[defaults]\n[defaults.require]\nhybrid = ['mldsa65']\n",
    "unknown-custody": "schema = 1\n[defaults]\ncustody = ['hsm']\n",
    "no-list": "schema = 1\n[defaults]\nbackends = 'sim*'\n",
    "no-flag": "schema = 1\n[defaults]\nproduction = 1\n",
    "no-duration": "schema = 1\n[defaults]\nmax_key_age = '1 year'\n",
    "number-as-duration": "schema = 1\n[defaults]\nmax_key_age = 30\n",
    "empty-choice": "schema = 1\n[defaults]\nsign.hybrid = []\n",
    "empty-text": "schema = 1\n[defaults]\nbackends = ['']\n",
    "escape-sequence": 'schema = 1\n[defaults]\nbackends = ["\\u001b[31m"]\n',
    "strange-tenant": "schema = 1\n[tenants.'../x']\n",
    "tenant-no-table": "schema = 1\ntenants.lab = 3\n",
    "user-number": "schema = 1\n[defaults]\nsigners = [-1]\n",
    "threshold": f"schema = 1\n[witnesses]\nkeys = ['{WITNESS}', '{WITNESS}']\nthreshold = 2\n",
    "verifier-key": "schema = 1\n[log]\nkeys = ['qlang.example+00000000+AAAA']\n",
    "stars": "schema = 1\n[defaults]\nbackends = ['*********']\n",
    "date": "schema = 1\n[defaults]\nmax_key_age = 2026-01-01\n",
    "unknown-provider": "schema = 1\n[defaults]\nproviders = ['pyca', 'pqcypto']\n",
    "strange-provider": "schema = 1\n[defaults]\nproviders = ['abacus']\n",
    "no-provider": "schema = 1\n[defaults]\nproviders = []\n",
    "provider-of-a-tenant": "schema = 1\n[tenants.lab]\nproviders = ['pyca']\n",
    "provider-at-the-top": "schema = 1\nproviders = ['pyca']\n",
    "not-toml": "schema = 1\n[defaults\n",
    "twice": "schema = 1\nschema = 1\n",
    "deep": "schema = 1\nx = " + "[" * 40,
    "deep-key": "a." * 40 + "b = 1",
    "digits": "schema = " + "9" * 5000,
}


def load(folder: Path, text: str) -> Policy:
    (folder / POLICY_FILE).write_text(text, encoding="utf-8")
    return load_policy(folder / POLICY_FILE)


def test_a_file_gives_its_rules_and_their_places(tmp_path: Path) -> None:
    policy = load(tmp_path, SMALL)
    assert policy.defaults.modes == ("hybrid",)
    assert policy.defaults.sign == {"hybrid": ("ecdsa-p256", "ml-dsa-87")}
    assert policy.tenants["lab-a"].max_calibration_age == 36 * 3600
    assert policy.place("defaults.modes") == f"{POLICY_FILE}:4"
    assert policy.place("defaults.sign.hybrid") == f"{POLICY_FILE}:7"
    assert policy.place("tenants.lab-a.max_calibration_age") == f"{POLICY_FILE}:10"


def test_every_mistake_names_its_key_its_line_and_what_was_meant(
    tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    told = []
    for name, text in BAD.items():
        with pytest.raises(PolicyError) as caught:
            load(tmp_path, text)
        told.append(f"{name}: {str(caught.value).replace(str(tmp_path) + '/', '')}\n")
    golden("".join(told), "policy-errors.txt")


def test_no_file_is_the_built_in_policy_and_a_link_is_refused(tmp_path: Path) -> None:
    assert find_policy(tmp_path) is BUILTIN_DEVELOPMENT
    (tmp_path / POLICY_FILE).symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(FileRefused, match="symbolic link"):
        find_policy(tmp_path)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    filled = SMALL + "#" * (MAX_BYTES - len(SMALL))
    assert load(tmp_path, filled).defaults.modes == ("hybrid",)
    with pytest.raises(FileRefused, match="larger"):
        load(tmp_path, filled + "#")


@pytest.mark.parametrize("text", [SMALL, TEMPLATE.read_text(encoding="utf-8")], ids=["small", "template"])
def test_rules_survive_being_plain_data(tmp_path: Path, text: str) -> None:
    policy = load(tmp_path, text)
    again = policy_of(policy_content(policy), "recorded")
    assert again.digest == policy.digest
    assert policy_content(again) == policy_content(policy)


SAME = """# another layout
schema=1
tenants={"lab-a"={max_calibration_age="2160min"}}
[defaults.sign]
hybrid=["ecdsa-p256","ml-dsa-87"]
[defaults]
modes=["hybrid","hybrid"]
[tokens.hsm]
module="/x.so"
label="x"
"""


def test_the_digest_is_that_of_the_rules(tmp_path: Path) -> None:
    digest = load(tmp_path, SMALL).digest
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    assert load(tmp_path, SAME).digest == digest
    others = [SMALL.replace("36h", "37h"), SMALL.replace("lab-a", "lab-b"), SMALL.replace('"ecdsa-p256", ', "")]
    assert len({digest, BUILTIN_DEVELOPMENT.digest, *(load(tmp_path, text).digest for text in others)}) == 5


def test_providers_are_in_order_and_of_this_machine(tmp_path: Path) -> None:
    """They are no rule: neither hashed nor recorded, and the same rules are the same policy."""
    named = load(tmp_path, SMALL.replace("[defaults]", "[defaults]\nproviders = ['liboqs', 'pyca', 'liboqs']"))
    plain = load(tmp_path, SMALL)
    assert (named.providers, plain.providers) == (("liboqs", "pyca"), DEFAULT)
    assert named == plain and named.digest == plain.digest
    assert "providers" not in str(policy_content(named))
    (shown,) = [rule for rule in rules_of(named) if rule.key == "defaults.providers"]
    assert (shown.value, shown.place) == ("liboqs, pyca", f"{POLICY_FILE}:4")


def test_the_order_of_signatures_counts_and_the_order_of_a_set_does_not(tmp_path: Path) -> None:
    text = "schema = 1\n[defaults]\n{} = ['ecdsa-p256', 'ml-dsa-87']\n"
    turned = "schema = 1\n[defaults]\n{} = ['ml-dsa-87', 'ecdsa-p256']\n"
    assert load(tmp_path, text.format("algorithms")).digest == load(tmp_path, turned.format("algorithms")).digest
    assert load(tmp_path, text.format("sign.hybrid")).digest != load(tmp_path, turned.format("sign.hybrid")).digest


def test_the_documented_example_has_every_key_and_loads(tmp_path: Path) -> None:
    from qlang.trust.policy.fields import LOG, SECTION, WITNESSES
    from qlang.trust.qkd.config import configured

    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    policy = load(tmp_path, example)
    stated = {rule.key for rule in rules_of(policy)}
    documented = set(re.findall(r"^(\w+)(?: =|\.)", example, re.MULTILINE))
    assert SECTION.keys() - {"sign", "require"} <= documented
    assert {f"log.{name}" for name in LOG} | {f"witnesses.{name}" for name in WITNESSES} <= stated
    assert {"defaults.sign", "defaults.require", "tenants.vault.sign"} <= stated
    assert not contradictions(policy)
    assert list(load_tokens(tmp_path / POLICY_FILE)) == ["hsm"]
    assert configured(tmp_path / POLICY_FILE) is not None


def test_the_template_allows_what_no_file_allows_and_each_of_its_lines_is_right(tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert load(tmp_path, text).digest == BUILTIN_DEVELOPMENT.digest
    policy = load(tmp_path, re.sub(r"^# (\[|\w+ = )", r"\1", text, flags=re.MULTILINE))
    assert policy.defaults.production and "lab" in policy.tenants and policy.witnesses.threshold == 1
    assert "hsm" in load_tokens(tmp_path / POLICY_FILE)


def test_contradictions_are_found(tmp_path: Path) -> None:
    text = "schema = 1\n[defaults]\nmodes = ['hybrid']\nalgorithms = ['ed25519']\n[tenants.a]\n"
    (found,) = contradictions(load(tmp_path, text))
    assert "tenant `a`" in found and f"{POLICY_FILE}:4" in found


@given(st.text(alphabet="ab.=[]{}\"'#\n\\ 1,", max_size=80))
def test_no_text_makes_the_search_for_places_fail(text: str) -> None:
    try:
        lines = key_lines(text)
    except ValueError:
        return
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


WORDS = st.sampled_from(["a", "b-1", '"c d"', "'e'"])
VALUES = st.sampled_from(["1", '"x # [y] = z"', "[1, 2]", "[\n  1, # [\n  2,\n]", '"""\n[no]\nk = 1\n"""', "{ k = 1 }"])


@given(st.lists(st.tuples(st.booleans(), WORDS, VALUES), max_size=8))
def test_places_are_those_of_a_file_written_line_by_line(entries: list[tuple[bool, str, str]]) -> None:
    import tomllib

    lines: list[str] = []
    expected: dict[str, int] = {}
    table = ""
    for number, (header, word, value) in enumerate(entries):
        name = word.strip("\"'")
        if header:
            table = f"t{number}.{name}"
            expected[table] = len(lines) + 1
            lines.append(f"[ t{number} . {word} ] # = [")
        else:
            place = f"{table}.k{number}.{name}".lstrip(".")
            expected[place] = len(lines) + 1
            lines += f"k{number}.{word} = {value}".split("\n")
    text = "\n".join(lines)
    tomllib.loads(text)  # it is TOML, whoever reads it
    found = key_lines(text)
    assert {key: found.get(key) for key in expected} == expected


def test_a_comment_without_its_mark_is_no_deep_nesting(tmp_path: Path) -> None:
    path = tmp_path / POLICY_FILE
    path.write_text("schema = 1\n" + "the signer before it is signed, " * 9 + "afterwards\n")
    with pytest.raises(PolicyError, match="is not TOML") as caught:
        load_policy(path)
    assert caught.value.line == 2
    path.write_text("schema = 1\n" + ".".join("abcdefghijklmnopqrs") + " = 1\n")
    with pytest.raises(PolicyError, match="nested deeper than 16"):
        load_policy(path)
