"""What a process can do against its memory being read by others: less than one would wish.

No core dumps, no attaching by processes of the same user (Linux), memory kept out of swap where the limits allow.
None of it helps against root, and Python makes copies of secrets that nobody can erase.
"""

from __future__ import annotations

import os
import sys

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE = 1, 2


def harden(*, lock_memory: bool) -> tuple[str, ...]:
    """Do what this system offers; returns what was done, in words."""
    if os.name != "posix":
        return ()
    os.umask(0o077)
    done = ["files for the owner only", *forbid_core_dumps()]
    if sys.platform == "linux":
        done.extend(_linux(lock_memory))
    return tuple(done)


def forbid_core_dumps() -> tuple[str, ...]:
    """For commands that hold secrets for a moment: a crash writes no memory to disk. Returns what was done."""
    if os.name != "posix":
        return ()
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    return ("no core dumps",)


def _linux(lock_memory: bool) -> list[str]:
    import ctypes

    done = []
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0:
        done.append("not dumpable")
    if lock_memory and library.mlockall(_MCL_CURRENT | _MCL_FUTURE) == 0:
        done.append("memory locked")
    return done
