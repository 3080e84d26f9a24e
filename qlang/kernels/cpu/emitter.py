"""LLVM text to object code: the functions, and the program of a process that helps a compiler (`emitters`).

As a program this file imports nothing of the project, so that it starts quickly. Its argument is the folder of
llvmlite, its input a frame (processor, NUL, features), then texts in frames, its output object code in frames. A frame
is its length and its checksum (4 bytes each, little-endian) and so many bytes: object code is executed and kept, and
something else may write to a program's output. It ends with its input, or at a text that is no module.
"""

from __future__ import annotations

import struct
import sys
import threading
import zlib
from functools import lru_cache
from typing import IO, Any

_HEADER = struct.Struct("<II")
_SCHEDULING = threading.Lock()
_LONGEST = 1 << 24
"""Bytes of a frame; a kernel has a few thousand. Letters in place of a length say more."""


@lru_cache(maxsize=1)
def llvm() -> Any:
    """llvmlite's binding, ready to compile for this machine."""
    from llvmlite import binding  # type: ignore[import-untyped]  # it has no types

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


def target_machine(cpu: str, features: str) -> Any:
    """Level 1: level 2 takes a third longer, and then orders the same instructions in another way, not a better one."""
    chosen = llvm().Target.from_default_triple()
    return chosen.create_target_machine(cpu=cpu, features=features, opt=1, jit=True)


def emitted(text: str, machine: Any) -> bytes:
    """The object code of a module, in the order of its text. Raises RuntimeError (llvmlite's) for a text that is none.

    LLVM's scheduler puts the loads for a group of vectors in front of what is computed from them, and then 6 to 24
    vectors of a kernel's loop go to the stack and back. Whether it works is an option of the whole process, others' use
    of llvmlite too: it is set back to what is the default on all targets.
    """
    parsed = llvm().parse_assembly(text)
    parsed.verify()
    with _SCHEDULING:
        llvm().set_option("qlang", "-enable-misched=false")
        try:
            code: bytes = machine.emit_object(parsed)
        finally:
            llvm().set_option("qlang", "-enable-misched=true")
    return code


def send(stream: IO[bytes], content: bytes) -> None:
    """Writes a frame."""
    stream.write(_HEADER.pack(len(content), _checksum(content)) + content)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Reads a frame; None where the stream ends before its end, and for what is none."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    size, checksum = _HEADER.unpack(header)
    if size > _LONGEST:
        return None
    content = stream.read(size)
    return content if len(content) == size and _checksum(content) == checksum else None


def _checksum(content: bytes) -> int:
    """CRC-32 from 1 on, so that zeros are no frame."""
    return zlib.crc32(content, 1)


def _serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    given = receive(requests)
    if given is None:
        return
    cpu, features = given.decode().split("\0")
    machine = target_machine(cpu, features)
    while (text := receive(requests)) is not None:
        send(replies, emitted(text.decode(), machine))


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    _serve(sys.stdin.buffer, sys.stdout.buffer)
