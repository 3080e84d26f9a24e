"""Which token, and where its PIN comes from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qlang.trust.errors import CustodyError, TokenConfigError
from qlang.trust.token.config import TokenConfig, parse_token_config
from qlang.trust.token.pin import PinDescriptor, PinPrompt, PinVariable, parse_pin_source

MINIMAL = {"module": "/usr/lib/module.so", "label": "lab"}


def test_everything_that_can_be_said() -> None:
    assert parse_token_config(MINIMAL) == TokenConfig(Path("/usr/lib/module.so"), "lab")
    full = {**MINIMAL, "serial": "a1b2", "pin": "env:LAB_PIN", "kek_label": "wrapper"}
    expected = TokenConfig(Path("/usr/lib/module.so"), "lab", "a1b2", PinVariable("LAB_PIN"), "wrapper")
    assert parse_token_config(full) == expected


@pytest.mark.parametrize(
    ("values", "key", "reason"),
    [
        ({}, "module", "is missing"),
        ({"module": "/m.so"}, "label", "is missing"),
        ({**MINIMAL, "module": "lib/m.so"}, "module", "must be an absolute path"),
        ({**MINIMAL, "module": 3}, "module", "must be a text"),
        ({**MINIMAL, "label": ""}, "label", "must not be empty"),
        ({**MINIMAL, "label": "x" * 33}, "label", "at most 32 bytes"),
        ({**MINIMAL, "label": "a\nb"}, "label", "must be printable"),
        ({**MINIMAL, "serial": "1" * 17}, "serial", "at most 16 bytes"),
        ({**MINIMAL, "pins": "1234"}, "pins", "is not a key of a token"),
        ({**MINIMAL, "pin": "1234"}, "pin", "says where the PIN comes from"),
        ({**MINIMAL, "pin": "fd:x"}, "pin", "says where"),
        ({**MINIMAL, "pin": "fd:-1"}, "pin", "says where"),
        ({**MINIMAL, "pin": "env:"}, "pin", "says where"),
        ({**MINIMAL, "pin": "env:A B"}, "pin", "says where"),
    ],
)
def test_mistakes_are_named(values, key, reason) -> None:
    with pytest.raises(TokenConfigError, match=reason) as error:
        parse_token_config(values)
    assert error.value.key == key
    assert "1234" not in str(error.value)


def test_a_project_does_not_bring_its_own_module(tmp_path) -> None:
    inside = tmp_path / "project" / "m.so"
    inside.parent.mkdir()
    inside.touch()
    link = tmp_path / "link.so"
    link.symlink_to(inside)
    for module in (inside, link, tmp_path / "project" / ".." / "project" / "m.so"):
        with pytest.raises(TokenConfigError, match="lies inside the project"):
            parse_token_config({"module": os.fspath(module), "label": "x"}, inside.parent)
    parse_token_config({"module": os.fspath(inside), "label": "x"}, tmp_path / "elsewhere")


def test_pin_sources() -> None:
    assert parse_pin_source("prompt") == PinPrompt() and PinPrompt().interactive
    assert parse_pin_source("fd:3") == PinDescriptor(3)
    assert parse_pin_source("env:NAME") == PinVariable("NAME")


@pytest.mark.parametrize(
    ("data", "pin"), [(b"1234\nrest", "1234"), (b"1234", "1234"), (b"12 34\r\n", "12 34"), ("ä€".encode(), "ä€")]
)
def test_one_line_of_a_descriptor_is_the_pin(data, pin) -> None:
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    assert PinDescriptor(read).read("lab") == pin
    os.close(read)


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe\n", b"a\x00b\n", b"x" * 300])
def test_no_pin_in_a_descriptor_is_an_error_without_its_content(data) -> None:
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    with pytest.raises(CustodyError, match=f"file descriptor {read} does not hold a PIN") as error:
        PinDescriptor(read).read("lab")
    assert "xxx" not in str(error.value)
    os.close(read)
    with pytest.raises(CustodyError, match="cannot be read"):
        PinDescriptor(read).read("lab")


def test_variables(monkeypatch) -> None:
    monkeypatch.setenv("LAB_PIN", "0000")
    assert PinVariable("LAB_PIN").read("lab") == "0000"
    monkeypatch.setenv("LAB_PIN", "")
    with pytest.raises(CustodyError, match="environment variable LAB_PIN does not hold a PIN"):
        PinVariable("LAB_PIN").read("lab")
