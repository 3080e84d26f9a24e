"""What is known of one kernel on one device: all its results, the pinned default, and the best that was confirmed.

One JSON document that meets both of T4's schemas, results and metadata; what T4 has no word for is under
`metadata.qlang`, with a digest over the rest, so that damage is noticed.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from qlang.tuning.device import Device
from qlang.tuning.result import NotARecord, Result, mapping, number, result_from_json, result_json, text
from qlang.tuning.space import Configuration, Space
from qlang.tuning.statistics import Interval

FORMAT = "qlang.tuning/1"
SCHEMA_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Kernel:
    """What a record is about. Another structure, size, precision or number of threads has a record of its own."""

    qubits: int
    precision: str
    """`float32` or `float64`."""
    structure: str
    """Hexadecimal digest of the steps that the kernel consists of; angles are not part of it."""
    threads: int
    """The most that may be used."""

    @property
    def digest(self) -> str:
        """64 hexadecimal digits."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Best:
    """A configuration that fresh repetitions have shown to be better than the default, beyond its interval."""

    configuration: Configuration
    latency: Interval
    """t/t₀, below 1 with the whole interval."""
    confidence: float


@dataclass(frozen=True, slots=True)
class Record:
    """See the module."""

    kernel: Kernel
    device: Device
    default: Configuration
    """What all results are relative to; that of a record that was read may be outside of today's space."""
    fitness: str
    """`latency-only` or `latency+energy`."""
    counter: str
    """Which counter measured the energy, or why none did."""
    results: tuple[Result, ...] = ()
    best: Best | None = None
    """`None`: nothing was confirmed to be better than the default."""
    elsewhere: tuple[Mapping[str, Any], ...] = ()
    """Items of results outside of the space that the record was read for, as where memory leaves a precision out."""


def record_json(record: Record) -> dict[str, Any]:
    """The whole document."""
    device, best = record.device, record.best
    own: dict[str, Any] = {
        "format": FORMAT,
        "kernel": asdict(record.kernel),
        "device": device.digest,
        "default": dict(record.default),
        "fitness": record.fitness,
        "energy_counter": record.counter,
        "best": None,
    }
    if best is not None:
        latency = [best.latency.value, best.latency.low, best.latency.high]
        own["best"] = {
            "configuration": dict(best.configuration),
            "time_ratio": latency,
            "confidence": best.confidence,
        }
    document = {
        "schema_version": SCHEMA_VERSION,
        "metadata": {
            "hardware": {
                "hardware_description": [asdict(device)],
                "operating_system": f"{platform.system()} {platform.release()}",
            },
            "environment": {"device_query": {}, "requirements": list(device.software)},
            "qlang": own,
        },
        "results": [*(result_json(result) for result in record.results), *record.elsewhere],
    }
    own["digest"] = _digest(document)
    return document


def record_from_json(document: Any, kernel: Kernel, device: Device, space: Space) -> Record:
    """The record of a kernel and a device. Raises: NotARecord for any other document, or a damaged one."""
    own = _own(document, kernel, device)
    items = document.get("results")
    if not isinstance(items, list):
        raise NotARecord("results are no list")
    results = [result_from_json(item, space) for item in items]
    elsewhere = tuple(item for item, result in zip(items, results, strict=True) if result is None)
    try:
        json.dumps(elsewhere, allow_nan=False)
    except ValueError as error:
        raise NotARecord("a result that is no JSON") from error
    return Record(
        kernel,
        device,
        _default(own.get("default")),
        text(own.get("fitness"), "fitness"),
        text(own.get("energy_counter"), "energy_counter"),
        tuple(result for result in results if result is not None),
        _best(own.get("best"), space),
        elsewhere,
    )


def best_from_json(document: Any, kernel: Kernel, device: Device, space: Space, default: Configuration) -> Best | None:
    """The best alone, without working through the results; `None` too where it is relative to another default.

    Raises: NotARecord.
    """
    own = _own(document, kernel, device)
    return _best(own.get("best"), space) if own.get("default") == dict(default) else None


def _own(document: Any, kernel: Kernel, device: Device) -> dict[str, Any]:
    """The part that is qlang's, if the document is whole and about this kernel and device."""
    metadata = mapping(mapping(document, "record").get("metadata"), "metadata")
    own = dict(mapping(metadata.get("qlang"), "metadata.qlang"))
    if own.get("format") != FORMAT:
        raise NotARecord(f"its format is not {FORMAT}")
    if own.get("digest") != _digest(document):
        raise NotARecord("its digest does not fit")
    if own.get("kernel") != asdict(kernel) or own.get("device") != device.digest:
        raise NotARecord("it is about another kernel or device")
    return own


def _default(data: Any) -> Configuration:
    values = mapping(data, "default")
    for name, value in values.items():
        if not isinstance(value, str):
            number(value, name)
    return Configuration(tuple(values.items()))


def _best(data: Any, space: Space) -> Best | None:
    """`None` too for one outside of the space, which cannot be used."""
    if data is None:
        return None
    said = mapping(data, "best")
    configuration, ratio = space.point(mapping(said.get("configuration"), "best")), said.get("time_ratio")
    if not isinstance(ratio, list) or len(ratio) != 3:
        raise NotARecord("a best without its interval")
    value, low, high = (number(part, "time_ratio") for part in ratio)
    confidence = number(said.get("confidence"), "confidence")
    return None if configuration is None else Best(configuration, Interval(value, low, high), confidence)


def _digest(document: dict[str, Any]) -> str:
    """Over everything but the digest itself."""
    metadata = document["metadata"]
    own = {name: value for name, value in metadata["qlang"].items() if name != "digest"}
    bare = {**document, "metadata": {**metadata, "qlang": own}}
    return f"sha256:{sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()}"
