"""Locks in programs that fork, as `multiprocessing` does by default on Linux up to Python 3.13."""

import os
import threading
from contextlib import AbstractContextManager


def lock_over_forks() -> AbstractContextManager[bool]:
    """A lock that a fork waits for: what it guards is whole in the new process, and nobody holds the lock there.

    A thread that holds any other lock does not exist in the new process, which then waits for ever. It has an owner, so
    that a wait that Ctrl-C ends releases no other thread's. For locks that live as long as the process.
    """
    lock = threading.RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
    return lock
