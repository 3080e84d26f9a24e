"""Bytes as text in base64 (RFC 4648, section 4), each in one spelling only."""

from __future__ import annotations

import base64


def to_base64(data: bytes) -> str:
    """The one spelling of `data`."""
    return base64.b64encode(data).decode()


def from_base64(text: object) -> bytes:
    """The inverse, for values from outside.

    Raises: ValueError for anything but a text in base64, and for one with superfluous padding or unused bits that are
    set: two texts must not mean the same bytes.
    """
    if not isinstance(text, str):
        raise ValueError("a text in base64 is missing")
    data = base64.b64decode(text, validate=True)
    if to_base64(data) != text:
        raise ValueError("base64 in another than its one spelling")
    return data
