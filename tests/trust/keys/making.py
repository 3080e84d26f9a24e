"""A process that makes development keys and rotates them until it is killed; prints the id of each that is kept."""

import sys
from pathlib import Path

from qlang.trust.keys.life import create_key, rotate_key
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import development_ring

if __name__ == "__main__":
    ring = development_ring(KeyPaths(Path(sys.argv[1]), Path(sys.argv[2])))
    print("begun", flush=True)
    while True:
        for algorithm in ("ed25519", "ml-dsa-65"):
            record = create_key(ring, algorithm, "run-manifest", sys.argv[3])
            print(record.public.key_id, flush=True)
        record, _ = rotate_key(ring, record)
        print(record.public.key_id, flush=True)
