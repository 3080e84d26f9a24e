"""Sealing and opening files and runs."""

import io
import os
import stat
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qlang.trust.canonical import canonical_json, load_json
from qlang.trust.errors import QkdUnavailable, RecipientKeyError, SealedFileRefused
from qlang.trust.files import file_digest
from qlang.trust.manifest import MANIFEST_NAME
from qlang.trust.sealing.content import read_signed_run
from qlang.trust.sealing.header import MAGIC, Binding, SealedHeader, body_key, dump_head, info_of, read_head
from qlang.trust.sealing.recipients import RecipientKey
from qlang.trust.sealing.seal import fitting_mode, seal_file, seal_run
from qlang.trust.sealing.stream import CHUNK_BYTES, StreamBroken, open_chunks, seal_chunks
from qlang.trust.sealing.suites import SUITE_OF_MODE, SUITES, seal_bytes
from qlang.trust.sealing.unseal import read_header, unseal
from tests.trust.samples import FILES
from tests.trust.sealing.runs import signed_run

Secrets = Callable[[str], bytes | None]
Recipients = dict[str, RecipientKey]
HYBRID = "mlkem768-x25519"
KEY = bytes(range(32))


class Network:
    """Two ends of a key source in memory; each key is given once."""

    kind = "simulator"

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}

    def fresh(self) -> tuple[str, bytes]:
        key_id = f"00000000-0000-4000-8000-{len(self.keys):012d}"
        self.keys[key_id] = os.urandom(32)
        return key_id, self.keys[key_id]

    def fetch(self, key_id: str) -> bytes:
        if key_id not in self.keys:
            raise QkdUnavailable("no such key")
        return self.keys.pop(key_id)


@pytest.fixture
def sealed(tmp_path: Path, recipients: Recipients) -> Path:
    """A file of three chunks, sealed."""
    source = tmp_path / "data.bin"
    source.write_bytes(os.urandom(2 * CHUNK_BYTES + 100))
    return seal_file(source, tmp_path / "data.sealed", [recipients[HYBRID]]).path


def left_behind(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith(".")}


@given(st.lists(st.binary(max_size=3 * CHUNK_BYTES // 2), min_size=1, max_size=4).filter(lambda pieces: any(pieces)))
@settings(max_examples=30, deadline=None)
def test_a_stream_gives_back_what_was_put_in(pieces: list[bytes]) -> None:
    stream = b"".join(seal_chunks(KEY, pieces))
    assert b"".join(open_chunks(KEY, io.BytesIO(stream))) == b"".join(pieces)


def broken_streams() -> Iterator[tuple[str, bytes]]:
    size = CHUNK_BYTES + 16
    stream = b"".join(seal_chunks(KEY, [os.urandom(3 * CHUNK_BYTES)]))
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    other = b"".join(seal_chunks(bytes(32), [os.urandom(3 * CHUNK_BYTES)]))
    yield "empty", b""
    yield "without last chunk", b"".join(chunks[:2])
    yield "without first chunk", b"".join(chunks[1:])
    yield "swapped", b"".join([chunks[1], chunks[0], chunks[2]])
    yield "repeated", b"".join([chunks[0], chunks[0], chunks[2]])
    yield "last chunk twice", b"".join([*chunks, chunks[2]])
    yield "cut within a chunk", stream[:-1]
    yield "cut to less than a tag", stream[: 2 * size + 15]
    yield "a byte more", stream + b"\0"
    yield "a chunk of another stream", b"".join([chunks[0], other[size : 2 * size], chunks[2]])


@pytest.mark.parametrize("stream", [pytest.param(stream, id=name) for name, stream in broken_streams()])
def test_a_stream_that_was_touched_does_not_open(stream: bytes) -> None:
    with pytest.raises(StreamBroken):
        list(open_chunks(KEY, io.BytesIO(stream)))


@pytest.mark.parametrize("mode", ["classical", "hybrid", "pqc_required"])
@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 5 * CHUNK_BYTES + 7])
def test_a_file_comes_back_for_its_owner_alone(
    tmp_path: Path, recipients: Recipients, secrets_of: Secrets, mode: str, size: int
) -> None:
    source, target = tmp_path / "data.bin", tmp_path / "back.bin"
    source.write_bytes(os.urandom(size))
    seal_file(source, tmp_path / "sealed", [recipients[SUITE_OF_MODE[mode]]], crypto_mode=mode)
    unsealed = unseal(tmp_path / "sealed", target, secrets_of)
    assert target.read_bytes() == source.read_bytes()
    assert unsealed.files == ("data.bin",)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not left_behind(tmp_path)


@pytest.mark.parametrize("mode", [mode for mode in SUITE_OF_MODE if mode != "qkd"])
def test_a_key_of_another_suite_than_the_modes_is_refused(tmp_path: Path, recipients: Recipients, mode: str) -> None:
    (tmp_path / "data").write_bytes(b"x")
    for suite, key in recipients.items():
        if suite != SUITE_OF_MODE[mode]:
            with pytest.raises(RecipientKeyError, match=f"demands {SUITE_OF_MODE[mode]}"):
                seal_file(tmp_path / "data", tmp_path / "sealed", [key], crypto_mode=mode)
    assert not (tmp_path / "sealed").exists()


def test_every_recipient_opens_and_nobody_else(
    tmp_path: Path, recipients: Recipients, secrets_of: Secrets, recipient_paths: object
) -> None:
    suite = SUITES[HYBRID]
    from qlang.trust.sealing.suites import public_of

    second = RecipientKey(HYBRID, f"{HYBRID}:{'0' * 16}", public_of(suite, KEY))
    (tmp_path / "data").write_bytes(b"for two")
    seal_file(tmp_path / "data", tmp_path / "sealed", [recipients[HYBRID], second])
    for number, secrets in enumerate((secrets_of, {second.key_id: KEY}.get)):
        unseal(tmp_path / "sealed", tmp_path / f"out{number}", secrets)
        assert (tmp_path / f"out{number}").read_bytes() == b"for two"
    with pytest.raises(SealedFileRefused, match="sealed for other keys: mlkem768-x25519:"):
        unseal(tmp_path / "sealed", tmp_path / "out", lambda key_id: None)
    with pytest.raises(SealedFileRefused, match="was changed"):
        unseal(tmp_path / "sealed", tmp_path / "out", {second.key_id: bytes(32)}.get)
    assert not (tmp_path / "out").exists()


@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bit_can_be_flipped(sealed: Path, secrets_of: Secrets, position: float, bit: int) -> None:
    data = bytearray(sealed.read_bytes())
    data[int(position * len(data))] ^= 1 << bit
    touched, target = sealed.with_name("touched"), sealed.with_name("out")
    touched.write_bytes(data)
    with pytest.raises(SealedFileRefused):
        unseal(touched, target, secrets_of)
    assert not target.exists()
    assert not left_behind(sealed.parent)


def test_no_byte_of_the_head_can_be_changed(sealed: Path, secrets_of: Secrets) -> None:
    """Every byte position of magic, length, header and tag."""
    data = sealed.read_bytes()
    length = len(MAGIC) + 4 + int.from_bytes(data[len(MAGIC) : len(MAGIC) + 4], "big") + 32
    touched, target = sealed.with_name("touched"), sealed.with_name("out")
    for at in range(length):
        touched.write_bytes(data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :])
        with pytest.raises(SealedFileRefused):
            unseal(touched, target, secrets_of)
    assert not target.exists()


@given(st.floats(0, 1, exclude_max=True))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_was_cut_does_not_open(sealed: Path, secrets_of: Secrets, kept: float) -> None:
    data = sealed.read_bytes()
    sealed.with_name("touched").write_bytes(data[: int(kept * len(data))])
    with pytest.raises(SealedFileRefused):
        unseal(sealed.with_name("touched"), sealed.with_name("out"), secrets_of)
    assert not sealed.with_name("out").exists()


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_else_is_refused_without_a_crash(tmp_path: Path, secrets_of: Secrets, data: bytes) -> None:
    for content in (data, MAGIC + data, MAGIC + len(data).to_bytes(4, "big") + data + bytes(32)):
        (tmp_path / "odd").write_bytes(content)
        with pytest.raises(SealedFileRefused):
            unseal(tmp_path / "odd", tmp_path / "out", secrets_of)


def test_an_existing_output_is_never_touched(sealed: Path, secrets_of: Secrets, recipients: Recipients) -> None:
    target = sealed.with_name("mine")
    target.write_bytes(b"mine")
    link = sealed.with_name("link")
    link.symlink_to(sealed.with_name("nowhere"))
    for output in (target, link):
        with pytest.raises(SealedFileRefused, match="exists already"):
            unseal(sealed, output, secrets_of)
        with pytest.raises(SealedFileRefused, match="exists already"):
            seal_file(sealed, output, [recipients[HYBRID]])
    assert target.read_bytes() == b"mine"
    assert not sealed.with_name("nowhere").exists()


def test_a_link_in_place_of_the_source_is_refused(tmp_path: Path, recipients: Recipients) -> None:
    (tmp_path / "data").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    with pytest.raises(SealedFileRefused, match="symbolic link"):
        seal_file(tmp_path / "link", tmp_path / "sealed", [recipients[HYBRID]])
    assert not left_behind(tmp_path)


def test_a_run_comes_back_with_all_its_files(tmp_path: Path, recipients: Recipients, secrets_of: Secrets) -> None:
    run_dir = signed_run(tmp_path)
    (run_dir / "trace.json").write_bytes(b"{}")  # written later, unsigned
    (run_dir / ".pid").write_bytes(b"1")
    sealed = seal_run(run_dir, tmp_path / "r1.sealed", [recipients[HYBRID]])
    assert sealed.header.binding == read_signed_run(run_dir).binding
    assert sealed.header.crypto_mode == "hybrid"
    unsealed = unseal(sealed.path, tmp_path / "back", secrets_of, expected=sealed.header.binding)
    assert set(unsealed.files) == {*FILES, MANIFEST_NAME, "trace.json"}
    for name in unsealed.files:
        assert file_digest(tmp_path / "back" / name) == file_digest(run_dir / name)
    assert stat.S_IMODE((tmp_path / "back").stat().st_mode) == 0o700
    assert b"results.json" not in sealed.path.read_bytes()


def test_a_run_that_is_not_what_was_signed_is_not_sealed(tmp_path: Path, recipients: Recipients) -> None:
    changed, lacking = signed_run(tmp_path, "r1"), signed_run(tmp_path, "r2")
    (changed / "results.json").write_bytes(b"{}")
    (lacking / "plan.mlir").unlink()
    with pytest.raises(SealedFileRefused, match="not the file that was signed"):
        seal_run(changed, tmp_path / "sealed", [recipients[HYBRID]])
    with pytest.raises(SealedFileRefused, match=r"lacks plan\.mlir"):
        seal_run(lacking, tmp_path / "sealed", [recipients[HYBRID]])
    with pytest.raises(SealedFileRefused, match="does not exist"):
        seal_run(tmp_path / "none", tmp_path / "sealed", [recipients[HYBRID]])
    assert not (tmp_path / "sealed").exists()
    assert not left_behind(tmp_path)


def test_a_run_is_not_sealed_weaker_than_it_was_signed(tmp_path: Path, recipients: Recipients) -> None:
    run_dir = signed_run(tmp_path, crypto_mode="pqc_required")
    for mode in ("classical", "hybrid"):
        with pytest.raises(SealedFileRefused, match="would weaken"):
            seal_run(run_dir, tmp_path / "sealed", list(recipients.values()), crypto_mode=mode)


def test_another_run_than_expected_is_refused(tmp_path: Path, recipients: Recipients, secrets_of: Secrets) -> None:
    first, second = signed_run(tmp_path, "r1"), signed_run(tmp_path, "r2")
    seal_run(first, tmp_path / "sealed", [recipients[HYBRID]])
    with pytest.raises(SealedFileRefused, match=r"belongs to run r1 .* not to run r2"):
        unseal(tmp_path / "sealed", tmp_path / "out", secrets_of, expected=read_signed_run(second).binding)


def forged(path: Path, binding: Binding, sealed_for: Binding, content: bytes, kind: str, key: RecipientKey) -> Path:
    """A sealed file as somebody makes it who knows the format and the recipient's public key, but not its rules."""
    suite, content_key = SUITES[key.suite], os.urandom(32)
    wrapped = seal_bytes(suite, key.public, content_key, info_of(suite.name, sealed_for))
    head = dump_head(SealedHeader("hybrid", kind, binding, None, {key.key_id: wrapped}), content_key)
    path.write_bytes(head + b"".join(seal_chunks(body_key(head, content_key, None), [content])))
    return path


def packed(**files: bytes) -> bytes:
    names = {name.replace("__", "/").replace("_", "."): data for name, data in files.items()}
    index = canonical_json({"files": [{"name": name, "size": len(data)} for name, data in names.items()]})
    return len(index).to_bytes(4, "big") + index + b"".join(names.values())


def test_a_content_key_for_one_run_opens_for_no_other(
    tmp_path: Path, recipients: Recipients, secrets_of: Secrets
) -> None:
    """The header is consistent in itself; only HPKE's `info` tells."""
    one, other = Binding("r1", "sha256:" + "1" * 64), Binding("r2", "sha256:" + "1" * 64)
    path = forged(tmp_path / "sealed", one, other, packed(data=b"x"), "file", recipients[HYBRID])
    with pytest.raises(SealedFileRefused, match="was changed"):
        unseal(path, tmp_path / "out", secrets_of)
    path = forged(tmp_path / "right", one, one, packed(data=b"x"), "file", recipients[HYBRID])
    assert unseal(path, tmp_path / "out", secrets_of).header.binding == one


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (packed(__evil=b"x"), "not a plain file name"),
        (packed(______evil=b"x"), "not a plain file name"),
        (packed(_hidden=b"x"), "not a plain file name"),
        (packed(data=b"x"), "manifest.dsse.json does not exist"),
        (packed(data=b"x") + b"more", "more than its index says"),
        (packed(data=b"xy")[:-1], "less than its index says"),
        (b"\xff\xff\xff\xff", "index of more than"),
        (b"\0\0\0\2{}", "an index without files"),
        (b"\0\0\0\2{]", "malformed index"),
        (b"\0\0", "less than its index says"),
    ],
)
def test_an_authentic_sender_cannot_write_outside_or_lie_about_sizes(
    tmp_path: Path, recipients: Recipients, secrets_of: Secrets, content: bytes, reason: str
) -> None:
    path = forged(tmp_path / "sealed", Binding(), Binding(), content, "run", recipients[HYBRID])
    with pytest.raises(SealedFileRefused, match=reason):
        unseal(path, tmp_path / "out", secrets_of)
    assert {entry.name for entry in tmp_path.iterdir()} == {"sealed"}


def test_a_run_under_the_digest_of_another_is_refused(
    tmp_path: Path, recipients: Recipients, secrets_of: Secrets
) -> None:
    run_dir = signed_run(tmp_path)
    files = {path.name.replace(".", "_"): path.read_bytes() for path in run_dir.iterdir()}
    claimed = Binding("r1", "sha256:" + "2" * 64)
    path = forged(tmp_path / "sealed", claimed, claimed, packed(**files), "run", recipients[HYBRID])
    with pytest.raises(SealedFileRefused, match="manifest of another run"):
        unseal(path, tmp_path / "out", secrets_of)


def test_a_qkd_key_is_needed_beside_the_recipients_key(
    tmp_path: Path, recipients: Recipients, secrets_of: Secrets
) -> None:
    network, source = Network(), tmp_path / "data"
    source.write_bytes(b"twice protected")
    sealed = seal_file(source, tmp_path / "sealed", [recipients[HYBRID]], crypto_mode="qkd", qkd=network)
    assert sealed.header.qkd is not None
    (key_id,) = network.keys
    assert (sealed.header.qkd.kme, sealed.header.qkd.key_id) == ("simulator", key_id)
    assert network.keys[key_id] not in sealed.path.read_bytes()
    with pytest.raises(SealedFileRefused, match="no KME is configured"):
        unseal(sealed.path, tmp_path / "out", secrets_of)
    wrong = Network()
    wrong.keys[key_id] = bytes(32)
    with pytest.raises(SealedFileRefused, match="was changed"):
        unseal(sealed.path, tmp_path / "out", secrets_of, qkd=wrong)
    with pytest.raises(SealedFileRefused, match="sealed for other keys"):
        unseal(sealed.path, tmp_path / "out", lambda key_id: None, qkd=network)
    assert key_id in network.keys  # not spent on somebody without the recipient's key
    unseal(sealed.path, tmp_path / "out", secrets_of, qkd=network)
    assert (tmp_path / "out").read_bytes() == b"twice protected"
    with pytest.raises(QkdUnavailable):
        unseal(sealed.path, tmp_path / "again", secrets_of, qkd=network)


def test_a_vendors_key_is_not_taken_from_a_simulator(
    tmp_path: Path, recipients: Recipients, secrets_of: Secrets
) -> None:
    network = Network()
    network.kind = "vendor"
    (tmp_path / "data").write_bytes(b"x")
    seal_file(tmp_path / "data", tmp_path / "sealed", [recipients[HYBRID]], crypto_mode="qkd", qkd=network)
    network.kind = "simulator"
    with pytest.raises(SealedFileRefused, match="kind vendor"):
        unseal(tmp_path / "sealed", tmp_path / "out", secrets_of, qkd=network)
    assert network.keys


def test_the_header_tells_no_file_name(sealed: Path) -> None:
    with sealed.open("rb") as file:
        _, head = read_head(file)
    header = load_json(head[len(MAGIC) + 4 : -32])
    assert isinstance(header, dict)
    assert set(header) == {
        "format",
        "crypto_mode",
        "suite",
        "content",
        "run_id",
        "manifest_digest",
        "qkd",
        "recipients",
    }
    assert read_header(sealed).binding == Binding()


@pytest.mark.parametrize(
    ("least", "suites", "mode"),
    [
        ("classical", ["x25519"], "classical"),
        ("classical", [HYBRID], "hybrid"),
        ("classical", ["mlkem1024-p384"], "pqc_required"),
        ("hybrid", [HYBRID], "hybrid"),
        ("hybrid", ["mlkem1024-p384"], "pqc_required"),
        ("hybrid", ["x25519"], "hybrid"),  # which is refused then: never weaker
        ("pqc_required", [HYBRID], "pqc_required"),
        ("qkd", [HYBRID], "qkd"),
        ("hybrid", ["x25519", HYBRID], "hybrid"),
    ],
)
def test_the_recipients_keys_can_make_a_mode_stronger_and_never_weaker(
    recipients: Recipients, least: str, suites: list[str], mode: str
) -> None:
    assert fitting_mode(least, [recipients[suite] for suite in suites]) == mode


def test_a_large_file_needs_little_memory(tmp_path: Path, recipients: Recipients, secrets_of: Secrets) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(48 << 20)
    tracemalloc.start()
    try:
        seal_file(tmp_path / "large", tmp_path / "sealed", [recipients[HYBRID]])
        unseal(tmp_path / "sealed", tmp_path / "out", secrets_of)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20
    assert (tmp_path / "out").stat().st_size == 48 << 20
