"""Commands that hold secrets leave no memory on disk when they crash."""

import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import resource, sys
from qlang.compiler.cli import main
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
main(sys.argv[1:])
sys.exit(resource.getrlimit(resource.RLIMIT_CORE)[0] != 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="core dumps are a thing of POSIX")
@pytest.mark.parametrize("command", [("keys", "list"), ("seal", "keys"), ("unseal", "absent", "-o", "out")])
def test_no_core_dump_is_written(command: tuple[str, ...], tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
