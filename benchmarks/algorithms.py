"""Signature algorithms through qlang's door, beside the same call straight to the library that computes them.

No bar of the project speaks of single algorithms; the door itself should cost nothing that shows.
"""

import statistics
from collections.abc import Callable
from time import perf_counter

from benchmarks.measure import Row, milliseconds, report

MESSAGE = b"x" * 4096
SLOW = "slh-dsa-sha2-128s"
DOOR_BAR = 0.0002


def median(call: Callable[[], object], times: int) -> float:
    """Median seconds of a call, after one that loads what it needs."""
    call()
    taken = []
    for _ in range(times):
        begin = perf_counter()
        call()
        taken.append(perf_counter() - begin)
    return statistics.median(taken)


def rows() -> list[Row]:
    from qlang.trust.algorithms import ALGORITHMS, generate_secret, signature_fault, software_key

    found = []
    for name in ALGORITHMS:
        times = 9 if name == SLOW else 101
        secret = generate_secret(name)
        key = software_key(name, secret)
        signature = key.sign(MESSAGE)
        sign, verify = library_calls(name, secret, signature)
        made = median(lambda name=name: generate_secret(name), 9)
        loaded = median(lambda name=name, secret=secret: software_key(name, secret), 21)
        signed = median(lambda key=key: key.sign(MESSAGE), times)
        signed_directly = median(sign, times)
        verified = median(lambda key=key, given=signature: signature_fault(key.public, MESSAGE, given), times)
        verified_directly = median(verify, times)
        found += [
            Row(f"{name}: make a secret, load it", "–", f"{milliseconds(made)}, {milliseconds(loaded)}", None),
            Row(f"{name}: sign (library)", "–", f"{milliseconds(signed)} ({milliseconds(signed_directly)})", None),
            Row(
                f"{name}: verify (library)",
                "≤ 0.2 ms more than the library",
                f"{milliseconds(verified)} ({milliseconds(verified_directly)})",
                verified - verified_directly <= DOOR_BAR,
            ),
        ]
    return found


def library_calls(name: str, secret: bytes, signature: bytes) -> tuple[Callable[[], object], Callable[[], object]]:
    """(sign, verify) without qlang, both keys loaded before: what a program that knows its algorithm would call."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    if name.startswith("slh-dsa"):
        from pqcrypto import sign as schemes

        scheme = getattr(schemes, name.replace("-", "_"))
        return lambda: scheme.sign(secret, MESSAGE), lambda: scheme.verify(secret[32:], MESSAGE, signature)
    extra = {
        "ecdsa-p256": (ec.ECDSA(SHA256()),),
        "rsa-pss-3072": (padding.PSS(padding.MGF1(SHA256()), 32), SHA256()),
    }.get(name, ())
    load = {
        "ed25519": ed25519.Ed25519PrivateKey.from_private_bytes,
        "ecdsa-p256": lambda scalar: ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1()),
        "rsa-pss-3072": lambda pkcs8: load_der_private_key(pkcs8, None),
        "ml-dsa-44": mldsa.MLDSA44PrivateKey.from_seed_bytes,
        "ml-dsa-65": mldsa.MLDSA65PrivateKey.from_seed_bytes,
        "ml-dsa-87": mldsa.MLDSA87PrivateKey.from_seed_bytes,
    }[name]
    private = load(secret)
    public = private.public_key()
    return lambda: private.sign(MESSAGE, *extra), lambda: public.verify(signature, MESSAGE, *extra)


if __name__ == "__main__":
    report(rows())
