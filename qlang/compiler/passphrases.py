"""How verbs are told where passphrases come from, and what these open."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qlang.trust.keys.passphrase import PassphraseSource
    from qlang.trust.secret_files import SecretStore

SOURCES = "`prompt`, `fd:<number>` or `env:<NAME>`"


def add_passphrase(parser: ArgumentParser) -> None:
    """`--passphrase SOURCE`: what opens the user's key store."""
    parser.add_argument("--passphrase", metavar="SOURCE", help=f"where that of the key store comes from: {SOURCES}")


BACKUP_OPTION = "--backup-passphrase"


def add_backup_passphrase(parser: ArgumentParser) -> None:
    """`--backup-passphrase SOURCE`: what opens a backup."""
    text = f"where that of the file comes from: {SOURCES} (default: prompt)"
    parser.add_argument(BACKUP_OPTION, metavar="SOURCE", default="prompt", help=text)


def passphrase_from(text: str | None, option: str = "--passphrase") -> PassphraseSource | None:
    """What such an option names; None where it was not given. Raises: CustodyError."""
    from qlang.trust.keys.passphrase import source_of

    return None if text is None else source_of(text, option)


def backup_passphrase(options: Namespace) -> PassphraseSource:
    """What opens, or will open, the backup. Raises: CustodyError."""
    from qlang.trust.keys.passphrase import source_of

    return source_of(options.backup_passphrase, BACKUP_OPTION)


def secret_store(options: Namespace) -> SecretStore:
    """The secrets under the user's key store. Raises: CustodyError."""
    from qlang.trust.secret_files import SecretStore

    return SecretStore(passphrase=passphrase_from(options.passphrase))
