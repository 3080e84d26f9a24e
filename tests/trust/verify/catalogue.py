"""The classes of changes: where something is spoiled, and how. Weights say how often each is drawn."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from qlang.trust.algorithms import Signature, generate_secret, software_key
from qlang.trust.canonical import canonical_json, sha256_digest
from qlang.trust.envelope import Envelope, dump_envelope
from qlang.trust.manifest import MANIFEST_NAME, RECEIPT_NAME
from qlang.trust.spki import to_pem
from tests.trust.samples import FILES
from tests.trust.verify.house import write
from tests.trust.verify.spoiling import (
    ODD_VALUES,
    Case,
    Spoil,
    edit_ledger,
    encode,
    mutated,
    places,
    read,
    rewrite,
    signed_by,
    splice,
    with_text,
    without,
)


def manifest_bytes(random: Random, case: Case) -> None:
    write(case.manifest, mutated(random, case.manifest.read_bytes()))


def manifest_member_bytes(random: Random, case: Case) -> None:
    """A byte of one member: payload, payload type, a key id, a signature; so the small members get their share."""
    value = json.loads(case.manifest.read_bytes())
    path = random.choice([found for found in places(value) if found[-1] != "signatures" and isinstance(found[-1], str)])
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    text = parent[path[-1]]
    changed = mutated(random, text.encode()).decode("utf-8", "replace")
    parent[path[-1]] = changed if changed != text else text + "A"
    write(case.manifest, canonical_json(value))


def manifest_padding(random: Random, case: Case) -> None:
    """The end of a base64 text: padding removed, added, or unused bits set."""
    value = json.loads(case.manifest.read_bytes())
    at = random.choice([value, *value["signatures"]])
    name = "payload" if "payload" in at else "sig"
    text: str = at[name]
    body = text.rstrip("=")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = body[:-1] + last[(last.index(body[-1]) + random.randint(1, 3)) % 64]
    url_safe = text.replace("+", "-").replace("/", "_")
    forms = {body, body + "=", body + "==", text + "=", text + "\n", text[:9] + "\n" + text[9:], other, url_safe}
    at[name] = random.choice(sorted(forms - {text}))
    write(case.manifest, canonical_json(value))


def manifest_spelling(random: Random, case: Case) -> None:
    """The same JSON, written otherwise."""
    data = case.manifest.read_bytes()
    value = json.loads(data)
    forms = [
        json.dumps(value).encode(),
        json.dumps(value, indent=1).encode(),
        data + b"\n",
        b"\xef\xbb\xbf" + data,
        data.replace(b'"payload"', b'"p\\u0061yload"', 1),
        data.replace(b"{", b'{"payload":"",', 1),
        data.replace(b"}]}", b'}],"signatures":[]}', 1),
        data.replace(b"{", b'{"extra":1,', 1),
        data.replace(b'"sig"', b'"note":"x","sig"', 1),
        json.dumps(value).encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 5000,
        data.replace(b'"payloadType"', b'"payloadtype"'),
        data * 2,
        b"",
        b"null",
    ]
    write(case.manifest, random.choice(forms))


def payload_bytes(random: Random, case: Case) -> None:
    envelope = read(case.manifest)
    write(case.manifest, dump_envelope(Envelope(mutated(random, envelope.payload), envelope.signatures)))


def payload_member(random: Random, case: Case) -> None:
    """A member of the statement replaced by something odd, or removed; in canonical form where that exists."""
    envelope = read(case.manifest)
    value = json.loads(envelope.payload)
    while True:
        path = random.choice(places(value))
        text = random.choice(ODD_VALUES)
        payload = without(value, path) if random.random() < 0.2 else with_text(value, path, text)
        if payload != envelope.payload:
            break
    write(case.manifest, dump_envelope(Envelope(payload, envelope.signatures)))


def payload_type(random: Random, case: Case) -> None:
    kinds = ["", "application/json", "application/vnd.in-toto+JSON", "application/vnd.qlang.key-event.v1+json", 7, None]
    rewrite(case.manifest, lambda value: value.update(payloadType=random.choice(kinds)))


def signatures(random: Random, case: Case) -> None:
    """Stripped, swapped, repeated, taken from elsewhere, made by a stranger."""
    mine, other = read(case.manifest), read(case.house.manifest("r0"))
    one, two = mine.signatures
    stranger = signed_by(case.strangers, mine.payload).signatures
    renamed = tuple(Signature(own.key_id, theirs.value) for own, theirs in zip(mine.signatures, stranger, strict=True))
    sets: list[tuple[Signature, ...]] = [
        (one,),
        (two,),
        (two, one),
        (one, two, one),
        (one, one),
        (one, two, Signature("x:1", b"1")),
        (*mine.signatures, *stranger),
        (*stranger, *mine.signatures),
        stranger,
        renamed,
        other.signatures,
        (one, other.signatures[1]),
        (Signature(two.key_id, one.value), Signature(one.key_id, two.value)),
        (Signature("", one.value), two),
        (Signature(one.key_id, b""), two),
        (Signature(one.key_id, one.value + b"\0"), two),
        (one, Signature(two.key_id, mutated(random, two.value))),
        (Signature(one.key_id, mutated(random, one.value)), two),
        (Signature(one.key_id.upper(), one.value), two),
        (*mine.signatures, *(Signature(f"x:{number}", b"1") for number in range(20))),
    ]
    write(case.manifest, dump_envelope(Envelope(mine.payload, random.choice(sets))))


def _restated(case: Case, change: Callable[[Any], None]) -> bytes:
    value = json.loads(read(case.manifest).payload)
    change(value["predicate"])
    return canonical_json(value)


def downgrade(random: Random, case: Case) -> None:
    """A weaker crypto mode: with the old signatures, and with those of an attacker who has keys of his own."""
    keep = random.choice([0, 1])

    def weaken(predicate: Any) -> None:
        predicate["crypto_mode"] = ("classical", "pqc_required")[keep]
        predicate["keys"] = [predicate["keys"][keep]]
        predicate["algorithms"] = [predicate["algorithms"][keep]]
        predicate["pqc_suite"] = (None, "ml-dsa-65")[keep]

    payload = _restated(case, weaken)
    old = read(case.manifest).signatures
    kept = random.choice([old, (old[keep],), signed_by((case.strangers[keep],), payload).signatures])
    write(case.manifest, dump_envelope(Envelope(payload, kept)))


def stranger(random: Random, case: Case) -> None:
    """A consistent manifest about other results, by keys that nobody trusts; some of the genuine ones kept."""
    result = b'{"counts": {"00": 100}}\n'
    swapped = random.sample([0, 1], random.choice([1, 2]))

    def usurp(predicate: Any) -> None:
        for index in swapped:
            public = case.strangers[index].public
            predicate["keys"][index] |= {"keyid": public.key_id, "spki": encode(public.spki)}

    value = json.loads(_restated(case, usurp))
    if random.random() < 0.5:
        write(case.run / "results.json", result)
        subject = next(item for item in value["subject"] if item["name"] == "results.json")
        subject["digest"]["sha256"] = sha256_digest(result).removeprefix("sha256:")
        value["predicate"]["artifact_hash"] = sha256_digest(canonical_json(value["subject"]))
    payload = canonical_json(value)
    old = read(case.manifest).signatures
    made = signed_by(case.strangers, payload).signatures
    mixed = tuple(made[index] if index in swapped else old[index] for index in (0, 1))
    write(case.manifest, dump_envelope(Envelope(payload, mixed)))


def other_run(random: Random, case: Case) -> None:
    """Files of another genuine run: its manifest, its receipt, or both beside files that are not its own."""
    names = random.choice([(MANIFEST_NAME,), (RECEIPT_NAME,), (MANIFEST_NAME, RECEIPT_NAME)])
    for name in names:
        write(case.run / name, case.other(name, random.choice(["r0", "r2"])))
    if len(names) == 2:
        name = random.choice(sorted(FILES))
        write(case.run / name, mutated(random, (case.run / name).read_bytes()))


def file_bytes(random: Random, case: Case) -> None:
    path = case.run / random.choice(sorted(FILES))
    write(path, mutated(random, path.read_bytes()))


def file_kind(random: Random, case: Case) -> None:
    """A file that is gone, empty, a link to itself elsewhere, a folder, a pipe, or another of the run's files."""
    name = random.choice([*sorted(FILES), MANIFEST_NAME, RECEIPT_NAME])
    path = case.run / name
    content = path.read_bytes()
    way = random.randrange(6)
    path.unlink()
    if way == 1:
        path.write_bytes(b"")
    elif way == 2:
        hidden = case.run / ".original"
        hidden.write_bytes(content)
        path.symlink_to(hidden)
    elif way == 3:
        path.mkdir()
    elif way == 4:
        os.mkfifo(path)
    elif way == 5:
        shutil.copy(case.run / ("plan.mlir" if name == "source.qjob" else "source.qjob"), path)


def manifest_splice(random: Random, case: Case) -> None:
    write(case.manifest, splice(random, case.manifest.read_bytes(), case.other(MANIFEST_NAME)))


def receipt_bytes(random: Random, case: Case) -> None:
    write(case.receipt, mutated(random, case.receipt.read_bytes()))


def receipt_splice(random: Random, case: Case) -> None:
    write(
        case.receipt, splice(random, case.receipt.read_bytes(), case.other(RECEIPT_NAME, random.choice(["r0", "r2"])))
    )


def receipt_lines(random: Random, case: Case) -> None:
    """Whole lines: removed, doubled, exchanged, of another receipt, or with another number.

    Signature lines are not exchanged with each other: their order means nothing (C2SP signed-note).
    """
    lines = case.receipt.read_text().split("\n")
    others = case.other(RECEIPT_NAME, random.choice(["r0", "r2"])).decode().split("\n")
    before, at = list(lines), random.randrange(len(lines))
    way = random.randrange(7)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(at, random.choice(before))
    elif way == 2:
        signed = [line.startswith("\N{EM DASH}") for line in lines]
        to = random.choice([number for number in range(len(lines)) if not (signed[at] and signed[number])])
        lines[at], lines[to] = lines[to], lines[at]
    elif way == 3:
        lines[at] = random.choice(others)
    elif way == 4:
        number = random.choice(["0", "1", "007", "-1", "99999999999999999999", "9" * 400, "1e3", ""])
        index = next(i for i, line in enumerate(lines) if line.startswith("index "))
        lines[index] = f"index {number}"
        if random.random() < 0.5:
            lines = [number if line.isdigit() else line for line in before]
    elif way == 5:
        lines.insert(1, "extra aGVsbG8=")
    else:
        signature = next(line for line in others if line.startswith("\N{EM DASH}"))
        lines.insert(len(lines) - 1, signature)
    if lines == before:
        lines.insert(at, "AAAA")
    write(case.receipt, "\n".join(lines).encode())


def public_key(random: Random, case: Case) -> None:
    """A trusted key's file changed, exchanged for a stranger's, of another key, or writable by others."""
    path = random.choice(sorted(case.keys.glob("*.pub.pem")))
    way = random.randrange(5)
    content = path.read_bytes()
    if way == 0:
        algorithm = path.name.split(".")[2]
        key = software_key(algorithm, generate_secret(algorithm))
        write(path, to_pem(key.public.spki).encode())
    elif way == 1:
        path.unlink()
    elif way == 2:
        write(path, content)
        path.chmod(0o666)
    else:
        write(path, mutated(random, content))


def key_event(random: Random, case: Case) -> None:
    """An event about a trusted key: its bytes, its members, its signature."""
    path = random.choice(sorted(case.keys.glob("*.event.dsse.json")))
    envelope = json.loads(path.read_bytes())
    way = random.randrange(4)
    if way == 0:
        write(path, mutated(random, path.read_bytes()))
        return
    if way == 1:
        envelope["signatures"][0]["sig"] = encode(mutated(random, b"signature"))
    elif way == 2:
        other = random.choice(sorted(set(case.keys.glob("*.event.dsse.json")) - {path}))
        envelope["signatures"] = json.loads(other.read_bytes())["signatures"]
    else:
        import base64

        value = json.loads(base64.b64decode(envelope["payload"]))
        name = random.choice(["at", "purpose", "tenant", "custody", "not_after", "generation"])
        value[name] = {
            "at": "2020-01-01T00:00:00Z",
            "purpose": "root",
            "tenant": "lab",
            "custody": "token-native",
            "not_after": "2020-01-01T00:00:00Z",
            "generation": 7,
        }[name]
        envelope["payload"] = encode(canonical_json(value))
    write(path, canonical_json(envelope))


LEDGER_EDITS: Mapping[str, str] = {
    "entry data": "UPDATE entry SET data = ? WHERE idx = ?",
    "entry leaf": "UPDATE entry SET leaf = ? WHERE idx = ?",
    "entry kind": "UPDATE entry SET kind = 'refusal' WHERE idx = ?",
    "node": "UPDATE node SET hash = ? WHERE level = ? AND idx = ?",
    "missing node": "DELETE FROM node WHERE level = ? AND idx = ?",
    "missing entry": "DELETE FROM entry WHERE idx = ?",
}


def ledger_rows(random: Random, case: Case) -> None:
    """SQL by someone who may write the file."""
    connection = sqlite3.connect(case.ledger)
    size = connection.execute("SELECT count(*) FROM entry").fetchone()[0]
    nodes = connection.execute("SELECT level, idx, hash FROM node").fetchall()
    notes = connection.execute("SELECT number, note FROM checkpoint").fetchall()
    index = random.randrange(size)
    data, leaf = connection.execute("SELECT data, leaf FROM entry WHERE idx = ?", (index,)).fetchone()
    connection.close()
    level, number, value = random.choice(nodes)
    at, note = random.choice(notes)
    ways: list[tuple[str, tuple[object, ...]]] = [
        (LEDGER_EDITS["entry data"], (mutated(random, data), index)),
        (
            LEDGER_EDITS["entry data"],
            (data.replace(b'"run_id":"r', b'"run_id":"s').replace(b'"at":"2', b'"at":"3'), index),
        ),
        (LEDGER_EDITS["entry leaf"], (random.randbytes(32), index)),
        (LEDGER_EDITS["entry kind"], (index,)),
        (LEDGER_EDITS["node"], (mutated(random, value)[:32].ljust(32, b"\0"), level, number)),
        (LEDGER_EDITS["missing node"], (level, number)),
        (LEDGER_EDITS["missing entry"], (index,)),
        ("UPDATE meta SET value = 'qlang.local/other' WHERE name = 'origin'", ()),
        ("UPDATE checkpoint SET note = ? WHERE number = ?", (mutated(random, note.encode()).decode("latin-1"), at)),
        ("UPDATE request SET idx = 0 WHERE idx = (SELECT max(idx) FROM request)", ()),
        ("UPDATE entry SET idx = idx + 100 WHERE idx >= ?", (index,)),
        ("UPDATE entry SET leaf = ?, data = 'text' WHERE idx = ?", (leaf, index)),
    ]
    edit_ledger(case.ledger, random.choice(ways))


def ledger_bytes(random: Random, case: Case) -> None:
    write(case.ledger, mutated(random, case.ledger.read_bytes()))


def ledger_beside(random: Random, case: Case) -> None:
    """Junk where SQLite keeps its log and its journal."""
    suffix = random.choice(["-wal", "-shm", "-journal"])
    case.ledger.with_name(case.ledger.name + suffix).write_bytes(random.randbytes(random.choice([1, 32, 4096])))


def ledger_gone(random: Random, case: Case) -> None:
    way = random.randrange(5)
    case.ledger.unlink()
    if way == 1:
        case.ledger.write_bytes(b"")
    elif way == 2:
        case.ledger.mkdir()
    elif way == 3:
        case.ledger.write_bytes(b"SQLite format 3\x00" + random.randbytes(84))
    elif way == 4:
        case.ledger.symlink_to(case.house.ledger)


CLASSES: Mapping[str, tuple[int, Spoil]] = {
    "manifest bytes": (10, manifest_bytes),
    "manifest member bytes": (10, manifest_member_bytes),
    "manifest padding": (3, manifest_padding),
    "manifest spelling": (3, manifest_spelling),
    "manifest splice": (4, manifest_splice),
    "payload bytes": (10, payload_bytes),
    "payload member": (12, payload_member),
    "payload type": (1, payload_type),
    "signatures": (8, signatures),
    "downgrade": (2, downgrade),
    "stranger": (3, stranger),
    "other run": (2, other_run),
    "file bytes": (8, file_bytes),
    "file kind": (4, file_kind),
    "receipt bytes": (8, receipt_bytes),
    "receipt splice": (3, receipt_splice),
    "receipt lines": (5, receipt_lines),
    "public key": (5, public_key),
    "key event": (5, key_event),
}
"""Class → weight, and what it does; verified by the folder, the keys and the receipt alone."""

LEDGER_CLASSES: Mapping[str, tuple[int, Spoil]] = {
    "ledger rows": (8, ledger_rows),
    "ledger bytes": (5, ledger_bytes),
    "ledger beside": (1, ledger_beside),
    "ledger gone": (1, ledger_gone),
}
"""The same for the ledger's file."""
