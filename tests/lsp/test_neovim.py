"""The configuration that we give to users of Neovim, in Neovim itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NEOVIM = Path(sys.executable).with_name("nvim")
CONFIG = Path(__file__).parents[2] / "editors" / "neovim" / "qlang.lua"
SCRIPT = Path(__file__).with_name("neovim.lua")

TEXT = """\
circuit bell() {
qubit[2] q;  /* 🦆 */ cnot q[0], q[1];
  cx q[0], q[1];
}
job j { run bell(); sample q; shots 100; backend sim; }
"""


@pytest.mark.skipif(not NEOVIM.exists(), reason="Neovim comes with the development extras on Linux only")
def test_a_session_in_neovim(tmp_path: Path) -> None:
    file, output = tmp_path / "a.qjob", tmp_path / "seen.json"
    file.write_text(TEXT, encoding="utf-8")
    environment = {
        **os.environ,
        "PATH": f"{NEOVIM.parent}{os.pathsep}{os.environ['PATH']}",
        **{f"XDG_{each}_HOME": str(tmp_path / each) for each in ("CONFIG", "DATA", "STATE", "CACHE")},
    }
    done = subprocess.run(
        [NEOVIM, "--headless", "-u", "NONE", "-l", SCRIPT, CONFIG, file, output],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(output.read_text(encoding="utf-8"))
    assert seen["filetype"] == "qjob"
    assert seen["encoding"] == "utf-8"
    column = len(TEXT.splitlines()[1].partition("cnot")[0].encode())
    assert seen["diagnostics"] == [{"code": "QJ0203", "line": 1, "column": column}]
    assert "gate cx a, b" in seen["hover"]
    assert {"cx", "rzz", "measure", "q"} <= set(seen["completion"])
    assert seen["text"].startswith("circuit bell() {\n  qubit[2] q;")
    assert file.read_text(encoding="utf-8") == seen["text"]
