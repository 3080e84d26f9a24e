"""Where PINs and passphrases come from."""

import getpass
import os
from collections.abc import Iterator

import pytest

from qlang.trust.errors import CustodyError
from qlang.trust.secret_sources import (
    FromDescriptor,
    FromTerminal,
    FromVariable,
    SecretKind,
    SecretSource,
    parse_source,
)

PHRASE = SecretKind("passphrase", "development", 1024, "`--passphrase`")
PIN = SecretKind("PIN", "token", 255, "`pin`", printable=True)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person types, one text for each question."""
    typed: list[str] = []
    monkeypatch.setattr("qlang.trust.secret_sources.has_terminal", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda question: typed.pop(0))
    return typed


def reading(data: bytes) -> Iterator[int]:
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    yield read
    os.close(read)


@pytest.mark.parametrize(
    ("text", "source", "interactive"),
    [
        ("prompt", FromTerminal(), True),
        ("fd:3", FromDescriptor(3), False),
        ("env:NAME", FromVariable("NAME"), False),
    ],
)
def test_places(text: str, source: SecretSource, interactive: bool) -> None:
    assert parse_source(text) == source
    assert source.interactive is interactive


@pytest.mark.parametrize("text", ["", "hunter2hunter2", "env:", "env:a b", "fd:x", "fd:-1", "fd:", "file:/x", "fd:²"])
def test_what_is_no_place(text: str) -> None:
    assert parse_source(text) is None


@pytest.mark.parametrize("kind", [PIN, PHRASE])
@pytest.mark.parametrize(
    ("data", "secret", "rest"),
    [
        (b"1234\nrest", "1234", b"rest"),
        (b"1234", "1234", b""),
        (b"12 34\r\n", "12 34", b""),
        ("ä€\r\nanything else".encode(), "ä€", b"anything else"),
    ],
)
def test_one_line_of_a_descriptor_is_the_secret(kind: SecretKind, data: bytes, secret: str, rest: bytes) -> None:
    for descriptor in reading(data):
        assert FromDescriptor(descriptor).read(kind, "?") == secret
        assert os.read(descriptor, 100) == rest


@pytest.mark.parametrize(
    ("kind", "data"),
    [(kind, data) for kind in (PIN, PHRASE) for data in (b"", b"\n", b"\xff\xfe\n", b"x" * 2000)]
    + [(PIN, b"a\x00b\n")],
)
def test_no_secret_in_a_descriptor_is_an_error_without_its_content(kind: SecretKind, data: bytes) -> None:
    for descriptor in reading(data):
        with pytest.raises(CustodyError, match=f"file descriptor {descriptor} does not hold a {kind.name}") as error:
            FromDescriptor(descriptor).read(kind, "?")
        assert "xxx" not in str(error.value)


def test_a_descriptor_that_is_not_open() -> None:
    with pytest.raises(CustodyError, match="cannot be read for the PIN"):
        FromDescriptor(987).read(PIN, "?")


def test_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PIN", "0000")
    assert FromVariable("LAB_PIN").read(PIN, "?") == "0000"
    for wrong in ("", "x" * 256, "a\tb"):
        monkeypatch.setenv("LAB_PIN", wrong)
        with pytest.raises(CustodyError, match="LAB_PIN does not hold a PIN of 1 to 255 printable bytes"):
            FromVariable("LAB_PIN").read(PIN, "?")
    monkeypatch.delenv("LAB_PIN")
    with pytest.raises(CustodyError, match="LAB_PIN, which should hold the PIN, is not set"):
        FromVariable("LAB_PIN").read(PIN, "?")


def test_a_person_is_asked(answers: list[str]) -> None:
    answers += ["secret", "secret", "secret", "secret", "secrets"]
    assert FromTerminal().read(PHRASE, "?") == "secret"
    assert FromTerminal().read(PHRASE, "?", twice=True) == "secret"
    with pytest.raises(CustodyError, match="the two passphrases differ"):
        FromTerminal().read(PHRASE, "?", twice=True)
    assert not answers


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qlang.trust.secret_sources.has_terminal", lambda: False)
    with pytest.raises(CustodyError, match="no terminal to ask for the passphrase; `--passphrase` names"):
        FromTerminal().read(PHRASE, "?")
