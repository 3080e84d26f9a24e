"""A process that makes a key in a token and is killed at a named point: arguments are JSON.

The points are functions of the real code; what is put around them is the kill, before or after the real call.
"""

import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

from qlang.trust.keys.life import create_key, rotate_key
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.user import user_ring


def kill_at(place: str, when: str) -> None:
    module, _, name = place.partition(":")
    owner = import_module(module)
    while "." in name:
        head, _, name = name.partition(".")
        owner = getattr(owner, head)
    real = getattr(owner, name)

    calls = []

    def dying(*arguments, **options):
        calls.append(1)
        if when == "before" or (when == "second" and len(calls) == 2):
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*arguments, **options)
        if when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, name, dying)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    paths = KeyPaths(Path(given["store"]), Path(given["state"]))
    if given["place"]:
        kill_at(given["place"], given["when"])
    ring = user_ring(Path(given["workspace"]), paths=paths)
    if given.get("rotate"):
        (old,) = ring.contents().records
        rotate_key(ring, old)
    record = create_key(ring, given["algorithm"], "run-manifest", "default", custody=given["custody"])
    print(json.dumps({"key_id": record.public.key_id, "notices": ring.notices}))
