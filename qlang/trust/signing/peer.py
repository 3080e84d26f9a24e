"""Who is at the other end of a Unix socket, as the kernel says."""

from __future__ import annotations

import os
import socket
import struct

from qlang.trust.errors import SignerUnavailable
from qlang.trust.policy.model import Policy
from qlang.trust.policy.questions import Peer

_UCRED = struct.Struct("3i")
"""Process, user and group id (Linux, `SO_PEERCRED` in unix(7))."""


def require_peer_credentials() -> None:
    """Raises: SignerUnavailable where the system does not tell who connects."""
    if not hasattr(socket, "SO_PEERCRED"):
        raise SignerUnavailable("this system does not tell who connects to a socket; only Linux is served")


def peer_of(connection: socket.socket) -> Peer:
    """The user of the process that connected. Raises: OSError."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(data)
    return Peer(uid, user_name(uid))


def own_peer() -> Peer | None:
    """The user of this process; None where the system has no user ids."""
    return Peer(os.getuid(), user_name(os.getuid())) if hasattr(os, "getuid") else None


def user_name(uid: int) -> str:
    """The name of a user, or its number where it has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def may_connect(policy: Policy, peer: Peer, owner_uid: int) -> bool:
    """Whether a user may speak to the signer at all: its owner, and those that any section names as signers."""
    sections = (policy.defaults, *policy.tenants.values())
    named = {signer for section in sections for signer in section.signers or ()}
    return peer.uid == owner_uid or peer.uid in named or peer.user in named
