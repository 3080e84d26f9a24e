"""The user's ring: which custodian a key goes to, by what its record and the policy file say."""

from dataclasses import replace
from pathlib import Path

import pytest

from qlang.trust.custody import DEVELOPMENT, RUN_MANIFEST, TOKEN_NATIVE, TOKEN_WRAPPED, KeySpec
from qlang.trust.errors import CustodyError, KeyStoreError, PolicyError
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.user import SeveralTokens, user_ring
from tests.trust.keys.conftest import NOW

TOKEN = '[tokens.{name}]\nmodule = "/usr/lib/none.so"\nlabel = "{name}"\n'


def two_places(tmp_path: Path, chosen: str | None) -> SeveralTokens:
    """Files stand in for tokens: what is looked at is who is asked."""
    folders = {name: KeyPaths(tmp_path / name / "keys", tmp_path / name / "state") for name in ("lab", "vault")}
    for paths in folders.values():
        paths.store.mkdir(parents=True, mode=0o700)
        paths.state.mkdir(mode=0o700)
    of = {name: DevelopmentCustodian(paths) for name, paths in folders.items()}
    return SeveralTokens(TOKEN_NATIVE, of, chosen)


def test_a_key_is_used_where_it_lives(tmp_path: Path) -> None:
    tokens = two_places(tmp_path, "vault")
    record = tokens.create(KeySpec("ed25519"))
    in_vault = replace(record, protection={**record.protection, "token_label": "vault"})
    assert len(tokens.sign(in_vault, b"x")) == 64
    assert tokens.probe(in_vault).attempts
    with pytest.raises(KeyStoreError, match="cannot be unlocked"):
        tokens.sign(replace(in_vault, protection={**record.protection, "token_label": "lab"}), b"x")
    for label in ("elsewhere", None):
        with pytest.raises(CustodyError, match="which is not configured"):
            tokens.sign(replace(in_vault, protection={"token_label": label}), b"x")


def test_of_several_tokens_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(CustodyError, match="name one of the tokens 'lab', 'vault'"):
        two_places(tmp_path, None).create(KeySpec("ed25519"))


def test_tokens_come_from_the_policy_file(tmp_path: Path, paths: KeyPaths) -> None:
    alone = user_ring(tmp_path, paths=paths)
    assert set(alone.custodians) == {DEVELOPMENT}
    (tmp_path / "qlang-policy.toml").write_text("schema = 1\n" + TOKEN.format(name="lab") + TOKEN.format(name="vault"))
    ring = user_ring(tmp_path, paths=paths, token="vault")
    assert set(ring.custodians) == {DEVELOPMENT, TOKEN_NATIVE, TOKEN_WRAPPED}
    (record,) = ring.select(RUN_MANIFEST, "default", ("ed25519",), NOW)
    assert record.custody == DEVELOPMENT, "no token is touched for a development key"
    with pytest.raises(CustodyError, match=r"\[tokens.safe\]"):
        user_ring(tmp_path, paths=paths, token="safe")
    (tmp_path / "qlang-policy.toml").write_text("schema = 1\n[tokens.lab]\nlabel = 7\n")
    with pytest.raises(PolicyError):
        user_ring(tmp_path, paths=paths)
