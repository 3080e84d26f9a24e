"""Loading PKCS#11 modules through python-pkcs11, and its exceptions in words."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.trust.errors import CustodyError

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib as Library

TOKEN = "token"  # noqa: S105 - how errors name what is common to both custody classes

_MISSING_EXTRA = "python-pkcs11 is not installed; python -m pip install 'qlang[hsm]'"

_WORDS: Mapping[str, str] = {
    "PinIncorrect": "the PIN is wrong",
    "PinInvalid": "the PIN is wrong",
    "PinLenRange": "the PIN is wrong: it has an impossible length",
    "PinLocked": "the token has locked the PIN; its security officer can unlock it",
    "PinExpired": "the PIN has expired",
    "UserPinNotInitialized": "the token has no user PIN yet",
    "UserNotLoggedIn": "the token wants a login for this",
    "AnotherUserAlreadyLoggedIn": "another user is logged in to the token",
    "NoSuchToken": "there is no such token",
    "MultipleTokensReturned": "several tokens have this label; give `serial` too",
    "TokenNotPresent": "the token has been removed",
    "TokenNotRecognised": "the token is not recognised",
    "TokenWriteProtected": "the token is write-protected",
    "DeviceRemoved": "the token has been removed",
    "DeviceError": "the token reports a fault of the device",
    "DeviceMemory": "the token is full",
    "SessionClosed": "the token has closed the session",
    "SessionHandleInvalid": "the token has closed the session",
    "SessionCount": "the token has no session left",
    "SlotIDInvalid": "the token has been removed",
    "KeyHandleInvalid": "the key is no longer in the token",
    "ObjectHandleInvalid": "the key is no longer in the token",
    "ActionProhibited": "the token forbids that",
    "CryptokiNotInitialized": "the token's module is not initialised",
    "MechanismInvalid": "the token cannot do that",
    "FunctionNotSupported": "the token cannot do that",
    "MechanismParamInvalid": "the token does not take these parameters",
    "FunctionFailed": "the token failed without saying why",
    "GeneralError": "the token failed without saying why",
    "HostMemory": "the token's module ran out of memory",
}

LOST = frozenset(
    {
        "AnotherUserAlreadyLoggedIn",
        "DeviceError",
        "DeviceRemoved",
        "NoSuchToken",
        "SessionClosed",
        "SessionHandleInvalid",
        "SlotIDInvalid",
        "TokenNotPresent",
        "TokenNotRecognised",
        "UserNotLoggedIn",
        "CryptokiNotInitialized",
    }
)
"""Errors after which the session is of no use any more."""

_NAMELESS: Mapping[str, str] = {"0x1b": "ActionProhibited", "0x190": "CryptokiNotInitialized"}
"""Codes (CKR_…) that python-pkcs11 has no exception for."""
_UNMAPPED = "Unmapped error code "


def error_name(error: Exception) -> str:
    """The name of a PKCS#11 error: the exception's, or `code 0x…` where nobody here has one for it."""
    text = str(error)
    if text.startswith(_UNMAPPED):
        code = text.removeprefix(_UNMAPPED)
        return _NAMELESS.get(code, f"code {code}")
    return type(error).__name__


def error_words(error: Exception) -> str:
    """What a PKCS#11 error means for the user."""
    name = error_name(error)
    if name in _WORDS:
        return _WORDS[name]
    detail = str(error) if name == "PKCS11Error" else ""
    return f"the token answers {name}" + (f" ({detail})" if detail else "")


def require_driver() -> None:
    """Raises: CustodyError, which names the extra, if python-pkcs11 is not installed."""
    try:
        import_module("pkcs11")
    except ImportError as error:
        raise CustodyError(TOKEN, _MISSING_EXTRA) from error


@contextmanager
def errors_in_words(custody: str, doing: str) -> Iterator[None]:
    """Turn every PKCS#11 exception into a CustodyError: `cannot <doing>: <why>`."""
    require_driver()
    from pkcs11.exceptions import PKCS11Error

    try:
        yield
    except PKCS11Error as error:
        raise CustodyError(custody, f"cannot {doing}: {error_words(error)}") from error


def load_module(path: Path) -> Library:
    """The PKCS#11 module of a path, initialised.

    Raises: CustodyError if it is missing, could be changed by other users, or cannot be loaded.
    """
    import os

    require_driver()
    import pkcs11

    try:
        info = path.stat()
    except OSError as error:
        raise CustodyError(TOKEN, f"the PKCS#11 module {path} cannot be used: {error.strerror}") from error
    if not stat.S_ISREG(info.st_mode):
        raise CustodyError(TOKEN, f"the PKCS#11 module {path} is not a plain file")
    if os.name == "posix" and (info.st_uid not in (0, os.geteuid()) or info.st_mode & 0o022):
        raise CustodyError(TOKEN, f"the PKCS#11 module {path} could be changed by other users; it is not loaded")
    with errors_in_words(TOKEN, f"load the PKCS#11 module {path}"):
        return pkcs11.lib(str(path))
