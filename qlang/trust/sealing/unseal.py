"""Open a sealed file: everything is authenticated before anything gets its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qlang.trust.errors import FileRefused, KeyFormatError, SealedFileRefused
from qlang.trust.files import file_digest, open_regular
from qlang.trust.sealing.content import Unpacker, read_signed_run, run_file_name
from qlang.trust.sealing.header import (
    RUN,
    Binding,
    HeaderBroken,
    SealedHeader,
    authentic,
    body_key,
    read_head,
)
from qlang.trust.sealing.output import create_private, new_folder, new_output
from qlang.trust.sealing.seal import QkdSource
from qlang.trust.sealing.stream import StreamBroken, open_chunks
from qlang.trust.sealing.suites import SUITES, open_bytes

Secrets = Callable[[str], bytes | None]
"""The private half of a key id, or None if it is not here."""

_BROKEN = "was changed, cut or put together from parts; nothing of it is kept"


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What was opened."""

    path: Path
    header: SealedHeader
    key_id: str
    """The recipient's key that opened it."""
    files: tuple[str, ...]


def read_header(sealed: Path) -> SealedHeader:
    """What a sealed file says of itself, not authenticated. Raises: SealedFileRefused."""
    with _opened(sealed) as file:
        return _head(sealed, file)[0]


def unseal(
    sealed: Path,
    target: Path,
    secrets: Secrets,
    *,
    expected: Binding | None = None,
    qkd: QkdSource | None = None,
) -> Unsealed:
    """Write the file, or the folder of a run, that `sealed` holds. `target` must not exist.

    `expected`: the run that it must belong to. The files of a run are those that its manifest names, but its
    signatures are not checked: anybody can seal for a recipient, `verify` tells who made the run.

    Raises: SealedFileRefused if it is not for any of `secrets`, was changed, is of another run, or cannot be
    written; QkdUnavailable; KeyStoreError if a private key cannot be unlocked.
    """
    try:
        with _opened(sealed) as file:
            header, head = _head(sealed, file)
            if expected is not None and header.binding != expected:
                raise SealedFileRefused(sealed, f"belongs to {_words(header.binding)}, not to {_words(expected)}")
            key_id, content_key = _content_key(sealed, header, head, secrets)
            chunks = open_chunks(body_key(head, content_key, _qkd_key(sealed, header, qkd)), file)
            files = (_unpack_run if header.content == RUN else _unpack_file)(sealed, target, chunks, header)
    except StreamBroken as error:
        raise SealedFileRefused(sealed, _BROKEN) from error
    except OSError as error:
        raise SealedFileRefused(target, error.strerror or type(error).__name__) from error
    return Unsealed(target, header, key_id, files)


def _opened(sealed: Path) -> BinaryIO:
    try:
        return os.fdopen(open_regular(sealed), "rb")
    except FileRefused as error:
        raise SealedFileRefused(sealed, error.reason) from error


def _head(sealed: Path, file: BinaryIO) -> tuple[SealedHeader, bytes]:
    try:
        return read_head(file)
    except HeaderBroken as error:
        raise SealedFileRefused(sealed, str(error)) from error


def _content_key(sealed: Path, header: SealedHeader, head: bytes, secrets: Secrets) -> tuple[str, bytes]:
    own = 0
    for key_id, sealed_key in header.recipients.items():
        secret = secrets(key_id)
        if secret is None:
            continue
        own += 1
        try:
            content_key = open_bytes(SUITES[header.suite], secret, sealed_key, header.info)
        except KeyFormatError as error:
            raise SealedFileRefused(sealed, f"{key_id}: {error}") from error
        if content_key is not None and authentic(head, content_key):
            return key_id, content_key
    if own:
        raise SealedFileRefused(sealed, _BROKEN)
    raise SealedFileRefused(sealed, f"is sealed for other keys: {', '.join(header.recipients)}")


def _qkd_key(sealed: Path, header: SealedHeader, qkd: QkdSource | None) -> bytes | None:
    """Asked for only when the header is authentic: a KME gives a key once."""
    if header.qkd is None:
        return None
    if qkd is None:
        raise SealedFileRefused(sealed, "needs a key of a QKD network, and no KME is configured")
    if qkd.kind != header.qkd.kme:
        raise SealedFileRefused(sealed, f"needs a key of a KME of kind {header.qkd.kme}, configured is a {qkd.kind}")
    return qkd.fetch(header.qkd.key_id)


def _unpack_file(sealed: Path, target: Path, chunks: Iterator[bytes], header: SealedHeader) -> tuple[str, ...]:
    unpacker = Unpacker(sealed)
    with new_output(target) as output:
        for chunk in chunks:
            for _, part in unpacker.take(chunk):
                output.write(part)
        names = unpacker.finish()
        if len(names) != 1:
            raise SealedFileRefused(sealed, "says that it holds one file, and holds several")
    return names


def _unpack_run(sealed: Path, target: Path, chunks: Iterator[bytes], header: SealedHeader) -> tuple[str, ...]:
    with new_folder(target) as folder:
        names = _unpack_files(sealed, folder, chunks)
        run = read_signed_run(folder)
        if run.binding != header.binding:
            raise SealedFileRefused(sealed, f"holds the manifest of another run than {_words(header.binding)}")
        for name, digest in run.subjects.items():
            if name not in names or file_digest(folder / name) != digest:
                raise SealedFileRefused(sealed, f"lacks {name} as its manifest names it")
    return names


def _unpack_files(sealed: Path, folder: Path, chunks: Iterator[bytes]) -> tuple[str, ...]:
    unpacker = Unpacker(sealed)
    output: BinaryIO | None = None
    current = ""
    try:
        for chunk in chunks:
            for name, part in unpacker.take(chunk):
                if output is None or name != current:
                    if output is not None:
                        _finish(output)
                    if not run_file_name(name):
                        raise SealedFileRefused(sealed, f"holds {name!a:.80}, which is not a plain file name")
                    output, current = create_private(folder / name), name
                output.write(part)
        if output is not None:
            _finish(output)
    finally:
        if output is not None:
            output.close()
    return unpacker.finish()


def _finish(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _words(binding: Binding) -> str:
    return f"run {binding.run_id} with manifest {binding.manifest_digest}" if binding.run_id else "no run"
