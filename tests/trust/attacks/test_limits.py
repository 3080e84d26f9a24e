"""Files made to cost time or memory."""

import time
from pathlib import Path

import pytest

from qlang.trust.errors import PolicyError
from qlang.trust.policy.load import MAX_BYTES, load_policy
from qlang.trust.policy.places import key_lines


@pytest.mark.parametrize("unit", ['\\"""\n', "'''\n", '"""\n', '"\\\n', '\\"""\n\\', "\"''\n"])
def test_open_quotes_are_read_in_linear_time(tmp_path: Path, unit: str) -> None:
    """Quadratic reading takes minutes for the largest policy file, linear reading well below a second."""
    path, text = tmp_path / "qlang-policy.toml", "schema = 1\n" + unit * ((MAX_BYTES - 100) // len(unit))
    path.write_text(text)
    start = time.process_time()
    with pytest.raises(PolicyError):
        load_policy(path)
    assert time.process_time() - start < 10


def test_quotes_that_never_close_hide_no_nesting() -> None:
    assert key_lines('a = """\n[b]\n') == {"a": 1}
    assert key_lines('a = """x\\"""\n"""\nb = 1\n') == {"a": 1, "b": 3}
    assert key_lines("a = '''x\n'''\nb = 1\n") == {"a": 1, "b": 3}
