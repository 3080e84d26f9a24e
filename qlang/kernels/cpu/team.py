"""Threads that share the passes over one tile; how they meet is told in `qlang.kernels.cpu.team_text`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.memory import address
from qlang.kernels.cpu.native import NativeFunction, yield_address
from qlang.kernels.cpu.team_text import DISMISSED, LINE_WORDS, SIZE_BITS, TeamWord
from qlang.kernels.cpu.threads import PIECE_SECONDS, give

MOST_MEMBERS = (1 << SIZE_BITS) - 2

Room = tuple[int, int, int, int]
"""Addresses of a thread's blocks, of the buffer's two planes, and of its table of rows."""


class Team:
    """One team: for one run of one sweep. Members may join until it is dismissed, and after that without effect."""

    def __init__(self, drive: NativeFunction, sweep: NDArray[np.int64], size: int) -> None:
        """`sweep` are the sweep's words, which a member that comes late looks at too; `size` is how many there are at
        most, the leader among them."""
        words = TeamWord.TAKEN + LINE_WORDS * size
        area = np.zeros(words + LINE_WORDS, dtype=np.int64)
        skipped = -address(area) // 8 % LINE_WORDS
        self.words = area[skipped : skipped + words]
        self.words[TeamWord.YIELD] = yield_address()
        self._drive, self._kept = drive, sweep
        self._sweep, self._address = address(sweep), address(self.words)

    @property
    def joined(self) -> int:
        """How many members have joined, the leader not among them."""
        return int(self.words[TeamWord.JOINED])

    def join(self, room: Room) -> None:
        """Does a member's share until the team is dismissed."""
        self._drive(self._sweep, *room, self._address, 1, 0, 0)

    def lead(self, room: Room, begin: int, end: int) -> None:
        """Does the steps begin … end−1 with those who have joined."""
        self._drive(self._sweep, *room, self._address, 0, begin, end)

    def dismiss(self) -> None:
        """Lets the members go; the leader must not be leading."""
        self.words[TeamWord.STEP] = DISMISSED


def run_in_team(
    drive: NativeFunction, sweep: NDArray[np.int64], rooms: Sequence[Room], steps: int, seconds_per_step: float
) -> None:
    """Does the steps of a sweep in the calling thread, with as many threads of the pool as there are more rooms, or as
    the system starts.

    Calls of native code are short, so that Ctrl-C is noticed between them. When this returns or raises, no thread
    works on the state any more.
    """
    team = Team(drive, sweep, len(rooms))
    piece = max(1, int(PIECE_SECONDS / max(seconds_per_step, 1e-9)))
    try:
        for number, room in enumerate(rooms[1 : MOST_MEMBERS + 1]):
            if not give(number, partial(team.join, room)):
                break
        for begin in range(0, steps, piece):
            team.lead(rooms[0], begin, min(steps, begin + piece))
    finally:
        try:
            team.dismiss()
        finally:  # should Ctrl-C come right here
            team.dismiss()
