"""`qlangc devices`: the devices that a job can name, their size and their calibration."""

from __future__ import annotations

from typing import Any

from qlang.catalogue import store
from qlang.catalogue.errors import CatalogueError
from qlang.catalogue.reach import reachability
from qlang.catalogue.snapshot import Snapshot
from qlang.catalogue.summary import summary
from qlang.compiler import exit_codes
from qlang.compiler.console import console_of, verb_parser
from qlang.compiler.failure import Failure
from qlang.compiler.tables import duration, quantity, short_digest, table

SCHEMA = "qlang.devices/1"
_DESCRIPTION = """List the devices that jobs can name: `backend sim like DEVICE` simulates one with its noise,
`backend DEVICE` runs on it where it can be reached. Errors are medians over the working qubits and pairs."""


def main(argv: list[str]) -> int:
    parser = verb_parser("devices", _DESCRIPTION)
    parser.add_argument("pattern", nargs="?", default="*", metavar="PATTERN", help="as in jobs: ibm.*, iqm.garnet")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    console = console_of(options)
    names = store.match(options.pattern)
    if not names:
        near = store.suggestions(options.pattern)
        raise Failure(
            f"no known device matches `{options.pattern}`",
            f"did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else "`qlangc devices` lists all",
            exit_codes.DIAGNOSTICS,
        )
    sources = store.sources()
    devices = [_device(name, sources[name]) for name in names]
    if options.json:
        console.result_json({"schema": SCHEMA, "devices": devices})
    else:
        console.result(_table(devices))
        console.note(_legend(devices))
    return exit_codes.OK


def _device(name: str, source: str) -> dict[str, Any]:
    """Everything that the table and the JSON show of a device; a broken snapshot says so."""
    real, simulated = reachability(name), None
    entry: dict[str, Any] = {"name": name, "source": source}
    try:
        snapshot = store.load(name)
        entry |= _calibration(snapshot)
        simulated = snapshot.unusable
    except CatalogueError as problem:
        simulated = str(problem)
    entry["reachable"] = real is None
    entry["unreachable_reason"] = real.text if real else None
    entry["simulated"] = simulated is None
    entry["not_simulated_reason"] = simulated
    return entry


def _calibration(snapshot: Snapshot) -> dict[str, Any]:
    known = summary(snapshot)
    return {
        "vendor": snapshot.vendor,
        "qubits": len(snapshot.qubits),
        "working_qubits": known.qubits,
        "couplers": known.couplers,
        "error_1q": known.error_1q,
        "error_2q": known.error_2q,
        "error_readout": known.readout_error,
        "t1_s": known.t1_s,
        "t2_s": known.t2_s,
        "native_2q": snapshot.native_2q,
        "snapshot": snapshot.id,
        "date": snapshot.date,
        "means_only": snapshot.means_only,
        "notes": list(snapshot.notes),
    }


_COLUMNS = ("device", "qubits", "1q error", "2q error", "readout", "T1", "T2", "calibrated", "snapshot", "runs", "from")
_NUMBERS = (1, 2, 3, 4, 5, 6)


def _table(devices: list[dict[str, Any]]) -> str:
    return table(_COLUMNS, [_row(device) for device in devices], right=_NUMBERS)


def _row(device: dict[str, Any]) -> list[str]:
    runs = "yes" if device["reachable"] else ("sim like" if device["simulated"] else "no")
    if "snapshot" not in device:
        return [device["name"], *["-"] * (len(_COLUMNS) - 3), runs, device["source"]]
    size = f"{device['working_qubits']}/{device['qubits']}"
    return [
        device["name"],
        str(device["qubits"]) if device["working_qubits"] == device["qubits"] else size,
        *(quantity(device[name], digits=2) for name in ("error_1q", "error_2q", "error_readout")),
        *(duration(device[name]) for name in ("t1_s", "t2_s")),
        (device["date"] or "-")[:10],
        short_digest(device["snapshot"]).removeprefix("sha256:"),
        runs,
        device["source"],
    ]


def _legend(devices: list[dict[str, Any]]) -> str:
    """Why devices are out of reach, each reason once."""
    reasons: dict[str, int] = {}
    for device in devices:
        for verb, text in (("reached", device["unreachable_reason"]), ("simulated", device["not_simulated_reason"])):
            if text:
                reason = f"cannot be {verb}: {text.removeprefix(device['name'] + ': ')}"
                reasons[reason] = reasons.get(reason, 0) + 1
    return "\n".join([f"{len(devices)} devices", *(f"{count} {reason}" for reason, count in reasons.items())])
