"""A policy's rules as plain data, in the form of its file: what is hashed, recorded with a run and shown."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from qlang.trust.canonical import Json
from qlang.trust.policy.model import SCHEMA, LogTrust, Policy, Section, Witnesses

_IN_ORDER = ("sign",)
"""Whose order is that of the signatures; all other lists are sets."""


def policy_content(policy: Policy) -> dict[str, Json]:
    """The rules, what says nothing left out; durations in seconds. `load.policy_of` reads it back."""
    tenants: dict[str, Json] = {name: section_content(section) for name, section in sorted(policy.tenants.items())}
    content: dict[str, Json] = {"schema": SCHEMA, "defaults": section_content(policy.defaults), "tenants": tenants}
    content |= {"log": section_content(policy.log), "witnesses": section_content(policy.witnesses)}
    return {name: value for name, value in content.items() if value != {}}


def section_content(part: Section | LogTrust | Witnesses) -> dict[str, Json]:
    """What a part of a policy states, without what it leaves open."""
    empty = type(part)()
    values = {entry.name: getattr(part, entry.name) for entry in fields(part)}
    return {name: _value(name, value) for name, value in values.items() if value != getattr(empty, name)}


def _value(name: str, value: Any) -> Json:
    if name.startswith("max_"):
        return f"{value}s"
    if isinstance(value, tuple):
        return list(value) if name in _IN_ORDER else sorted(set(value), key=lambda item: (isinstance(item, int), item))
    if isinstance(value, (bool, int)):
        return value
    return {mode: _value(name, tuple(names)) for mode, names in sorted(value.items())}
