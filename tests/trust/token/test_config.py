"""Which token, and where its PIN comes from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qlang.trust.errors import TokenConfigError
from qlang.trust.secret_sources import FromVariable
from qlang.trust.token.config import TokenConfig, parse_token_config

MINIMAL = {"module": "/usr/lib/module.so", "label": "lab"}


def test_everything_that_can_be_said() -> None:
    assert parse_token_config(MINIMAL) == TokenConfig(Path("/usr/lib/module.so"), "lab")
    full = {**MINIMAL, "serial": "a1b2", "pin": "env:LAB_PIN", "kek_label": "wrapper"}
    expected = TokenConfig(Path("/usr/lib/module.so"), "lab", "a1b2", FromVariable("LAB_PIN"), "wrapper")
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
