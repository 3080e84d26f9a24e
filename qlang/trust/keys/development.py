"""Signing keys in files: custody `development`.

    store/ed25519.1.key.json    the 32-byte seed, AES-256-GCM under a key of its own
    store/ed25519.1.pub.pem     the public key (SPKI), for anyone who verifies
    state/unlock                32 random bytes from which the encrypting keys are derived

Whoever reads both folders has the keys; a copy of one alone is useless. The derivation is HKDF-SHA256
(RFC 5869) with a fresh salt for each file: a slow password hash adds nothing to 256 random bits.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qlang.trust.algorithms import PublicKey, Signature, from_pem, generate_secret, public_key, software_key, to_pem
from qlang.trust.canonical import canonical_json, load_json
from qlang.trust.errors import FileRefused, JsonRefused, KeyFormatError, KeyStoreError
from qlang.trust.files import commit, private_directory, read_file, stage
from qlang.trust.locks import lock_file

CUSTODY = "development"
PURPOSE = "run-manifest"

_GENERATION = 1  # rotation will count it up
_FORMAT = "qlang-key-1"
_KEK_INFO = b"qlang key store v1, AES-256-GCM"
_MAX_FILE = 1 << 16
_PRIVATE = 0o077
_WRITABLE = 0o022


@dataclass(frozen=True, slots=True)
class KeyPaths:
    """Where the keys are, and where what unlocks them is. The two must not be one folder."""

    store: Path
    state: Path

    @property
    def unlock(self) -> Path:
        """The file with the unlock secret."""
        return self.state / "unlock"

    def private(self, algorithm: str) -> Path:
        """The file of the current key of `algorithm`."""
        return self.store / f"{algorithm}.{_GENERATION}.key.json"

    def public(self, algorithm: str) -> Path:
        """Its public half."""
        return self.store / f"{algorithm}.{_GENERATION}.pub.pem"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it lies in the store: the seed is encrypted."""

    path: Path
    public: PublicKey
    purpose: str
    generation: int
    salt: bytes
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class DevelopmentSigner:
    """Signs with keys of a file store; a seed is decrypted for each signature and then let go."""

    paths: KeyPaths
    keys: tuple[StoredKey, ...]

    @property
    def custody(self) -> str:
        return CUSTODY

    @property
    def algorithms(self) -> tuple[str, ...]:
        return tuple(key.public.algorithm for key in self.keys)

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        return tuple(key.public for key in self.keys)

    def sign(self, pae: bytes) -> tuple[Signature, ...]:
        """Raises: KeyStoreError if a key cannot be unlocked."""
        secret = _read_unlock_secret(self.paths)
        return tuple(Signature(key.public.key_id, _sign_one(key, secret, pae)) for key in self.keys)


def default_key_paths() -> KeyPaths:
    """`~/.qlang/keys`, and `qlang` under the user's state folder (XDG Base Directory Specification)."""
    given = os.environ.get("XDG_STATE_HOME", "")
    state = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    return KeyPaths(Path.home() / ".qlang" / "keys", state / "qlang")


def development_signer(paths: KeyPaths, algorithms: Iterable[str]) -> DevelopmentSigner:
    """A signer with one key for each algorithm; keys that do not exist yet are made.

    Any number of processes may do this at once: all get the same keys.

    Raises: KeyStoreError if the store is a link, open to others, damaged or without its unlock secret;
    KeyFormatError if an algorithm is unknown or this installation lacks it.
    """
    wanted = tuple(algorithms)
    if paths.store.absolute() == paths.state.absolute():
        raise KeyStoreError(paths.store, "the unlock secret must not lie beside the keys")
    try:
        private_directory(paths.store)
        private_directory(paths.state)
        if not all(paths.private(name).exists() and paths.public(name).exists() for name in wanted):
            with lock_file(paths.store / ".lock"):
                _create_missing(paths, wanted)
    except FileRefused as error:
        raise KeyStoreError(error.path, error.reason) from error
    except OSError as error:
        raise KeyStoreError(paths.store, error.strerror or type(error).__name__) from error
    return DevelopmentSigner(paths, tuple(_read_key(paths.private(name), name) for name in wanted))


def load_public_keys(store: Path) -> tuple[PublicKey, ...]:
    """All public keys (`*.pub.pem`) of a store, what `verify` trusts; nothing is created or unlocked.

    Raises: KeyStoreError if one is a link, writable by others or not a public key.
    """
    keys = []
    for path in sorted(store.glob("*.pub.pem")):
        try:
            text = read_file(path, limit=_MAX_FILE, forbidden_mode=_WRITABLE).decode("ascii", "strict")
            keys.append(public_key(from_pem(text)))
        except FileRefused as error:
            raise KeyStoreError(path, error.reason) from error
        except (KeyFormatError, ValueError) as error:
            raise KeyStoreError(path, f"is not a public key: {error}") from error
    return tuple(keys)


def _create_missing(paths: KeyPaths, algorithms: tuple[str, ...]) -> None:
    """Called under the store's lock; whoever comes second finds everything in place."""
    if not any(paths.store.glob("*.key.json")):
        _ensure_unlock_secret(paths)
    secret = _read_unlock_secret(paths)
    for name in algorithms:
        path = paths.private(name)
        if not path.exists():
            commit(stage(path, _new_key_file(name, secret)), path)
        if not paths.public(name).exists():
            pem = to_pem(_read_key(path, name).public.spki).encode()
            commit(stage(paths.public(name), pem), paths.public(name))


def _ensure_unlock_secret(paths: KeyPaths) -> None:
    with lock_file(paths.state / ".lock"):
        if not paths.unlock.exists():
            commit(stage(paths.unlock, secrets.token_bytes(32)), paths.unlock)


def _read_unlock_secret(paths: KeyPaths) -> bytes:
    try:
        secret = read_file(paths.unlock, limit=32, forbidden_mode=_PRIVATE)
    except FileRefused as error:
        hint = "; the keys in the store cannot be unlocked without it" if error.missing else ""
        raise KeyStoreError(paths.unlock, error.reason + hint) from error
    if len(secret) != 32:
        raise KeyStoreError(paths.unlock, "is not an unlock secret of 32 bytes")
    return secret


def _kek(secret: bytes, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length=32, salt=salt, info=_KEK_INFO).derive(secret)


def _associated_data(key: PublicKey, purpose: str, generation: int) -> bytes:
    return f"{key.key_id}|{key.algorithm}|{purpose}|{generation}".encode()


def _new_key_file(algorithm: str, secret: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    seed, salt, nonce = generate_secret(algorithm), secrets.token_bytes(16), secrets.token_bytes(12)
    public = software_key(algorithm, seed).public
    data = _associated_data(public, PURPOSE, _GENERATION)
    return canonical_json(
        {
            "format": _FORMAT,
            "keyid": public.key_id,
            "algorithm": algorithm,
            "purpose": PURPOSE,
            "generation": _GENERATION,
            "custody": CUSTODY,
            "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "public_key": _encode(public.spki),
            "salt": _encode(salt),
            "nonce": _encode(nonce),
            "ciphertext": _encode(AESGCM(_kek(secret, salt)).encrypt(nonce, seed, data)),
        }
    )


def _read_key(path: Path, algorithm: str) -> StoredKey:
    try:
        value = load_json(read_file(path, limit=_MAX_FILE, forbidden_mode=_PRIVATE))
        if not isinstance(value, Mapping) or value.get("format") != _FORMAT:
            raise KeyStoreError(path, f"is not a key file of format {_FORMAT}")
        public = public_key(_decode(value.get("public_key")))
        purpose, generation = value.get("purpose"), value.get("generation")
        if public.algorithm != algorithm or value.get("keyid") != public.key_id:
            raise KeyStoreError(path, f"does not hold the {algorithm} key that it names")
        if not isinstance(purpose, str) or not isinstance(generation, int):
            raise KeyStoreError(path, "has no purpose or generation")
        salt, nonce, ciphertext = (_decode(value.get(name)) for name in ("salt", "nonce", "ciphertext"))
    except FileRefused as error:
        raise KeyStoreError(path, error.reason) from error
    except (JsonRefused, KeyFormatError, ValueError) as error:
        raise KeyStoreError(path, f"is damaged: {error}") from error
    return StoredKey(path, public, purpose, generation, salt, nonce, ciphertext)


def _sign_one(key: StoredKey, secret: bytes, message: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    data = _associated_data(key.public, key.purpose, key.generation)
    try:
        seed = AESGCM(_kek(secret, key.salt)).decrypt(key.nonce, key.ciphertext, data)
    except (InvalidTag, ValueError) as error:  # ValueError: a nonce of impossible length
        raise KeyStoreError(key.path, "cannot be decrypted: changed file or wrong unlock secret") from error
    private = software_key(key.public.algorithm, seed)
    if private.public != key.public:
        raise KeyStoreError(key.path, "the private key does not belong to the public key")
    return private.sign(message)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: object) -> bytes:
    if not isinstance(text, str):
        raise ValueError("a base64 member is missing")
    return base64.b64decode(text, validate=True)
