"""A client of the key delivery API, ETSI GS QKD 014 v1.1.1 (2019-02), clauses 5 and 6.

    GET  /api/v1/keys/{slave_SAE_ID}/status
    POST /api/v1/keys/{slave_SAE_ID}/enc_keys     {"number": 1, "size": 256}
    POST /api/v1/keys/{master_SAE_ID}/dec_keys    {"key_IDs": [{"key_ID": "…"}]}

Mutual TLS 1.2 or newer, no redirects, no proxies, answers of at most 1 MiB. Whatever goes wrong is `QkdUnavailable`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qlang.trust.base64_text import from_base64
from qlang.trust.canonical import Json, canonical_json, load_json
from qlang.trust.errors import JsonRefused, QkdUnavailable
from qlang.trust.qkd.config import QkdConfig
from qlang.trust.times import now

if TYPE_CHECKING:
    import ssl
    from http.client import HTTPSConnection

KEY_BYTES = 32
"""Keys are asked for at this size, whatever the KME's default is."""

_MAX_ANSWER = 1 << 20
_MAX_KEYS = 128
_MAX_COUNT = 2**53 - 1
_SHOWN = 200
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class QkdStatus:
    """What a KME said of the keys shared by two SAEs (clause 6.1). Sizes are in bits."""

    kind: str
    """`simulator` or `vendor`, as configured: a KME does not say what it is."""
    source_kme: str
    target_kme: str
    key_size: int
    stored_key_count: int
    max_key_per_request: int
    min_key_size: int
    max_key_size: int
    probed_at: str
    """RFC 3339 in UTC."""


@dataclass(frozen=True, slots=True)
class QkdKey:
    """One key, to be used once. Only `key_id` is ever recorded or shown."""

    key_id: str
    value: bytes = field(repr=False)


@dataclass(slots=True)
class KmeClient:
    """Requests to one KME, each over a connection of its own; no key is handed out twice."""

    config: QkdConfig
    _context: ssl.SSLContext | None = None
    _seen: set[str] = field(default_factory=set)

    def status(self) -> QkdStatus:
        """How many keys there are now. Raises: QkdUnavailable."""
        value = self._request("GET", f"{self.config.slave_sae}/status", None)
        for name, own in (("master_SAE_ID", self.config.master_sae), ("slave_SAE_ID", self.config.slave_sae)):
            if value.get(name) != own:
                raise QkdUnavailable(f"the KME answers for another {name} than `{own}`")
        return QkdStatus(
            kind=self.config.kind,
            source_kme=_text(value, "source_KME_ID"),
            target_kme=_text(value, "target_KME_ID"),
            key_size=_count(value, "key_size"),
            stored_key_count=_count(value, "stored_key_count"),
            max_key_per_request=_count(value, "max_key_per_request"),
            min_key_size=_count(value, "min_key_size"),
            max_key_size=_count(value, "max_key_size"),
            probed_at=now(),
        )

    def new_keys(self, number: int = 1) -> tuple[QkdKey, ...]:
        """Fresh keys, as the master SAE; the slave fetches them by their ids. Raises: QkdUnavailable."""
        _check_number(number)
        body: Json = {"number": number, "size": KEY_BYTES * 8}
        keys = self._keys(f"{self.config.slave_sae}/enc_keys", body)
        if len(keys) != number:
            raise QkdUnavailable(f"the KME gave {len(keys)} keys where {number} were asked for")
        return keys

    def keys_by_id(self, key_ids: Sequence[str]) -> tuple[QkdKey, ...]:
        """The keys of these ids, in this order, as the slave SAE; a KME gives each once. Raises: QkdUnavailable."""
        _check_number(len(key_ids))
        if not all(_UUID.fullmatch(key_id) for key_id in key_ids):
            raise QkdUnavailable("a key id is not a UUID")
        body: Json = {"key_IDs": [{"key_ID": key_id} for key_id in key_ids]}
        keys = {key.key_id: key for key in self._keys(f"{self.config.master_sae}/dec_keys", body)}
        if set(keys) != set(key_ids):
            raise QkdUnavailable("the KME gave other keys than were asked for")
        return tuple(keys[key_id] for key_id in key_ids)

    def _keys(self, path: str, body: Json) -> tuple[QkdKey, ...]:
        items = self._request("POST", path, canonical_json(body)).get("keys")
        if not isinstance(items, list) or len(items) > _MAX_KEYS:
            raise QkdUnavailable("the KME's answer has no list of keys")
        keys = tuple(_key(item) for item in items)
        ids = {key.key_id for key in keys}
        if len(ids) != len(keys) or len({key.value for key in keys}) != len(keys) or ids & self._seen:
            raise QkdUnavailable("the KME gave a key twice")
        self._seen |= ids
        return keys

    def _request(self, method: str, path: str, body: bytes | None) -> Mapping[str, Json]:
        import http.client

        headers = {"Accept": "application/json", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            with self._connection() as connection:
                connection.request(method, f"/api/v1/keys/{path}", body, headers)
                response = connection.getresponse()
                status, data = response.status, response.read(_MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            raise QkdUnavailable(f"{self._where}: {_words(error)}") from error
        return _answer(status, data)

    @contextmanager
    def _connection(self) -> Iterator[HTTPSConnection]:
        """Connected, and cut off when the time for the whole request is over."""
        import http.client
        import socket

        if self._context is None:
            self._context = _tls_context(self.config)
        connection = http.client.HTTPSConnection(
            self.config.host, self.config.port, timeout=self.config.timeout, context=self._context
        )
        connection.connect()
        # The plain socket's own shutdown: SSLSocket.shutdown would take the TLS layer away under the reading thread.
        cut = threading.Timer(self.config.timeout, socket.socket.shutdown, (connection.sock, socket.SHUT_RDWR))
        cut.daemon = True
        cut.start()
        try:
            yield connection
        finally:
            cut.cancel()
            connection.close()

    @property
    def _where(self) -> str:
        return f"KME at {self.config.host} port {self.config.port}"


def probe(config: QkdConfig, need: int = 1) -> QkdStatus:
    """Ask the KME now whether it has at least `need` keys, and as many as the configuration demands.

    Raises: QkdUnavailable with the reason: unreachable, not trusted, other SAEs, too few or unfit keys.
    """
    status = KmeClient(config).status()
    wanted = max(need, config.minimum_stored_keys)
    if status.stored_key_count < wanted:
        raise QkdUnavailable(f"the KME has {status.stored_key_count} keys, {wanted} are needed")
    if not status.min_key_size <= KEY_BYTES * 8 <= status.max_key_size:
        sizes = f"{status.min_key_size} to {status.max_key_size}"
        raise QkdUnavailable(f"the KME gives keys of {sizes} bits, not of {KEY_BYTES * 8}")
    return status


def _tls_context(config: QkdConfig) -> ssl.SSLContext:
    import ssl

    from qlang.trust.errors import TrustError
    from qlang.trust.tls.identity import load_client_certificate

    try:
        context = ssl.create_default_context(cafile=str(config.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        load_client_certificate(context, config.certificate, config.key)
    except FileNotFoundError as error:
        raise QkdUnavailable(f"{config.ca}: does not exist") from error
    except (OSError, TrustError) as error:
        raise QkdUnavailable(f"TLS to the KME cannot be set up: {error}") from error
    return context


def _answer(status: int, data: bytes) -> Mapping[str, Json]:
    if len(data) > _MAX_ANSWER:
        raise QkdUnavailable(f"the KME's answer is larger than {_MAX_ANSWER} bytes")
    try:
        value = load_json(data)
    except JsonRefused as error:
        raise QkdUnavailable(f"the KME answered status {status}, and not in JSON: {error}") from error
    if status != 200:
        message = value.get("message") if isinstance(value, Mapping) else None
        said = f": {message[:_SHOWN]!a}" if isinstance(message, str) else ""
        raise QkdUnavailable(f"the KME answered status {status}{said}")
    if not isinstance(value, Mapping):
        raise QkdUnavailable("the KME's answer is not a JSON object")
    return value


def _key(item: Json) -> QkdKey:
    """Clause 6.3. The reason never quotes the item: it holds a key."""
    match item:
        case {"key_ID": str(key_id), "key": str(text)} if _UUID.fullmatch(key_id):
            try:
                value = from_base64(text)
            except ValueError:
                raise QkdUnavailable("the KME gave a key that is not base64") from None
        case _:
            raise QkdUnavailable("the KME gave a key without an id, or with one that is not a UUID")
    if len(value) != KEY_BYTES:
        raise QkdUnavailable(f"the KME gave a key of {len(value) * 8} bits, not of {KEY_BYTES * 8}")
    return QkdKey(key_id, value)


def _check_number(number: int) -> None:
    if not 0 < number <= _MAX_KEYS:
        raise QkdUnavailable(f"{number} keys at once; 1 to {_MAX_KEYS} are possible")


def _text(value: Mapping[str, Json], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= _SHOWN:
        raise QkdUnavailable(f"the KME's status has no {name}")
    return text


def _count(value: Mapping[str, Json], name: str) -> int:
    number = value.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= _MAX_COUNT:
        raise QkdUnavailable(f"the KME's status has no {name}, or not as a number")
    return number


def _words(error: Exception) -> str:
    """An error of a connection, without what the other side may have put into it beyond printable text."""
    reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or str(error)
    return f"{type(error).__name__}: {str(reason)[:_SHOWN]!a}" if reason else type(error).__name__
