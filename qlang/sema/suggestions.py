"""Did you mean: the nearest known name, by spelling or by what other libraries call the thing."""

from collections.abc import Iterable

from qlang.syntax.spelling import nearest

SYNONYMS: dict[str, tuple[str, ...]] = {
    "cnot": ("cx",),
    "controlledx": ("cx",),
    "cxgate": ("cx",),
    "toffoli": ("ccx",),
    "ccnot": ("ccx",),
    "tof": ("ccx",),
    "fredkin": ("cswap",),
    "hadamard": ("h",),
    "had": ("h",),
    "not": ("x",),
    "paulix": ("x",),
    "pauliy": ("y",),
    "pauliz": ("z",),
    "phase": ("p", "phase"),
    "phaseshift": ("p",),
    "u1": ("p",),
    "u2": ("u2", "u", "U"),
    "u3": ("u", "U"),
    "cphase": ("cp",),
    "controlledphase": ("cp",),
    "cu1": ("cp",),
    "cphaseshift": ("cp",),
    "identity": ("id",),
    "iden": ("id",),
    "i": ("id",),
    "sqrtx": ("sx",),
    "v": ("sx",),
    "sdag": ("sdg",),
    "sdagger": ("sdg",),
    "si": ("sdg",),
    "tdag": ("tdg",),
    "tdagger": ("tdg",),
    "ti": ("tdg",),
    "isingxx": ("rxx",),
    "isingyy": ("ryy",),
    "isingzz": ("rzz",),
    "zz": ("rzz",),
    "xx": ("rxx",),
    "yy": ("ryy",),
    "cnot_": ("cx",),
    "ccz_": ("ccz",),
    "rotx": ("rx",),
    "roty": ("ry",),
    "rotz": ("rz",),
    "acos": ("arccos",),
    "asin": ("arcsin",),
    "atan": ("arctan",),
    "arccosine": ("arccos",),
    "ln": ("log",),
    "ceil": ("ceiling",),
    "len": ("sizeof",),
    "length": ("sizeof",),
    "size": ("sizeof",),
    "bitcount": ("popcount",),
    "hammingweight": ("popcount",),
    "dd": ("ddd",),
    "trex": ("readout",),
    "mem": ("readout",),
    "m3": ("readout",),
    "twirling": ("twirl",),
    "extrapolation": ("zne",),
    "pqc": ("pqc_required",),
    "post_quantum": ("pqc_required",),
    "price": ("cost",),
    "time": ("latency",),
    "variance": ("stderr",),
    "std": ("stderr",),
}
"""What other libraries and people say, in lower case without `_`, against names here; the first known one wins."""


def suggest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, by synonym or by spelling; `None` where nothing is near."""
    names = dict.fromkeys(known)
    for synonym in SYNONYMS.get(name.lower().replace("_", ""), ()):
        if synonym in names and synonym != name:
            return synonym
    return nearest(name, names)
