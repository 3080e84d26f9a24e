"""Diagnostics for clients that do not ask for them: sent a moment after the last change."""

import asyncio
from collections.abc import Callable

DELAY = 0.12
"""Seconds without a change before a text is checked."""


class Publisher:
    """One timer for each text; a new change starts it again."""

    def __init__(self, publish: Callable[[str], None]) -> None:
        """`publish` checks the text of a URI and sends what it finds."""
        self._publish = publish
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def schedule(self, uri: str, delay: float = DELAY) -> None:
        """Publish after `delay` seconds, unless the text changes before."""
        self.cancel(uri)
        self._timers[uri] = asyncio.get_running_loop().call_later(delay, self._run, uri)

    def cancel(self, uri: str) -> None:
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()

    def _run(self, uri: str) -> None:
        del self._timers[uri]
        self._publish(uri)
