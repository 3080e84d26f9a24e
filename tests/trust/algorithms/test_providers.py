"""Who computes: which provider is asked, what one says that cannot, and what is loaded to find out."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import pytest

from qlang.trust.algorithms import (
    ALGORITHMS,
    available_algorithms,
    generate_secret,
    public_key,
    signature_fault,
    software_key,
    working_fault,
)
from qlang.trust.crypto_modes import ECDSA_P256, ED25519, ML_DSA_65, SLH_DSA_128F
from qlang.trust.errors import AlgorithmUnavailable
from qlang.trust.providers.base import SIGN, VERIFY
from qlang.trust.providers.findings import provider_findings
from qlang.trust.providers.table import DEFAULT, PROVIDERS, provider_for


def has_liboqs_python() -> bool:
    try:
        distribution("liboqs-python")
    except PackageNotFoundError:
        return False
    return True


NO_LIBOQS = pytest.mark.skipif(has_liboqs_python(), reason="liboqs-python is installed here")


def test_all_algorithms_are_available_with_the_development_extra() -> None:
    assert available_algorithms() == tuple(ALGORITHMS)
    assert available_algorithms(("ed25519", "rot13")) == ("ed25519",)


def test_who_is_asked_first() -> None:
    assert provider_for(ML_DSA_65, SIGN).name == "pyca"
    assert provider_for(ML_DSA_65, VERIFY, ("pqcrypto", "pyca")).name == "pqcrypto"
    assert provider_for(ML_DSA_65, SIGN, ("pqcrypto", "pyca")).name == "pyca"  # pqcrypto takes no seeds
    assert provider_for(SLH_DSA_128F, SIGN).name == "pqcrypto"
    assert "liboqs" not in DEFAULT and "liboqs" in PROVIDERS


def test_each_provider_says_why_not() -> None:
    with pytest.raises(AlgorithmUnavailable) as error:
        provider_for(SLH_DSA_128F, SIGN, ("pyca", "abacus"))
    assert error.value.reasons == (
        ("pyca", "`cryptography` has no slh-dsa-sha2-128f"),
        ("abacus", "no such provider; known are pyca, pqcrypto, liboqs"),
    )
    assert str(error.value).startswith("cannot sign with slh-dsa-sha2-128f: pyca: ")
    with pytest.raises(AlgorithmUnavailable, match="no provider was asked"):
        generate_secret(ED25519, providers=())


def without_pqcrypto(code: str) -> str:
    """What an interpreter that finds no `pqcrypto` prints."""
    return fresh(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'pqcrypto':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n" + code
    )


def test_one_that_is_named_and_absent_is_never_replaced() -> None:
    told = without_pqcrypto(
        "from qlang.trust.errors import AlgorithmUnavailable\n"
        "from qlang.trust.providers.table import provider_for\n"
        "print(provider_for('ml-dsa-65', 'sign', ('pqcrypto', 'pyca')).name)\n"
        "print(provider_for('ml-dsa-65', 'verify', ('pyca', 'pqcrypto')).name)\n"
        "try:\n"
        "    provider_for('ml-dsa-65', 'verify', ('pqcrypto', 'pyca'))\n"
        "except AlgorithmUnavailable as error:\n"
        "    print(error)\n"
    )
    assert told.splitlines()[:2] == ["pyca", "pyca"], "pqcrypto never signs with ML-DSA, and is not asked second"
    assert "the package `pqcrypto` is not installed" in told and "pyca:" not in told
    with pytest.raises(AlgorithmUnavailable, match="abacus: no such provider"):
        provider_for(ED25519, SIGN, ("abacus", "pyca"))


def test_findings_say_who_and_why_not_the_others() -> None:
    found = {finding.name: finding for finding in provider_findings()}
    assert set(found) == {f"algorithm {name}" for name in ALGORITHMS}
    assert found["algorithm ml-dsa-65"].detail == (
        "sign: pyca (not pqcrypto, liboqs: cannot), "
        "verify: pyca (not pqcrypto: comes later; liboqs: not named in `providers`)"
    )
    assert {finding.state for finding in found.values()} == {"ok"}
    told = without_pqcrypto(
        "from qlang.trust.providers.findings import provider_findings\n"
        "for names in (('pyca', 'pqcrypto'), ('pqcrypto', 'pyca')):\n"
        "    print(*(f.state for f in provider_findings(names)))\n"
        "print(provider_findings(('pqcrypto', 'pyca'))[3].detail)\n"
    ).splitlines()
    assert told[0] == " ".join(8 * ["ok"]), "an extra that is not installed is no fault"
    assert told[1] == " ".join(3 * ["ok"] + 5 * ["warning"])
    assert "verify: nobody (not pyca: never takes the place of one that is named before it; pqcrypto: the" in told[2]


def test_what_cannot_be_verified_is_a_fault_that_says_so() -> None:
    key = public_key(software_key(SLH_DSA_128F, generate_secret(SLH_DSA_128F)).public.spki)
    fault = signature_fault(key, b"", bytes(17088), providers=("pyca",))
    assert fault == "cannot verify with slh-dsa-sha2-128f: pyca: `cryptography` has no slh-dsa-sha2-128f"
    assert working_fault(ECDSA_P256, providers=("pqcrypto",)) == (
        "cannot sign with ecdsa-p256: pqcrypto: `pqcrypto` does not sign with ecdsa-p256 here"
    )


def fresh(code: str, *, path: Path | None = None) -> str:
    """What a new interpreter prints; `path` stands before all other places to import from."""
    prelude = f"import sys; sys.path.insert(0, {str(path)!r})\n" if path else ""
    return subprocess.run(
        [sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def test_asking_what_is_available_loads_no_cryptography() -> None:
    """It is asked at every compilation."""
    loaded = fresh(
        "import sys\n"
        "from qlang.trust.algorithms import available_algorithms\n"
        "assert len(available_algorithms()) == 8\n"
        "print([name for name in sys.modules if name.startswith(('cryptography.hazmat.bindings', 'pqcrypto', 'oqs'))])"
    )
    assert loaded == "[]"


def test_without_the_extra_the_extra_is_named() -> None:
    """An interpreter that finds no `pqcrypto`."""
    told = without_pqcrypto(
        "from qlang.trust.algorithms import available_algorithms, generate_secret\n"
        "from qlang.trust.errors import AlgorithmUnavailable\n"
        "print(len(available_algorithms()))\n"
        "try:\n"
        "    generate_secret('slh-dsa-sha2-128s')\n"
        "except AlgorithmUnavailable as error:\n"
        "    print(error)\n"
    )
    count, reason = told.splitlines()
    assert count == "6"
    assert "it comes with the extra `slh`: pip install 'qlang[slh]'" in reason


@NO_LIBOQS
def test_liboqs_that_is_not_there() -> None:
    assert available_algorithms(providers=("liboqs",)) == ()
    with pytest.raises(AlgorithmUnavailable) as error:
        generate_secret(SLH_DSA_128F, providers=("liboqs",))
    assert error.value.reasons == (("liboqs", "the package `liboqs-python` is not installed"),)
    assert PROVIDERS["liboqs"].offers(ML_DSA_65, SIGN) == "liboqs does not sign with ml-dsa-65 here"
    assert PROVIDERS["liboqs"].offers(ED25519, VERIFY) == "liboqs does not verify with ed25519 here"


@NO_LIBOQS
def test_liboqs_python_without_its_library_is_never_imported(tmp_path: Path) -> None:
    """Its import would fetch, build and install a library from the network."""
    installed = tmp_path / "liboqs_python-0.16.0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: liboqs-python\nVersion: 0.16.0.1\n")
    (tmp_path / "oqs.py").write_text("raise SystemExit('this would have downloaded')\n")
    told = fresh(
        "import os\n"
        f"os.environ['OQS_INSTALL_PATH'] = {str(tmp_path / 'nowhere')!r}\n"
        "from qlang.trust.algorithms import working_fault\n"
        "print(working_fault('slh-dsa-sha2-128f', providers=('liboqs',)))\n",
        path=tmp_path,
    )
    assert told.endswith("no liboqs shared library in OQS_INSTALL_PATH, ~/_oqs or the system's folders")


@NO_LIBOQS
def test_a_library_of_another_age_is_a_refusal(tmp_path: Path) -> None:
    """As seen with liboqs 0.11: the import of liboqs-python 0.16 ends in an AttributeError."""
    installed = tmp_path / "liboqs_python-0.16.0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: liboqs-python\nVersion: 0.16.0.1\n")
    (tmp_path / "oqs.py").write_text("raise AttributeError('undefined symbol: OQS_SIG_supports_ctx_str')\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "liboqs.so").touch()
    told = fresh(
        "import os\n"
        f"os.environ['OQS_INSTALL_PATH'] = {str(tmp_path)!r}\n"
        "from qlang.trust.algorithms import working_fault\n"
        "print(working_fault('slh-dsa-sha2-128f', providers=('liboqs',)))\n",
        path=tmp_path,
    )
    assert told.endswith("does not load with the liboqs found: undefined symbol: OQS_SIG_supports_ctx_str")


@pytest.mark.skipif(find_spec("oqs") is None, reason="no liboqs-python: bring your own to run this")
@pytest.mark.parametrize("algorithm", available_algorithms(providers=("liboqs",)) or (SLH_DSA_128F,))
def test_liboqs_agrees_with_the_others(algorithm: str) -> None:
    secret = generate_secret(algorithm, providers=("liboqs",))
    ours, theirs = (software_key(algorithm, secret, providers=(name,)) for name in ("pqcrypto", "liboqs"))
    assert ours.public == theirs.public
    assert signature_fault(ours.public, b"message", ours.sign(b"message"), providers=("liboqs",)) is None
    assert signature_fault(ours.public, b"message", theirs.sign(b"message")) is None
    assert signature_fault(ours.public, b"other", ours.sign(b"message"), providers=("liboqs",)) is not None
