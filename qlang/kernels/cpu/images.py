"""Object code as images, which are copied into memory as they are: an object is linked once, when it is compiled.

LLVM takes 25 µs to load an object, and a program has a hundred. An image is one of the object's functions with its
constants behind it, and the places in it that hold addresses within it; nothing else is referred to by the code that
this package generates. So a function's image is the same whatever else its object has. That is read from objects in ELF
for x86-64 (System V ABI, AMD64 supplement); others remain objects.

    "QIM1", entry, number of addresses (4 bytes each, little-endian), for each its place and its target, then the code
"""

from __future__ import annotations

import ctypes
import mmap
import os
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


_FUNCTION = 2
"""A type of symbols."""
_LONGEST_CONSTANT = 64
"""Bytes: constants are vectors."""


@dataclass(frozen=True, slots=True)
class _Section:
    """One of an object's; `link` and `information` are numbers of others, `unit` the size of a table's entries or 0."""

    kind: int
    flags: int
    content: bytes
    link: int
    information: int
    alignment: int
    unit: int


@dataclass(frozen=True, slots=True)
class _Span:
    """A part of a section."""

    section: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Reference:
    """A place that holds the address of another one, both by section and offset."""

    section: int
    offset: int
    target: int
    target_offset: int


def supported() -> bool:
    """Whether this process can execute images: Linux has what `load` asks for."""
    return sys.platform == "linux" and os.uname().machine == "x86_64" and sys.maxsize > 1 << 32


def linked(code: bytes) -> dict[str, bytes]:
    """The images of an object's functions by name, without those that refer to something else than constants."""
    if not code.startswith(_ELF_AMD64) or len(code) < _ELF_BYTES or code[18] != _MACHINE_AMD64:
        return {}
    sections = _sections(code)
    table = next((each for each in sections if each.kind == _SYMBOLS), None)
    if table is None:
        return {}
    symbols = list(struct.iter_unpack("<IBBHQQ", table.content))
    references = _references(sections, symbols)
    names = sections[table.link].content
    images = {}
    for name, information, _, section, value, size in symbols:
        if information & 15 == _FUNCTION and section < len(sections) and sections[section].flags & _EXECUTABLE:
            image = _image(sections, references, _Span(section, value, value + size))
            if image is not None:
                images[names[name : names.index(b"\0", name)].decode()] = image
    return images


def _sections(code: bytes) -> list[_Section]:
    (start,) = struct.unpack_from("<Q", code, 40)
    (count,) = struct.unpack_from("<H", code, 60)
    found = []
    for number in range(count):
        _, kind, flags, _, offset, size, link, information, alignment, unit = struct.unpack_from(
            "<IIQQQQIIQQ", code, start + 64 * number
        )
        content = code[offset : offset + size]
        found.append(_Section(kind, flags, content, link, information, alignment, unit))
    return found


def _references(sections: Sequence[_Section], symbols: Sequence[tuple[int, ...]]) -> list[_Reference]:
    """All of an object's; those that are no absolute addresses have the section 0 as their target, which is none."""
    found = []
    for each in sections:
        if each.kind == _RELOCATIONS:
            for offset, information, addend in struct.iter_unpack("<QQq", each.content):
                _, _, _, section, value, _ = symbols[information >> 32]
                target = section if information & 0xFFFFFFFF == _ABSOLUTE_64 and section < len(sections) else 0
                found.append(_Reference(each.information, offset, target, value + addend))
    return found


def _image(sections: Sequence[_Section], references: Sequence[_Reference], function: _Span) -> bytes | None:
    """A function's image; None if it or its constants refer to something that cannot be in it."""
    own = [each for each in references if each.section == function.section and _within(function, each.offset)]
    if sections[function.section].alignment > _ALIGNMENT or not all(
        _is_constant(sections[each.target]) for each in own
    ):
        return None
    image = _content(sections, function)
    places: dict[tuple[int, int], int] = {}
    for span in _constants(sections, references, own):
        if any(each.section == span.section and _within(span, each.offset) for each in references):
            return None
        # Constants that follow each other may be one, which is referred to at several places.
        image += bytes((span.begin - len(image)) % min(sections[span.section].alignment, _ALIGNMENT))
        places[span.section, span.begin] = len(image)
        image += _content(sections, span)
    addresses = [
        struct.pack("<II", each.offset - function.begin, places[each.target, each.target_offset]) for each in own
    ]
    return _HEADER.pack(_MAGIC, 0, len(own)) + b"".join(addresses) + image


def _constants(
    sections: Sequence[_Section], references: Sequence[_Reference], own: Sequence[_Reference]
) -> list[_Span]:
    """What a function's references point to, in order: each to the next one, or the end of the entry that it is in."""
    starts = {(each.target, each.target_offset) for each in references}
    spans = []
    for section, begin in sorted({(each.target, each.target_offset) for each in own}):
        unit = sections[section].unit or _LONGEST_CONSTANT
        end = min(begin - begin % unit + unit, len(sections[section].content))
        spans.append(
            _Span(
                section,
                begin,
                min([offset for other, offset in starts if other == section and begin < offset < end], default=end),
            )
        )
    return spans


def _is_constant(section: _Section) -> bool:
    return section.kind == _BITS and section.flags & (_ALLOCATED | _WRITABLE | _EXECUTABLE) == _ALLOCATED


def _within(span: _Span, offset: int) -> bool:
    return span.begin <= offset < span.end


def _content(sections: Sequence[_Section], span: _Span) -> bytes:
    return sections[span.section].content[span.begin : span.end]


def is_image(code: bytes) -> bool:
    """Whether `load` takes it."""
    return code.startswith(_MAGIC)


def load(images: Sequence[bytes]) -> tuple[list[int], mmap.mmap]:
    """The addresses of the images' functions, and the memory that they are in as long as it is kept.

    Raises OSError where the system does not let it be executed, and MemoryError where there is no more memory.
    """
    headers = [_HEADER.unpack_from(each) for each in images]
    starts, size = [], 0
    for each, (_, _, count) in zip(images, headers, strict=True):
        starts.append(size)
        size += len(each) - _HEADER.size - 8 * count
        size += -size % _ALIGNMENT
    try:
        area = mmap.mmap(-1, max(size, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
    except OSError as error:
        raise MemoryError(f"{size} bytes could not be had: {error.strerror}") from error
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
