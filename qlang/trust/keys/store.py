"""The folder with key files, public keys and key events. Nothing here touches a secret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.algorithms import PublicKey, to_pem
from qlang.trust.custody import KeyRecord
from qlang.trust.errors import FileRefused, JsonRefused, KeyEventError, KeyFormatError, KeyStoreError
from qlang.trust.files import commit, private_directory, read_file, stage
from qlang.trust.keys.events import MAX_EVENT_BYTES, Rotated, SignedEvent, dump_event, parse_event
from qlang.trust.keys.locking import alone
from qlang.trust.keys.paths import KeyPaths, event_name, file_stem, private_files, public_name, spec_fault
from qlang.trust.keys.records import MAX_RECORD_BYTES, dump_record, parse_record
from qlang.trust.keys.trust import TrustStore, load_trust_store

_PRIVATE = 0o077
_ANNOUNCED = ".rotation."
"""How names of rotations begin whose new key has no key file yet."""


@dataclass(frozen=True, slots=True)
class KeyStore:
    """A folder of keys. Methods raise `KeyStoreError`, naming the file."""

    paths: KeyPaths

    def records(self) -> tuple[KeyRecord, ...]:
        """All keys, by tenant, purpose, algorithm and generation; none where there is no folder yet.

        Raises: KeyStoreError if a key file is a link, open to others, damaged or under another key's name.
        """
        if not self.paths.store.is_dir():
            return ()
        for folder in filter(Path.exists, self._folders()):
            _require_private(folder)
        records = [_read_record(path) for path in private_files(self.paths.store) if not _is_old(path)]
        return tuple(sorted(records, key=_order))

    def damaged(self) -> tuple[KeyStoreError, ...]:
        """What `records` would raise, for each file."""
        found = []
        for path in private_files(self.paths.store):
            try:
                _read_record(path)
            except KeyStoreError as error:
                found.append(error)
        return tuple(found)

    def save(self, record: KeyRecord, *events: SignedEvent) -> Path:
        """Keep a new key with its events; an existing file is never replaced. Call it under `changing`.

        A process killed before the key file is there leaves a public key that nobody can use. What ends another key's
        life, a rotation, counts after that only: until then it waits under another name, see `_finish_rotations`.
        """
        if fault := spec_fault(record.spec):
            raise KeyStoreError(self.paths.store, fault)
        path = self.paths.private(record.spec)
        try:
            content = dump_record(record)
            if path.exists() or path.is_symlink():
                raise KeyStoreError(path, "exists already")
            waiting = [self._announce(event) for event in events if isinstance(event.event, Rotated)]
            for event in events:
                if not isinstance(event.event, Rotated):
                    self.save_event(event)
            self.write_public(record)
            commit(stage(path, content), path)
            for announced, event in waiting:
                commit(announced, self._event_path(event))
        except JsonRefused as error:
            raise KeyStoreError(path, str(error)) from error
        except OSError as error:
            raise KeyStoreError(path, error.strerror or type(error).__name__) from error
        return path

    def replace(self, record: KeyRecord) -> None:
        """Write what changed about a key: its protection or what a probe found. Call it under `changing`."""
        path = self.paths.private(record.spec)
        if _read_record(path).public != record.public:
            raise KeyStoreError(path, "holds another key")
        try:
            commit(stage(path, dump_record(record)), path)
        except OSError as error:
            raise KeyStoreError(path, error.strerror or type(error).__name__) from error

    def save_event(self, event: SignedEvent) -> Path:
        """Keep an event; the same event twice is one file."""
        path = self._event_path(event)
        try:
            commit(stage(path, dump_event(event)), path)
        except OSError as error:
            raise KeyStoreError(path, error.strerror or type(error).__name__) from error
        return path

    def write_public(self, record: KeyRecord) -> None:
        """The public half of a key of this store."""
        path = self.paths.public(record.spec)
        try:
            commit(stage(path, to_pem(record.public.spki).encode()), path)
        except OSError as error:
            raise KeyStoreError(path, error.strerror or type(error).__name__) from error

    def save_public(self, key: PublicKey) -> Path:
        """Trust a public key from elsewhere."""
        path = self.paths.store / public_name(key.key_id)
        try:
            commit(stage(path, to_pem(key.spki).encode()), path)
        except OSError as error:
            raise KeyStoreError(path, error.strerror or type(error).__name__) from error
        return path

    def trust(self) -> TrustStore:
        """Public keys and events of this store; what `verify` trusts by default."""
        return load_trust_store(self.paths.store)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Make sure of the folders, and change them alone: other processes wait."""
        for folder in self._folders():
            _require_private(folder)
        with alone(self.paths.lock):
            self._finish_rotations()
            yield

    def _event_path(self, event: SignedEvent) -> Path:
        return self.paths.store / event_name(event.event.key.key_id, event.name, event.digest)

    def _announce(self, event: SignedEvent) -> tuple[Path, SignedEvent]:
        """Put a rotation where nobody believes it yet. Raises: OSError."""
        path = self.paths.store / f"{_ANNOUNCED}{event.digest.removeprefix('sha256:')[:12]}"
        commit(stage(path, dump_event(event)), path)
        return path, event

    def _finish_rotations(self) -> None:
        """After a crash: a rotation whose new key has its key file counts, any other never was."""
        for path in sorted(self.paths.store.glob(f"{_ANNOUNCED}*")):
            try:
                event = parse_event(read_file(path, limit=MAX_EVENT_BYTES, forbidden_mode=_PRIVATE))
                successor = event.event.successor.key if isinstance(event.event, Rotated) else None
                if any(record.public == successor for record in self.records()):
                    commit(path, self._event_path(event))
                else:
                    path.unlink()
            except FileRefused as error:
                raise KeyStoreError(path, error.reason) from error
            except KeyEventError as error:
                raise KeyStoreError(path, f"is damaged: {error}") from error
            except OSError as error:
                raise KeyStoreError(path, error.strerror or type(error).__name__) from error

    def _folders(self) -> tuple[Path, Path]:
        """Of the keys, and of what opens them."""
        if self.paths.store.absolute() == self.paths.state.absolute():
            raise KeyStoreError(self.paths.store, "the unlock secret must not lie beside the keys")
        return self.paths.store, self.paths.state


def _require_private(folder: Path) -> None:
    """Make the folder if it is missing, and refuse one that is not the user's alone."""
    try:
        private_directory(folder)
    except FileRefused as error:
        raise KeyStoreError(error.path, error.reason) from error


def _read_record(path: Path) -> KeyRecord:
    try:
        record = parse_record(read_file(path, limit=MAX_RECORD_BYTES, forbidden_mode=_PRIVATE))
    except FileRefused as error:
        raise KeyStoreError(path, error.reason) from error
    except KeyFormatError as error:
        raise KeyStoreError(path, error.reason) from error
    if not path.name.startswith(f"{file_stem(record.spec)}."):
        raise KeyStoreError(path, f"does not hold the key that its name says, but {file_stem(record.spec)}")
    return record


def _is_old(path: Path) -> bool:
    """Whether a name is one of format 1, `ALGORITHM.1.key.json`: such keys sign no more, `doctor` names them."""
    return path.name.count(".") == 3


def _order(record: KeyRecord) -> tuple[str, str, str, int]:
    spec = record.spec
    return spec.tenant, spec.purpose, spec.algorithm, spec.generation
