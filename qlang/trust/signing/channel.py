"""Frames over a pair of file descriptors: four bytes of length (big endian), then that many bytes.

    00 00 00 2a {"protocol":"qlang-signer/1","verb":"hello"}

Works on pipes and on sockets. Waiting ends at a deadline; where the system cannot wait on pipes (Windows), it
lasts as long as the other side does.
"""

from __future__ import annotations

import os
import select
import struct
import time
from types import TracebackType

from qlang.trust.errors import FrameRefused, SignerUnavailable

MAX_FRAME = 1 << 19
"""Longest frame in bytes, in either direction."""
HEADER = struct.Struct(">I")

_CHUNK = 1 << 16


def frame_of(data: bytes) -> bytes:
    """`data` with its length before it. Raises: FrameRefused if it is too long."""
    if len(data) > MAX_FRAME:
        raise FrameRefused(f"a frame of {len(data)} bytes exceeds {MAX_FRAME}")
    return HEADER.pack(len(data)) + data


def announced_length(header: bytes) -> int:
    """The length in a frame's header. Raises: FrameRefused if it is zero or too long."""
    (length,) = HEADER.unpack(header)
    if not 0 < length <= MAX_FRAME:
        raise FrameRefused(f"a frame of {length} bytes is announced, allowed are 1 to {MAX_FRAME}")
    return int(length)


class Channel:
    """One end of a conversation in frames; closes its descriptors at the end."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        if os.name == "posix":
            for descriptor in {reading, writing}:
                os.set_blocking(descriptor, False)

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        for descriptor in {self._reading, self._writing}:
            if descriptor >= 0:
                os.close(descriptor)
        self._reading = self._writing = -1

    def send(self, data: bytes, *, seconds: float) -> None:
        """Write one frame. Raises: FrameRefused; SignerUnavailable if the other side is gone or does not read."""
        view, deadline = memoryview(frame_of(data)), time.monotonic() + seconds
        while view:
            try:
                view = view[os.write(self._writing, view) :]
            except BlockingIOError:
                self._wait(self._writing, select.POLLOUT, deadline)
            except OSError as error:
                raise SignerUnavailable(f"the other side is gone ({error.strerror})") from error

    def ready(self, seconds: float) -> bool:
        """Whether there is something to receive, or the other side has ended; waits for it up to `seconds`.

        Always true where the system cannot wait on pipes.
        """
        if os.name != "posix":
            return True
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def receive(self, *, seconds: float | None) -> bytes | None:
        """The next frame, or None if the other side has ended the conversation between two frames.

        Raises: FrameRefused for an impossible length; SignerUnavailable if the conversation ends within a frame, or
        nothing comes for `seconds`.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        header = self._exactly(HEADER.size, deadline, may_end=True)
        return self._exactly(announced_length(header), deadline) if header else None

    def _exactly(self, count: int, deadline: float | None, *, may_end: bool = False) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                chunk = os.read(self._reading, min(_CHUNK, count - len(data)))
            except BlockingIOError:
                self._wait(self._reading, select.POLLIN, deadline)
                continue
            except OSError as error:
                raise SignerUnavailable(f"the other side is gone ({error.strerror})") from error
            if not chunk:
                if may_end and not data:
                    return b""
                raise SignerUnavailable("the other side ended in the midst of a frame")
            data += chunk
        return bytes(data)

    def _wait(self, descriptor: int, event: int, deadline: float | None) -> None:
        """Until the descriptor is ready; an end of the other side counts as ready."""
        left = None if deadline is None else deadline - time.monotonic()
        poll = select.poll()
        poll.register(descriptor, event)
        if left is not None and (left <= 0 or not poll.poll(left * 1000)):
            raise SignerUnavailable("no answer in time")
        if left is None:
            poll.poll()
