"""A process that is forked while a thread compiles or runs can do both, as its parent can."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="where programs fork that have threads")

FORKING = """
import faulthandler, os, threading

def in_a_child(work):
    # The child's status, which is not 0 where the work has not come to an end.
    child = os.fork()
    if child == 0:
        faulthandler.dump_traceback_later(60, exit=True)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""

COMPILING = """
from qlang.kernels.cpu.compiler import Compiler, Source
from qlang.kernels.cpu.host import host_target
from qlang.kernels.cpu.kernel_text import plain_module
from qlang.kernels.cpu.shapes import TurnShape

HOST = host_target()

def source(registers, write=plain_module):
    return Source(write, (TurnShape(HOST, "float32", registers, rotations=1),), HOST)

compiler, begun, forking = Compiler(None), threading.Event(), threading.Event()

def write(shape, name):
    begun.set()
    assert forking.wait(60)
    return plain_module(shape, name)

thread = threading.Thread(target=compiler.addresses, args=([source(3, write), *map(source, (2, 3, 4))],))
thread.start()
assert begun.wait(60)
os.register_at_fork(before=forking.set)  # the last one to be registered is the first one to be called

def work():
    assert compiler.address(source(4)) and compiler.address(source(1)) and Compiler(None).address(source(2))

assert in_a_child(work) == 0
thread.join()
assert compiler.address(source(4))
"""

RUNNING = """
import qlang as ql

TEXT = '''
include "stdgates.inc";
circuit chain(int n) {
  qubit[n] q;
  for int i in [0:n-1] { rx(0.1 * i) q[i]; }
  for int i in [0:n-2] { cx q[i], q[i+1]; }
}
observable z(qubit[N] q) = Z(q[0]) + Z(q[N-1]);
job j { run chain(n = N); expect z = z(q); shots 100; seed 1; backend sim; }
'''

def value(qubits):
    return ql.compile(TEXT.replace("N", str(qubits))).run().expect["z"].value

expected, over = value(14), False

def others():
    while not over:
        for n in (12, 13, 14, 15):
            value(n)

def work():
    assert value(14) == expected

thread = threading.Thread(target=others)
thread.start()
codes = [in_a_child(work) for _ in range(3)]
over = True
thread.join()
assert codes == [0] * 3, codes
"""


@pytest.mark.parametrize("program", [COMPILING, RUNNING], ids=["compiling", "running"])
def test_a_forked_process_does_what_its_parent_does(program: str, in_workspace: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING + program], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
