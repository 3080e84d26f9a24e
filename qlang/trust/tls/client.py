"""Connecting over TLS."""

from __future__ import annotations

import socket

from qlang.trust.errors import TlsRefused
from qlang.trust.tls.channel import Limits, TlsChannel, established
from qlang.trust.tls.context import TlsSettings, client_context, demand_name


def connect(
    host: str,
    port: int,
    settings: TlsSettings,
    *,
    server_name: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 - immutable
) -> TlsChannel:
    """A connection to a server whose certificate has the name `server_name`, by default `host`.

    Raises: TlsRefused with the reason; ExtraMissing.
    """
    context = client_context(settings)
    from OpenSSL import SSL

    connection = SSL.Connection(context, None)
    connection.set_connect_state()
    demand_name(connection, server_name or host)
    try:
        sock = socket.create_connection((host, port), timeout=limits.handshake_seconds)
    except OSError as error:
        reason = "took too long" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
        raise TlsRefused(f"no connection to {host} port {port}: {reason}") from error
    return established(connection, sock, settings, limits, side="client", address=(host, port))
