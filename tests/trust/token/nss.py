"""Keys in NSS's softoken, in a process of its own: makes, uses and probes keys; prints JSON.

NSS takes the folder of its database in a member of C_Initialize's argument that PKCS#11 reserves, and python-pkcs11
gives no argument; so the module's table of functions gets a C_Initialize that adds it.
"""

import ctypes
import json
import mmap
import sys
from pathlib import Path

from qlang.trust.algorithms import signature_fault
from qlang.trust.custody import TOKEN_NATIVE, KeySpec
from qlang.trust.errors import CustodyError
from qlang.trust.secret_sources import FromVariable
from qlang.trust.token.config import TokenConfig
from qlang.trust.token.native import TokenNativeCustodian
from qlang.trust.token.session import Token

_OS_LOCKING = 2
_READ_WRITE = 3


class _Arguments(ctypes.Structure):
    """NSS's CK_C_INITIALIZE_ARGS (nss/lib/util/pkcs11t.h)."""

    _fields_ = (
        ("mutexes", ctypes.c_void_p * 4),
        ("flags", ctypes.c_ulong),
        ("library_parameters", ctypes.c_char_p),
        ("reserved", ctypes.c_void_p),
    )


def with_database(module: str, folder: str) -> tuple[object, ...]:
    """Let C_Initialize open the database in `folder`. What is returned must be kept."""
    parameters = f"configdir='sql:{folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags="
    arguments = _Arguments(flags=_OS_LOCKING, library_parameters=parameters.encode())
    library = ctypes.CDLL(module)
    table = ctypes.POINTER(ctypes.c_void_p)()
    assert library.C_GetFunctionList(ctypes.byref(table)) == 0
    kind = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)
    original = kind(table[1])

    @kind
    def initialize(_: object) -> int:
        return original(ctypes.addressof(arguments))

    page = ctypes.addressof(table.contents) & ~(mmap.PAGESIZE - 1)
    libc = ctypes.CDLL(None)
    assert libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(2 * mmap.PAGESIZE), _READ_WRITE) == 0
    table[1] = ctypes.cast(initialize, ctypes.c_void_p).value
    return library, original, initialize, arguments


def report(custodian: TokenNativeCustodian, algorithm: str) -> dict[str, object]:
    """What became of one key, or why there is none."""
    try:
        record = custodian.create(KeySpec(algorithm))
        signature = custodian.sign(record, b"message")
        again = custodian.probe(record)
    except CustodyError as error:
        return {"refused": str(error)}
    return {
        "fault": signature_fault(record.public, b"message", signature),
        "verdict": record.probe.verdict,
        "again": again.verdict,
        "flags": dict(record.probe.flags),
        "yielded": [attempt.name for attempt in record.probe.attempts if attempt.yielded],
    }


def main() -> None:
    module, folder, state, label, variable, *algorithms = sys.argv[1:]
    kept = with_database(module, folder)
    token = Token(TokenConfig(Path(module), label, pin=FromVariable(variable)), Path(state))
    custodian = TokenNativeCustodian(token)
    found = {algorithm: report(custodian, algorithm) for algorithm in algorithms}
    with token.session(TOKEN_NATIVE, "count objects") as session:
        labels = [str(item.label) for item in session.get_objects() if getattr(item, "label", "")]
    print(json.dumps({"algorithms": found, "labels": labels}))
    assert kept


if __name__ == "__main__":
    main()
