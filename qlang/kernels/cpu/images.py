"""Object code as images, which are copied into memory as they are: an object is linked once, when it is compiled.

LLVM takes 25 µs to load an object, and a program has a hundred. An image is the object's function with its constants
behind it, and the places in it that hold addresses within it; nothing else is referred to by the code that this package
generates. That is read from objects in ELF for x86-64 (System V ABI, AMD64 supplement); others remain objects.

    "QIM1", entry, number of addresses (4 bytes each, little-endian), for each its place and its target, then the code
"""

from __future__ import annotations

import ctypes
import mmap
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass

_MAGIC = b"QIM1"
_HEADER = struct.Struct("<4sII")
_ADDRESS = struct.Struct("<Q")
_ALIGNMENT = 64
_ELF_AMD64 = b"\x7fELF\x02\x01"
_ELF_BYTES, _MACHINE_AMD64 = 64, 62
_BITS, _SYMBOLS, _RELOCATIONS = 1, 2, 4
"""Types of sections."""
_ALLOCATED, _WRITABLE, _EXECUTABLE = 2, 1, 4
"""Flags of sections."""
_ABSOLUTE_64 = 1
"""The relocation R_X86_64_64."""


@dataclass(frozen=True, slots=True)
class _Section:
    """One of an object's; `link` and `information` are numbers of others."""

    kind: int
    flags: int
    content: bytes
    link: int
    information: int


def supported() -> bool:
    """Whether this process can execute images: Linux has what `load` asks for."""
    return sys.platform == "linux" and sys.maxsize > 1 << 32


def linked(code: bytes, function: str) -> bytes:
    """An object as an image that begins at a function; the object itself if it is of another kind than those above."""
    if not code.startswith(_ELF_AMD64) or len(code) < _ELF_BYTES or code[18] != _MACHINE_AMD64:
        return code
    sections = _sections(code)
    places, image = _placed(sections)
    found = next(((i, each) for i, each in enumerate(sections) if each.kind == _SYMBOLS), None)
    if found is None:
        return code
    names = sections[found[1].link].content
    symbols = list(struct.iter_unpack("<IBBHQQ", found[1].content))
    entry = [
        places[section] + value
        for name, _, _, section, value, _ in symbols
        if section in places and names[name : names.index(b"\0", name)] == function.encode()
    ]
    fixed = []
    for each in sections:
        if each.kind == _RELOCATIONS and each.information in places:
            for offset, information, addend in struct.iter_unpack("<QQq", each.content):
                _, _, _, section, value, _ = symbols[information >> 32]
                if information & 0xFFFFFFFF != _ABSOLUTE_64 or section not in places:
                    return code
                fixed.append((places[each.information] + offset, places[section] + value + addend))
    if len(entry) != 1:
        return code
    addresses = b"".join(struct.pack("<II", *each) for each in fixed)
    return _HEADER.pack(_MAGIC, entry[0], len(fixed)) + addresses + image


def _sections(code: bytes) -> list[_Section]:
    (start,) = struct.unpack_from("<Q", code, 40)
    (count,) = struct.unpack_from("<H", code, 60)
    found = []
    for number in range(count):
        _, kind, flags, _, offset, size, link, information, _, _ = struct.unpack_from(
            "<IIQQQQIIQQ", code, start + 64 * number
        )
        found.append(_Section(kind, flags, code[offset : offset + size], link, information))
    return found


def _placed(sections: Sequence[_Section]) -> tuple[dict[int, int], bytes]:
    """Where the code and the constants are in the image, by number of the section, and the image."""
    places, image = {}, b""
    for flag in (_EXECUTABLE, 0):
        for number, each in enumerate(sections):
            kept = each.kind == _BITS and each.flags & _ALLOCATED and not each.flags & _WRITABLE
            if kept and each.flags & _EXECUTABLE == flag:
                image += bytes(-len(image) % _ALIGNMENT)
                places[number] = len(image)
                image += each.content
    return places, image


def is_image(code: bytes) -> bool:
    """Whether `load` takes it."""
    return code.startswith(_MAGIC)


def load(images: Sequence[bytes]) -> tuple[list[int], mmap.mmap]:
    """The addresses of the images' functions, and the memory that they are in as long as it is kept.

    Raises OSError where the system does not let it be executed.
    """
    headers = [_HEADER.unpack_from(each) for each in images]
    starts, size = [], 0
    for each, (_, _, count) in zip(images, headers, strict=True):
        starts.append(size)
        size += len(each) - _HEADER.size - 8 * count
        size += -size % _ALIGNMENT
    area = mmap.mmap(-1, max(size, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    base = ctypes.addressof(ctypes.c_char.from_buffer(area))
    found = []
    for each, start, (_, entry, count) in zip(images, starts, headers, strict=True):
        code = _HEADER.size + 8 * count
        area[start : start + len(each) - code] = each[code:]
        for place, target in struct.iter_unpack("<II", each[_HEADER.size : code]):
            _ADDRESS.pack_into(area, start + place, base + start + target)
        found.append(base + start + entry)
    system = ctypes.CDLL(None, use_errno=True)
    if system.mprotect(ctypes.c_void_p(base), ctypes.c_size_t(len(area)), mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "generated code may not be executed")
    return found, area
