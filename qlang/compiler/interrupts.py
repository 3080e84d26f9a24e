"""Ctrl-C in a process of the command's own, also where Python or C code drops exceptions.

What a generator raises that dies before its end is dropped too, and not known here: nothing tells such a one.
"""

from __future__ import annotations

import _thread
import signal
import time
from importlib.machinery import ExtensionFileLoader
from types import CodeType, FrameType

_AGAIN_S = 0.02
_INITIALISERS: frozenset[CodeType] = frozenset(
    function.__code__ for function in (ExtensionFileLoader.create_module, ExtensionFileLoader.exec_module)
)
"""Initialisation of extension modules. Those written by Cython register their views of memory as sequences, which is
Python code, and drop whatever it raises; `numpy.random`, which executions import, is one."""
_METHODS = frozenset({"__del__", "__set_name__"})
"""Python prints and drops what the first raises, and raises RuntimeError for what the second does."""
_CALLBACKS = frozenset(
    {
        "_get_module_lock.<locals>.cb",
        "WeakKeyDictionary.__init__.<locals>.remove",
        "WeakSet.__init__.<locals>._remove",
        "WeakValueDictionary.__init__.<locals>.remove",
    }
)
"""What the standard library has called when an object dies; Python prints and drops what they raise."""


def keep_interrupts() -> None:
    """Replace Python's own handler of SIGINT, where it is set, by one that raises KeyboardInterrupt where it is seen.

    An interrupt that arrives where an exception would be dropped comes again a moment later, until it arrives
    elsewhere. Where SIGINT is ignored (`nohup`, a shell's background), it stays ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _would_be_dropped(frame):
        _thread.start_new_thread(_interrupt_again, (number, _thread.get_ident()))
    else:
        signal.default_int_handler(number, frame)


def _would_be_dropped(frame: FrameType | None) -> bool:
    while frame is not None:
        code = frame.f_code
        if code in _INITIALISERS or code.co_name in _METHODS or code.co_qualname in _CALLBACKS:
            return True
        frame = frame.f_back
    return False


def _interrupt_again(number: int, thread: int) -> None:
    time.sleep(_AGAIN_S)
    signal.pthread_kill(thread, number)  # ends a wait of the thread, which `_thread.interrupt_main` does not
