"""A key management entity as sealing uses it."""

from __future__ import annotations

from dataclasses import dataclass, field

from qlang.trust.qkd.client import KmeClient, probe
from qlang.trust.qkd.config import QkdConfig


@dataclass(slots=True)
class KmeSource:
    """Fresh keys as the master SAE, and the same keys by their ids as the slave SAE."""

    config: QkdConfig
    _client: KmeClient = field(init=False)

    def __post_init__(self) -> None:
        self._client = KmeClient(self.config)

    @property
    def kind(self) -> str:
        """`simulator` or `vendor`."""
        return self.config.kind

    def fresh(self) -> tuple[str, bytes]:
        """A new key, after asking whether there is one. Raises: QkdUnavailable."""
        probe(self.config)
        (key,) = self._client.new_keys(1)
        return key.key_id, key.value

    def fetch(self, key_id: str) -> bytes:
        """The key of this id; a KME gives it once. Raises: QkdUnavailable."""
        (key,) = self._client.keys_by_id((key_id,))
        return key.value
