"""The keys of the user who runs this process: their store, and the custodians that a project's policy file names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.trust.custody import DEVELOPMENT, TOKEN_NATIVE, TOKEN_WRAPPED, Custodian, KeyRecord, KeySpec, ProbeReport
from qlang.trust.errors import CustodyError
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.passphrase import PassphraseSource
from qlang.trust.keys.paths import KeyPaths, default_key_paths
from qlang.trust.keys.ring import KeyRing
from qlang.trust.keys.store import KeyStore

if TYPE_CHECKING:
    from qlang.trust.token.session import OnEvent


@dataclass(frozen=True, slots=True)
class SeveralTokens:
    """The custodians of one class for several tokens: a key is used where its record says that it lives."""

    custody: str
    of: Mapping[str, Custodian]
    """Label of the token → its custodian."""
    chosen: str | None
    """Label of the token where keys are made."""

    def algorithms(self) -> tuple[str, ...]:
        return self._chosen().algorithms()

    def create(self, spec: KeySpec) -> KeyRecord:
        return self._chosen().create(spec)

    def settle(self, records: Collection[KeyRecord]) -> tuple[str, ...]:
        return self._chosen().settle(records)

    def unlock(self) -> None:
        self._chosen().unlock()

    def ready(self, record: KeyRecord) -> None:
        self._home(record).ready(record)

    def sign(self, record: KeyRecord, message: bytes) -> bytes:
        return self._home(record).sign(record, message)

    def probe(self, record: KeyRecord) -> ProbeReport:
        return self._home(record).probe(record)

    def _chosen(self) -> Custodian:
        label = self.chosen if self.chosen is not None or len(self.of) != 1 else next(iter(self.of))
        if label is None or label not in self.of:
            raise CustodyError(self.custody, f"name one of the tokens {', '.join(map(repr, self.of))}")
        return self.of[label]

    def _home(self, record: KeyRecord) -> Custodian:
        label = record.protection.get("token_label")
        if not isinstance(label, str) or label not in self.of:
            raise CustodyError(
                self.custody, f"{record.public.key_id} lives in token {label!a}, which is not configured"
            )
        return self.of[label]


def user_ring(
    workspace: Path,
    *,
    paths: KeyPaths | None = None,
    passphrase: PassphraseSource | None = None,
    token: str | None = None,
    on_event: OnEvent | None = None,
) -> KeyRing:
    """The key store of the user (or `paths`), with the tokens of the workspace's policy file.

    `token`: the `[tokens.NAME]` in which new keys are made, where there are several. No token is touched before it
    is used. `on_event` is told of every refused PIN. Providers and tokens are those that the file names now; a change
    counts from the next start on.

    Raises: FileRefused, PolicyError for the policy file; CustodyError for an unknown `token`.
    """
    from qlang.trust.policy.load import find_policy

    where = paths or default_key_paths()
    providers = find_policy(workspace).providers
    custodians: dict[str, Custodian] = {DEVELOPMENT: DevelopmentCustodian(where, passphrase, providers=providers)}
    custodians |= _token_custodians(workspace, where, token, providers, on_event)
    return KeyRing(KeyStore(where), custodians, providers)


def _token_custodians(
    workspace: Path, paths: KeyPaths, chosen: str | None, providers: tuple[str, ...], on_event: OnEvent | None
) -> dict[str, Custodian]:
    from qlang.trust.policy.load import load_tokens
    from qlang.trust.policy.model import POLICY_FILE

    path = workspace / POLICY_FILE
    configured = load_tokens(path) if path.exists() else {}
    if chosen is not None and chosen not in configured:
        raise CustodyError("token", f"{path.name} has no [tokens.{chosen}]")
    if not configured:
        return {}
    from qlang.trust.token.native import TokenNativeCustodian
    from qlang.trust.token.session import Token
    from qlang.trust.token.wrapped import TokenWrappedCustodian

    told = {} if on_event is None else {"on_event": on_event}
    tokens = {config.label: Token(config, paths.state / "tries", **told) for config in configured.values()}
    label = None if chosen is None else configured[chosen].label
    native: dict[str, Custodian] = {
        name: TokenNativeCustodian(token, paths.store / ".making") for name, token in tokens.items()
    }
    wrapped: dict[str, Custodian] = {name: TokenWrappedCustodian(token, providers) for name, token in tokens.items()}
    return {
        TOKEN_NATIVE: SeveralTokens(TOKEN_NATIVE, native, label),
        TOKEN_WRAPPED: SeveralTokens(TOKEN_WRAPPED, wrapped, label),
    }
