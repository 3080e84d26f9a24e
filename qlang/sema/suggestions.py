"""Did you mean: the nearest known name, by spelling or by what other libraries call the thing."""

from collections.abc import Iterable

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
    """The known name that was probably meant; `None` where nothing is near.

    Near is a Damerau–Levenshtein distance of at most max(1, len/3), case ignored; among equally near ones
    those with the same first letter, then the first. Names of one letter only match in another case or by synonym,
    as one letter carries too little to be near to another.
    """
    names = dict.fromkeys(known)
    lowered = name.lower()
    for synonym in SYNONYMS.get(lowered.replace("_", ""), ()):
        if synonym in names and synonym != name:
            return synonym
    limit = max(1, len(name) // 3)
    best: tuple[int, bool, str] | None = None
    for candidate in names:
        other = candidate.lower()
        if other == lowered:
            return candidate
        if min(len(name), len(candidate)) < 2 or abs(len(name) - len(candidate)) > limit:
            continue
        found = (distance(lowered, other, limit), other[0] != lowered[0])
        if found[0] <= limit and (best is None or found < best[:2]):
            best = (*found, candidate)
    return None if best is None else best[2]


def distance(left: str, right: str, limit: int) -> int:
    """Damerau–Levenshtein distance (optimal string alignment); any number above the limit where it is larger."""
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (a != b))
            if row > 1 and column > 1 and a == right[column - 2] and left[row - 2] == b:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]
