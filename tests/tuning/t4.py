"""What T4 asks of results and metadata, as JSON schemas.

Written from the published fields of Kernel Tuner's `schema/T4/1.0.0/results-schema.json` and `metadata-schema.json`
(https://github.com/KernelTuner/kernel_tuner, Apache-2.0; T4 is the open results format of
https://github.com/odgaard/TuningSchema). Stricter in one point: what T4 leaves optional in a result is required.
"""

from typing import Any

_NUMBERS = {"type": "array", "items": {"type": "number"}}
_VERSION = {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"}

RESULTS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["schema_version", "results"],
    "properties": {
        "schema_version": _VERSION,
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "timestamp",
                    "configuration",
                    "objectives",
                    "times",
                    "invalidity",
                    "correctness",
                    "measurements",
                ],
                "additionalProperties": False,
                "properties": {
                    "timestamp": {"type": "string", "format": "date-time"},
                    "configuration": {"type": "object", "minProperties": 1},
                    "objectives": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "times": {
                        "type": "object",
                        "required": ["compilation_time", "runtimes", "framework", "search_algorithm", "validation"],
                        "additionalProperties": False,
                        "properties": {
                            "compilation_time": {"type": "number", "minimum": 0},
                            "runtimes": _NUMBERS,
                            "framework": {"type": "number", "minimum": 0},
                            "search_algorithm": {"type": "number", "minimum": 0},
                            "validation": {"type": "number", "minimum": 0},
                        },
                    },
                    "invalidity": {"enum": ["timeout", "compile", "runtime", "correctness", "constraints", "correct"]},
                    "correctness": {"type": "number"},
                    "measurements": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["name", "value", "unit"],
                            "additionalProperties": False,
                            "properties": {
                                "name": {"type": "string"},
                                "value": {"type": ["number", "string", "array"]},
                                "unit": {"type": "string"},
                            },
                        },
                    },
                },
            },
        },
    },
}

METADATA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["schema_version", "metadata"],
    "properties": {
        "schema_version": _VERSION,
        "metadata": {
            "type": "object",
            "required": ["hardware", "environment"],
            "properties": {
                "zenodo": {"type": "object"},
                "hardware": {
                    "type": "object",
                    "properties": {
                        "hardware_description": {"type": "array"},
                        "operating_system": {"type": "string"},
                    },
                },
                "environment": {
                    "type": "object",
                    "properties": {"device_query": {"type": "object"}, "requirements": {"type": "array"}},
                },
            },
        },
    },
}
