"""What can go wrong while a correct program is executed, in words instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qlang.backends.errors import BackendError, TooLarge
from qlang.compiler.exit_codes import EXECUTION
from qlang.compiler.failure import Failure
from qlang.mitigation.errors import MitigationError
from qlang.runtime.errors import RuntimeFault
from qlang.trust.errors import (
    CustodyError,
    KeyRefused,
    KeyStoreError,
    LedgerError,
    NoHome,
    PolicyRefused,
    SignerUnavailable,
    TooManyTries,
    TrustError,
)

_HINTS: tuple[tuple[tuple[type[TrustError], ...], str], ...] = (
    ((KeyStoreError, TooManyTries), "`qlangc doctor` tells more about keys"),
    ((PolicyRefused,), "`qlangc policy explain` says which rules hold"),
    ((SignerUnavailable,), "`qlangc signer status` says who listens"),
    ((LedgerError,), "`qlangc ledger verify --deep` finds the damage"),
)


@contextmanager
def faults_reported() -> Iterator[None]:
    """Turn the execution's typed errors into a Failure with exit status 3."""
    try:
        yield
    except NoHome:  # whatever the verb is, the command answers
        raise
    except TrustError as fault:
        raise Failure(f"cannot sign: {fault}", _hint(fault), EXECUTION) from fault
    except TooLarge as fault:
        raise Failure(f"the execution failed: {fault}", "fewer qubits, or another backend", EXECUTION) from fault
    except (BackendError, MitigationError, RuntimeFault) as fault:
        raise Failure(f"the execution failed: {fault}", status=EXECUTION) from fault


def _hint(fault: TrustError) -> str:
    """Who tells more; nothing where nobody does, as of a passphrase that was not given."""
    match fault:
        case KeyRefused(state="missing"):
            return ""  # it names the command
        case KeyRefused():
            return "`qlangc doctor` says what helps, `qlangc keys list` shows all keys"
        case CustodyError(custody=custody) if custody.startswith("token"):
            return "`qlangc doctor` tells more about tokens"
    return next((text for kinds, text in _HINTS if isinstance(fault, kinds)), "")
