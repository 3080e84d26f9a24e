"""One logged-in session for each token and one lock for each process.

python-pkcs11 tells modules that the application is single-threaded, so every call, lookups included, is made with
the process-wide lock held. A session does not survive a fork: the child initialises the module anew and logs in.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from qlang.trust.backoff import Attempt, BackOff
from qlang.trust.canonical import Json
from qlang.trust.errors import CustodyError, FileRefused, TooManyTries
from qlang.trust.files import private_directory
from qlang.trust.ledger.kinds import REFUSAL
from qlang.trust.locks import lock_file
from qlang.trust.token.config import PIN, TokenConfig
from qlang.trust.token.driver import LOST, TOKEN, error_name, error_words, errors_in_words, load_module

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib as Library
    from pkcs11.types import Session
    from pkcs11.types import Token as Pkcs11Token

OnEvent: TypeAlias = Callable[[str, Mapping[str, Json]], None]
"""Takes a kind of ledger entry and its body. Called with the lock held: it must not use the token."""

_WRONG_PIN = ("PinIncorrect", "PinInvalid", "PinLenRange", "PinLocked")


@dataclass(slots=True)
class _Process:
    """What this process has open. Belongs to the process `pid` only."""

    pid: int = field(default_factory=os.getpid)
    lock: threading.RLock = field(default_factory=threading.RLock)
    sessions: dict[TokenConfig, Session] = field(default_factory=dict)
    libraries: dict[Path, Library] = field(default_factory=dict)


_process = _Process()


def _nothing(kind: str, body: Mapping[str, Json]) -> None:
    """The event callback of those who keep no ledger."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is logged in to when it is first used, once for all custodians of a process.

    `state` is the folder of the counters of wrong PINs; `on_event` is told of every refused PIN.
    """

    config: TokenConfig
    state: Path
    on_event: OnEvent = _nothing

    @contextmanager
    def session(self, custody: str, doing: str) -> Iterator[Session]:
        """The session, with the lock held. PKCS#11 errors inside become CustodyErrors that say what was done.

        Raises: CustodyError; TooManyTries after wrong PINs.
        """
        with _locked() as process, errors_in_words(custody, doing):
            from pkcs11.exceptions import PKCS11Error

            session = process.sessions.get(self.config)
            if session is None:
                session = process.sessions[self.config] = self._log_in(process)
            try:
                yield session
            except PKCS11Error as error:
                if error_name(error) in LOST:
                    _forget(process, self.config)
                raise

    def serial(self) -> str:
        """Serial number of the token. Raises: CustodyError."""
        with _locked() as process, errors_in_words(TOKEN, f"find token {self.config.label!r}"):
            session = process.sessions.get(self.config)
            token = session.token if session is not None else _find(process, self.config)
            return serial_text(token)

    def present(self) -> Pkcs11Token:
        """The token itself, found anew and without a login. Raises: CustodyError."""
        with _locked() as process, errors_in_words(TOKEN, f"find token {self.config.label!r}"):
            return _find(process, self.config)

    @contextmanager
    def making(self) -> Iterator[None]:
        """Keep other processes of this user from making the same object at the same time. Raises: CustodyError."""
        try:
            private_directory(self.state)
            with lock_file(self.state / ".token.lock"):
                yield
        except FileRefused as error:
            raise CustodyError(TOKEN, f"{error.path}: {error.reason}") from error
        except OSError as error:
            raise CustodyError(TOKEN, f"{error.filename or self.state}: {error.strerror}") from error

    def back_off(self, token: Pkcs11Token) -> BackOff:
        """The counter of wrong PINs of a token, whatever module reaches it."""
        identity = hashlib.sha256(f"{serial_text(token)}|{token.label}".encode()).hexdigest()[:16]
        return BackOff(self.state / f"pin-{identity}.json", TOKEN, "PIN")

    def _log_in(self, process: _Process) -> Session:
        token = _find(process, self.config)
        back_off = self.back_off(token)
        try:
            if back_off.wait_left():
                with back_off.attempt() as attempt:  # refuses; nobody is asked for a PIN in vain
                    attempt.not_tried()
            if not self.config.pin.interactive and says_final_try(token):
                reason = f'one more wrong PIN locks token {self.config.label!r}: log in once with `pin = "prompt"`'
                raise CustodyError(TOKEN, reason)
            pin = self.config.pin.read(PIN, f"PIN of token {self.config.label!r}")
            with back_off.attempt() as attempt:
                return self._try_pin(process, token, pin, attempt, back_off)
        except TooManyTries as error:
            self._refused(token, str(error.reason), error.failures)
            raise

    def _try_pin(self, process: _Process, token: Pkcs11Token, pin: str, attempt: Attempt, back_off: BackOff) -> Session:
        from pkcs11.exceptions import PKCS11Error, UserAlreadyLoggedIn

        try:
            session = token.open(rw=True, user_pin=pin)
        except UserAlreadyLoggedIn:  # by someone else in this process; the token did not judge our PIN
            attempt.not_tried()
            return token.open(rw=True)
        except PKCS11Error as error:
            wrong = error_name(error) in _WRONG_PIN
            if not wrong:
                attempt.not_tried()
            if not any(other.module == self.config.module for other in process.sessions):
                _reinitialize(process, self.config.module)  # ends the session that a failed login leaves open
            if not wrong:
                raise
            words = error_words(error)
            self._refused(token, words, back_off.failures())
            raise CustodyError(TOKEN, f"token {self.config.label!r}: {words}") from None
        attempt.right()
        return session

    def _refused(self, token: Pkcs11Token, reason: str, failures: int) -> None:
        self.on_event(
            REFUSAL,
            {
                "reasons": [f"token {self.config.label}: {reason}"],
                "token_label": self.config.label,
                "token_serial": serial_text(token),
                "pin_failures": failures,
            },
        )


def says_final_try(token: Pkcs11Token) -> bool:
    """Whether the token states that it locks its PIN after one more wrong one."""
    from pkcs11.constants import TokenFlag

    return bool(token.flags & TokenFlag.USER_PIN_FINAL_TRY)


def serial_text(token: Pkcs11Token) -> str:
    """The serial number as text; hexadecimal where the token's is not printable ASCII."""
    raw = bytes(token.serial).rstrip(b"\0 ")
    text = raw.decode("ascii", "replace")
    return text if text.isascii() and text.isprintable() else raw.hex()


def close_tokens() -> None:
    """Log out everywhere and finalize all modules; the next use starts from the beginning."""
    with _locked() as process:
        if not process.libraries:
            return
        from pkcs11.exceptions import PKCS11Error

        for config in tuple(process.sessions):
            _forget(process, config)
        for path in tuple(process.libraries):
            library = process.libraries.pop(path)
            try:
                library.finalize()
            except PKCS11Error:
                continue  # a module that is gone already is what was asked for


@contextmanager
def _locked() -> Iterator[_Process]:
    """The process's state with its lock held; after a fork a fresh one, and the modules initialised anew."""
    global _process
    if _process.pid != os.getpid():
        inherited, _process = _process, _Process()
        with _process.lock:
            for path in inherited.libraries:
                _process.libraries[path] = load_module(path)
                _reinitialize(_process, path)
    with _process.lock:
        yield _process


def _find(process: _Process, config: TokenConfig) -> Pkcs11Token:
    """Raises: PKCS11Error; CustodyError if the module cannot be loaded or has not exactly one such token."""
    library = process.libraries.get(config.module)
    if library is None:
        library = process.libraries[config.module] = load_module(config.module)
    from pkcs11.exceptions import GeneralError

    try:
        tokens = _tokens(library, config)
    except GeneralError:  # SoftHSM, where another process writes into the token just then
        tokens = []
    if not tokens:  # it may have been inserted after the module was initialised
        _reinitialize(process, config.module)
        tokens = _tokens(library, config)
    if len(tokens) == 1:
        return tokens[0]
    named = f"label {config.label!r}" + ("" if config.serial is None else f" and serial number {config.serial}")
    if tokens:
        raise CustodyError(TOKEN, f"{len(tokens)} tokens have the {named}; `serial` picks one")
    raise CustodyError(TOKEN, f"the PKCS#11 module {config.module} has no token with the {named}")


def _tokens(library: Library, config: TokenConfig) -> list[Pkcs11Token]:
    from pkcs11.constants import TokenFlag

    return [
        token
        for token in library.get_tokens(token_label=config.label)
        if token.flags & TokenFlag.TOKEN_INITIALIZED and config.serial in (None, serial_text(token))
    ]


def _reinitialize(process: _Process, module: Path) -> None:
    """Initialise a module anew, which ends all its sessions, in this process."""
    for config in tuple(process.sessions):
        if config.module == module:
            del process.sessions[config]
    library = process.libraries.get(module)
    if library is not None:
        library.reinitialize()


def _forget(process: _Process, config: TokenConfig) -> None:
    """Drop a session; closing one that is lost fails, which is what makes it lost."""
    from pkcs11.exceptions import PKCS11Error

    session = process.sessions.pop(config, None)
    if session is None:
        return
    try:
        session.close()
    except PKCS11Error:
        return
