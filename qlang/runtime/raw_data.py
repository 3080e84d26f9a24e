"""What was measured, before any estimate: schema `qlang.raw/1`, one record for each point, scale and setting."""

from typing import Any

from qlang.backends.protocol import Outcome, SettingOutcome
from qlang.runtime.outcomes import bit_string
from qlang.runtime.stages import Raw
from qlang.trust.canonical import sha256_digest

SCHEMA = "qlang.raw/1"
MAX_INLINE = 1 << 12
"""Probabilities that are written out; of longer distributions only the digest."""


def raw_json(raw: Raw) -> dict[str, Any]:
    """Plain data of everything that the settings gave."""
    return {
        "schema": SCHEMA,
        "backend": raw.place.backend,
        "points": [
            {"parameters": raw.points.parameters(index), **_outcome(outcome, raw.requests[index].settings)}
            for index, outcome in enumerate(raw.outcomes)
        ],
    }


def _outcome(outcome: Outcome, settings: tuple[str, ...]) -> dict[str, Any]:
    scales = [
        {
            "scale": scale.scale,
            "shots": scale.shots,
            "settings": [{"basis": b, **_setting(s)} for b, s in zip(settings, scale.settings, strict=True)],
        }
        for scale in outcome.scales
    ]
    return {"simulation": outcome.method, "scales": scales}


def _setting(setting: SettingOutcome) -> dict[str, Any]:
    wires = list(setting.wires)
    if setting.counts is not None:
        return {"wires": wires, "counts": {bit_string(k, len(wires)): n for k, n in setting.counts.items()}}
    if setting.means is not None:
        means = {"*".join(f"Z{wire}" for wire in product): mean for product, mean in setting.means.items()}
        return {"wires": wires, "means": means}
    assert setting.probabilities is not None
    if len(setting.probabilities) <= MAX_INLINE:
        return {"wires": wires, "probabilities": setting.probabilities.tolist()}
    return {"wires": wires, "digest": sha256_digest(setting.probabilities.astype("<f8").tobytes())}
