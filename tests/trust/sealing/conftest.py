"""A key store with one recipient key of each suite, and sealed files."""

from collections.abc import Callable

import pytest

from qlang.trust.keys.paths import KeyPaths
from qlang.trust.sealing.recipients import RecipientKey, create_recipient_key, recipient_secret
from qlang.trust.sealing.suites import SUITES
from qlang.trust.secret_files import SecretStore

Secrets = Callable[[str], bytes | None]


@pytest.fixture(scope="session")
def recipient_paths(tmp_path_factory: pytest.TempPathFactory) -> KeyPaths:
    root = tmp_path_factory.mktemp("recipients")
    return KeyPaths(root / "keys", root / "state")


@pytest.fixture(scope="session")
def recipients(recipient_paths: KeyPaths) -> dict[str, RecipientKey]:
    """Suite → a key of the store."""
    return {suite: create_recipient_key(suite, SecretStore(recipient_paths)) for suite in SUITES}


@pytest.fixture(scope="session")
def secrets_of(recipient_paths: KeyPaths, recipients: dict[str, RecipientKey]) -> Secrets:
    found = {key.key_id: recipient_secret(key.key_id, SecretStore(recipient_paths)) for key in recipients.values()}
    return found.get
