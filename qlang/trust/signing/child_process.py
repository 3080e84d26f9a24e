"""The life of a child that signs for one command and ends with it."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack, suppress

from qlang.trust.errors import FrameRefused, SignerUnavailable, SigningError, TrustError
from qlang.trust.signing.channel import Channel
from qlang.trust.signing.setup import SignerSetup

_FRAME_SECONDS = 60.0
_LOOK_SECONDS = 5.0
"""How often a child looks whether its parent lives: another process may hold its input open."""


def live(reading: int, writing: int, setup: SignerSetup, parent: int) -> int:
    """Answer frames until the other side ends; returns the exit status."""
    from qlang.trust.signing.hardening import harden

    with ExitStack() as held:
        channel = held.enter_context(Channel(reading, writing))
        try:
            harden(lock_memory=False)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is meant for the command, whose end is ours
            os.dup2(2, 1)  # whatever is printed is no answer
            _input_from_terminal()
            _serve(channel, setup, parent, held)
        except SignerUnavailable:
            return 1  # the parent is gone, or does not read: there is nobody to tell
        except Exception as error:  # noqa: BLE001 - nobody above us survives our own mistakes
            return _crashed(error, channel, setup)
    return 0


def _crashed(error: Exception, channel: Channel, setup: SignerSetup) -> int:
    """Keep the details of our own mistake in a file, and tell the parent where, in place of an answer."""
    from qlang.crash_dump import write_dump
    from qlang.trust.signing.protocol import failure_bytes

    try:
        where = f"details are in {write_dump(error, [], setup.policy_folder)}"
    except OSError as refused:
        where = f"no details could be written: {refused.strerror}"
    kind = type(error).__name__
    words = f"internal error in the signer: {kind}; this is a mistake of qlang, please report it; {where}"
    with suppress(SignerUnavailable):
        channel.send(failure_bytes(SigningError(words)), seconds=_FRAME_SECONDS)
    return 1


def _serve(channel: Channel, setup: SignerSetup, parent: int, held: ExitStack) -> None:
    """The ledger is opened, and so made, for the first question only."""
    from qlang.trust.signing.dispatch import Reply, refuse, reply_to
    from qlang.trust.signing.opening import open_service
    from qlang.trust.signing.peer import own_peer
    from qlang.trust.signing.protocol import failure_bytes

    peer, service, reply = own_peer(), None, Reply(b"")
    while not reply.last:
        while not channel.ready(_LOOK_SECONDS):
            if os.getppid() != parent:
                return
        frame: bytes | FrameRefused | None
        try:
            frame = channel.receive(seconds=_FRAME_SECONDS)
        except FrameRefused as error:
            frame = error
        if frame is None:
            return
        try:
            service = service or held.enter_context(open_service(setup))
        except TrustError as error:
            reply = Reply(failure_bytes(error), last=True)
        else:
            reply = reply_to(service, frame, peer) if isinstance(frame, bytes) else refuse(service, frame, peer)
        channel.send(reply.data, seconds=_FRAME_SECONDS)


def _input_from_terminal() -> None:
    """A passphrase or PIN is asked for at the terminal, if there is one: standard input may be the parent's pipe."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        descriptor = os.open(os.devnull, os.O_RDONLY)
    os.dup2(descriptor, 0)
    os.close(descriptor)
