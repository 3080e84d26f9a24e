import subprocess
import sys

import pytest

from qlang.trust.algorithms import available_algorithms
from qlang.trust.crypto_modes import MODES, pqc_suite, unservable_reason


@pytest.mark.parametrize("mode", ["classical", "hybrid", "pqc_required"])
def test_the_installed_library_serves(mode: str) -> None:
    assert unservable_reason(mode, available_algorithms()) is None


def test_reasons_name_what_is_missing() -> None:
    assert "post-quantum" in str(unservable_reason("hybrid", ("ed25519",)))
    assert "KME" in str(unservable_reason("qkd", available_algorithms()))
    assert "unknown" in str(unservable_reason("quantum", available_algorithms()))


def test_suite_lists_post_quantum_algorithms_only() -> None:
    assert pqc_suite(MODES["hybrid"].default) == "ml-dsa-65"
    assert pqc_suite(MODES["classical"].default) is None


def test_import_is_cheap() -> None:
    script = (
        "import sys, qlang.trust.crypto_modes\n"
        "heavy = {'cryptography', 'numpy', 'json', 'rfc8785', 'hashlib'} & sys.modules.keys()\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
