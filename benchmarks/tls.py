"""Handshakes over loopback by key exchange and certificate, and sealing, each in one process with two threads.

A handshake here is everything a connection costs: context, TCP, handshake, one line, close. No bar of the project
speaks of it; what interests is the price of the post-quantum part.
"""

import statistics
import tempfile
import threading
from pathlib import Path
from time import perf_counter

from benchmarks.measure import Row, milliseconds, report

TIMES = 60
SIZE = 16 << 20


def handshake_rows() -> list[Row]:
    from qlang.trust.crypto_modes import ECDSA_P256, ML_DSA_65
    from qlang.trust.tls.certificates import SERVER, Validity, issue, new_authority
    from qlang.trust.tls.client import connect
    from qlang.trust.tls.context import TlsSettings
    from qlang.trust.tls.server import TlsServer

    day = Validity.days(1)
    found: list[tuple[str, float]] = []
    for algorithm in (ECDSA_P256, ML_DSA_65):
        root = new_authority(algorithm, day)
        server = issue(root, algorithm, ("localhost",), SERVER, day)
        for mode in ("classical", "hybrid"):
            with TlsServer("127.0.0.1", 0, TlsSettings(mode, (server,))) as listening:
                thread = threading.Thread(target=listening.serve, args=(lambda channel: channel.send(b"hello\n"),))
                thread.start()
                client, taken = TlsSettings(mode, (), (root.certificate,)), []
                for _ in range(TIMES):
                    begin = perf_counter()
                    with connect("127.0.0.1", listening.address[1], client, server_name="localhost") as channel:
                        assert channel.receive() == b"hello\n"
                    taken.append(perf_counter() - begin)
                listening.stop()
                thread.join()
            found.append((f"{channel.negotiated.group}, {algorithm}", statistics.median(taken)))
    first = found[0][1]
    return [
        Row(f"connection with {name}", "–", f"{milliseconds(seconds)}, {seconds / first:.2f} of the first", None)
        for name, seconds in found
    ]


def sealing_rows() -> list[Row]:
    from qlang.trust.keys.paths import KeyPaths
    from qlang.trust.sealing.recipients import create_recipient_key, recipient_secret
    from qlang.trust.sealing.seal import seal_file
    from qlang.trust.sealing.suites import SUITE_OF_MODE
    from qlang.trust.sealing.unseal import unseal
    from qlang.trust.secret_files import SecretStore

    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = SecretStore(KeyPaths(folder / "keys", folder / "state"))
        for size, label in ((1000, "1 kB"), (SIZE, "16 MiB")):
            source = folder / "data"
            source.write_bytes(bytes(size))
            for mode in ("classical", "hybrid", "pqc_required"):
                key = create_recipient_key(SUITE_OF_MODE[mode], store)
                sealed, opened = folder / "sealed", folder / "opened"
                begin = perf_counter()
                seal_file(source, sealed, [key], crypto_mode=mode)
                middle = perf_counter()
                unseal(sealed, opened, lambda key_id: recipient_secret(key_id, store))
                times = f"{milliseconds(middle - begin)}, {milliseconds(perf_counter() - middle)}"
                rows.append(Row(f"seal, unseal {label} ({mode}), synced to disk", "–", times, None))
                sealed.unlink()
                opened.unlink()
    return rows


def rows() -> list[Row]:
    return [*handshake_rows(), *sealing_rows()]


if __name__ == "__main__":
    report(rows())
