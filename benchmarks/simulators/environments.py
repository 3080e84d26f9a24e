"""Environments of the peers: one for each, under the user's cache folder, with pinned versions.

A peer for GPUs that this interpreter can import already is used as it is: where there are GPUs there is often no index
to install from.
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from qlang.kernels.cuda.driver import device_memory

INSTALL_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody else's simulator."""

    name: str
    module: str
    """Of `benchmarks.simulators.workers`."""
    packages: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    gpu: bool = False
    environment: str = ""
    """The name of another peer whose environment it shares."""
    import_name: str = ""
    """Of a peer for GPUs: what is looked for in this interpreter before an environment is made."""


PEERS = {
    peer.name: peer
    for peer in (
        Peer("qsim", "qsim", ("qsimcirq==0.22.1", "cirq-core==1.7.0")),
        Peer("lightning", "lightning", ("pennylane-lightning==0.45.0", "pennylane==0.45.1")),
        Peer("pennylane", "lightning", (), ("--device",), environment="lightning"),
        Peer("qulacs", "qulacs", ("qulacs==0.6.14",)),
        Peer("aer", "aer", ("qiskit-aer==0.18.2", "qiskit==2.6.2")),
        Peer(
            "custatevec",
            "custatevec",
            ("custatevec-cu12==1.15.0", "nvidia-cublas-cu12", "numpy"),
            gpu=True,
            import_name="cuquantum",
        ),
        Peer("aer-gpu", "aer", ("qiskit-aer-gpu==0.18.2", "qiskit==2.6.2"), ("--gpu",), gpu=True),
        Peer("cudaq", "cudaq", ("cuda-quantum-cu12==0.16.0.post1",), gpu=True, import_name="cudaq"),
    )
}
"""`pennylane` is Lightning as PennyLane's device calls it, where that matters: for many sets of parameters.
`custatevec` fuses gates itself; `aer-gpu` does, and is tried with its own kernels and with cuStateVec's; `cudaq` fuses
them as well."""
CPU_PEERS = tuple(name for name, peer in PEERS.items() if not peer.gpu)
GPU_PEERS = tuple(name for name, peer in PEERS.items() if peer.gpu)


class NotInstallable(Exception):
    """A peer cannot be had here; says why."""


_REFUSED: dict[str, str] = {}
"""Why a peer could not be installed by this process: where there is no network, each attempt takes half a minute."""


def peers_folder() -> Path:
    """Where the environments are: the `qlang/benchmarks/peers` of the user's cache folder (XDG_CACHE_HOME)."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    return root / "qlang" / "benchmarks" / "peers"


def has_gpu() -> bool:
    """Whether NVIDIA's driver shows a device."""
    return bool(device_memory())


def interpreter(peer: Peer) -> Path:
    """Python of the peer's environment, which is made where it is missing or has other versions; this one where it
    can import a peer for GPUs.

    Raises `NotInstallable` where there is no device for it or the packages cannot be installed.
    """
    if peer.environment:
        return interpreter(PEERS[peer.environment])
    if peer.gpu and not has_gpu():
        raise NotInstallable("no device")
    if peer.import_name and find_spec(peer.import_name) is not None:
        return Path(sys.executable)
    if peer.name in _REFUSED:
        raise NotInstallable(_REFUSED[peer.name])
    folder = peers_folder() / peer.name
    python, done = folder / "bin" / "python", folder / "installed.json"
    wanted = json.dumps({"packages": peer.packages, "python": sys.version_info[:2]})
    with _locked(folder.with_suffix(".lock")):
        if not (done.exists() and done.read_text(encoding="utf-8") == wanted):
            try:
                _install(peer, folder, python)
            except NotInstallable as refusal:
                _REFUSED[peer.name] = str(refusal)
                raise
            done.write_text(wanted, encoding="utf-8")
    return python


def _install(peer: Peer, folder: Path, python: Path) -> None:
    print(f"installing {', '.join(peer.packages)} into {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
    except subprocess.CalledProcessError:  # as where Python comes without ensurepip
        raise NotInstallable("no virtual environment with pip can be made") from None
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *peer.packages]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NotInstallable(f"pip took longer than {INSTALL_SECONDS} s") from None
    if finished.returncode != 0:
        said = [line for line in finished.stderr.splitlines() if line.startswith("ERROR")]
        raise NotInstallable((said or ["pip failed"])[-1].removeprefix("ERROR: ")[:200])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time installs a peer."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
