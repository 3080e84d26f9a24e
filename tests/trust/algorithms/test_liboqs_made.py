"""Keys and signatures that liboqs 0.15.1 has made: the same forms, the same mathematics."""

import json
from base64 import b64decode
from pathlib import Path

import pytest

from qlang.trust.algorithms import public_key, signature_fault, software_key
from qlang.trust.providers.base import VERIFY
from qlang.trust.providers.table import PROVIDERS
from qlang.trust.spki import spki_from_raw

MADE = json.loads((Path(__file__).parents[2] / "data" / "liboqs" / "signatures.json").read_text())
MESSAGE = b64decode(MADE["message"])


@pytest.mark.parametrize("algorithm", MADE["algorithms"])
def test_its_signatures_are_ours(algorithm: str) -> None:
    row = MADE["algorithms"][algorithm]
    key, signature = public_key(spki_from_raw(algorithm, b64decode(row["public"]))), b64decode(row["signature"])
    asked = [name for name, provider in PROVIDERS.items() if provider.offers(algorithm, VERIFY) is None]
    assert asked
    for name in asked:
        assert signature_fault(key, MESSAGE, signature, providers=(name,)) is None
        assert signature_fault(key, MESSAGE + b"!", signature, providers=(name,)) is not None


@pytest.mark.parametrize("algorithm", [name for name, row in MADE["algorithms"].items() if "secret" in row])
def test_its_secrets_are_ours(algorithm: str) -> None:
    row = MADE["algorithms"][algorithm]
    key = software_key(algorithm, b64decode(row["secret"]))
    assert key.public.spki == spki_from_raw(algorithm, b64decode(row["public"]))
    assert signature_fault(key.public, b"message", key.sign(b"message")) is None
