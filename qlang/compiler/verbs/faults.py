"""What can go wrong while a correct program is executed, in words instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qlang.backends.errors import BackendError, TooLarge
from qlang.compiler.exit_codes import EXECUTION
from qlang.compiler.failure import Failure
from qlang.mitigation.errors import MitigationError
from qlang.runtime.errors import RuntimeFault
from qlang.trust.errors import KeyStoreError, TrustError


@contextmanager
def faults_reported() -> Iterator[None]:
    """Turn the execution's typed errors into a Failure with exit status 3."""
    try:
        yield
    except KeyStoreError as fault:
        raise Failure(f"cannot sign: {fault}", "`qlangc doctor` tells more about keys", EXECUTION) from fault
    except TooLarge as fault:
        raise Failure(f"the execution failed: {fault}", "fewer qubits, or another backend", EXECUTION) from fault
    except (BackendError, MitigationError, RuntimeFault, TrustError) as fault:
        raise Failure(f"the execution failed: {fault}", status=EXECUTION) from fault
