"""NSS's softoken: a token that claims non-extractable keys and lets them out, and one with native ML-DSA."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qlang.trust.crypto_modes import ECDSA_P256, ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87
from qlang.trust.custody import NOT_ENFORCED
from tests.trust.token.conftest import absent

INSTALLED = (
    "/usr/lib/x86_64-linux-gnu/libsoftokn3.so",
    "/usr/lib/aarch64-linux-gnu/libsoftokn3.so",
    "/usr/lib/x86_64-linux-gnu/nss/libsoftokn3.so",
    "/usr/lib64/libsoftokn3.so",
)
ROOT = Path(__file__).parents[3]
FETCHED = ROOT / "build" / "tokens" / "nss" / "usr" / "lib" / "x86_64-linux-gnu" / "libsoftokn3.so"
"""Where `make test-hsm` puts an NSS that has ML-DSA."""

PASSWORD = "nss-Password-1"
LABEL = "NSS Certificate DB"


def probe_nss(
    request: pytest.FixtureRequest, tmp_path: Path, module: Path, *algorithms: str, **environment: str
) -> dict:
    if shutil.which("certutil") is None:
        absent(request, "certutil is not installed (apt-get install libnss3-tools): no NSS token can be made")
    database = tmp_path / "nss"
    database.mkdir()
    (tmp_path / "password").write_text(PASSWORD)
    make = ["certutil", "-N", "-d", f"sql:{database}", "-f", os.fspath(tmp_path / "password")]
    subprocess.run(make, check=True, capture_output=True, timeout=60)
    script = os.fspath(Path(__file__).with_name("nss.py"))
    answer = subprocess.run(
        [sys.executable, script, module, database, tmp_path / "state", LABEL, "NSS_TEST_PIN", *algorithms],
        env={**os.environ, "NSS_TEST_PIN": PASSWORD, "PYTHONPATH": os.fspath(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def assert_leak_is_found(found: dict) -> None:
    assert found["fault"] is None
    assert found["flags"]["NEVER_EXTRACTABLE"] and found["flags"]["SENSITIVE"] and not found["flags"]["EXTRACTABLE"]
    assert found["verdict"] == found["again"] == NOT_ENFORCED
    assert "wrap with a known key, AES_CBC_PAD" in found["yielded"]


def test_a_leaking_token_is_found_out(request, tmp_path) -> None:
    module = next((Path(path) for path in INSTALLED if Path(path).exists()), None)
    if module is None:
        absent(request, "NSS is not installed (apt-get install libnss3): no token that lets keys out to test with")
    assert module is not None
    answer = probe_nss(request, tmp_path, module, ECDSA_P256)
    assert_leak_is_found(answer["algorithms"][ECDSA_P256])
    assert len(set(answer["labels"])) == 1 and len(answer["labels"]) == 2
    assert answer["labels"][0].startswith("qlang run-manifest default 1 ecdsa-p256 ")


def test_native_ml_dsa_signs_and_its_leak_is_found_out(request, tmp_path) -> None:
    if not FETCHED.exists():
        reason = "no token with native ML-DSA: `make test-hsm` could not fetch NSS 3.132, or has not been run"
        print(f"skipped: {reason}")
        pytest.skip(reason)
    algorithms = (ML_DSA_44, ML_DSA_65, ML_DSA_87)
    answer = probe_nss(request, tmp_path, FETCHED, *algorithms, ED25519, LD_LIBRARY_PATH=os.fspath(FETCHED.parent))
    for algorithm in algorithms:
        assert_leak_is_found(answer["algorithms"][algorithm])
    # NSS makes Ed25519 keys that python-pkcs11 cannot sign with: they are refused, and nothing stays behind.
    assert "cannot make a key of ed25519" in answer["algorithms"][ED25519]["refused"]
    assert len(answer["labels"]) == 2 * len(algorithms)
