"""What can be said about the configured tokens: whether they are there, and whether they keep their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from qlang.trust.custody import NOT_ENFORCED, TOKEN_NATIVE, TOKEN_WRAPPED, Custodian, KeyRecord, ProbeReport
from qlang.trust.errors import CustodyError
from qlang.trust.secret_sources import FromVariable
from qlang.trust.token.config import TokenConfig
from qlang.trust.token.native import TokenNativeCustodian
from qlang.trust.token.session import Token
from qlang.trust.token.wrapped import TokenWrappedCustodian


@dataclass(frozen=True, slots=True)
class TokenFinding:
    """An answer: `fault` makes something fail, `warning` deserves a look."""

    name: str
    state: Literal["ok", "warning", "fault"]
    detail: str


def token_findings(
    tokens: Mapping[str, TokenConfig], records: Sequence[KeyRecord], state: Path
) -> tuple[TokenFinding, ...]:
    """Look for each token, and probe the keys in it again where its PIN comes from an environment variable.

    Nobody is asked for a PIN, and no descriptor is read: then the verdict of the last probe is repeated, and said to
    be so. `records`: all keys of the user; `state`: the folder of the counters of wrong PINs.
    """
    found: list[TokenFinding] = []
    for name, config in tokens.items():
        token = Token(config, state)
        there = _presence(name, token)
        found.append(there)
        mine = [record for record in records if record.protection.get("token_label") == config.label]
        found += _verdicts(token, mine, reachable=there.state == "ok")
    labels = {config.label for config in tokens.values()}
    for record in records:
        label = record.protection.get("token_label")
        if record.custody in (TOKEN_NATIVE, TOKEN_WRAPPED) and label not in labels:
            detail = f"is in token {label!r}, which no `[tokens]` of this project names"
            found.append(TokenFinding(f"key {record.public.key_id}", "ok", detail))
    return tuple(found)


def _presence(name: str, token: Token) -> TokenFinding:
    title = f"token {name}"
    try:
        serial = token.serial()
        native, wrapped = TokenNativeCustodian(token).algorithms(), TokenWrappedCustodian(token).algorithms()
    except CustodyError as error:
        return TokenFinding(title, "fault", error.reason)
    parts = [f"{token.config.label!r}, serial number {serial}", f"signs with {', '.join(native) or 'nothing we know'}"]
    parts.append("wraps secrets" if wrapped else "cannot wrap secrets")
    return TokenFinding(title, "ok", "; ".join(parts))


def _verdicts(token: Token, records: Sequence[KeyRecord], *, reachable: bool) -> Iterator[TokenFinding]:
    probing = reachable and isinstance(token.config.pin, FromVariable)
    custodians: Mapping[str, Custodian] = {
        TOKEN_NATIVE: TokenNativeCustodian(token),
        TOKEN_WRAPPED: TokenWrappedCustodian(token),
    }
    for record in records:
        title = f"key {record.public.key_id}"
        if record.custody not in custodians:
            continue
        if not probing:
            yield _verdict(title, record.probe, "when it was probed last; `qlangc keys probe` tries again")
            continue
        try:
            report = custodians[record.custody].probe(record)
        except CustodyError as error:
            yield TokenFinding(title, "fault", error.reason)
            return  # the PIN may be wrong: one try is enough
        yield _verdict(title, report, "probed now")


def _verdict(title: str, report: ProbeReport, when: str) -> TokenFinding:
    yielded = ", ".join(attempt.name for attempt in report.attempts if attempt.yielded)
    detail = f"{report.verdict} ({when})"
    if report.enforced:
        return TokenFinding(title, "ok", detail)
    if report.verdict == NOT_ENFORCED and yielded:
        detail += f"; the token yields to: {yielded}"
    return TokenFinding(title, "warning", f"{detail}; policies for production refuse it")
