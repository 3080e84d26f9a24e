"""From LLVM text to functions: compiled once in a process, and once on a machine thanks to the cache of object code."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from mmap import mmap
from pathlib import Path
from typing import Any, NamedTuple

from qlang.forking import lock_over_forks
from qlang.kernels.cpu.emitter import emitted, llvm, target_machine
from qlang.kernels.cpu.emitters import MOST_TOGETHER, Write, emit_all
from qlang.kernels.cpu.host import Target
from qlang.kernels.cpu.images import is_image, linked, load, supported
from qlang.kernels.cpu.object_cache import ObjectCache, default_cache_folder

WRITTEN_WITH = ("layout.py",)
"""Files of the package around this one that texts depend on too."""
_COUNTING = lock_over_forks()
_COMPILING = lock_over_forks()
"""One for all compilers: LLVM compiles one text at a time, and a process that is forked while it does cannot use it."""


@dataclass(slots=True)
class CompileStats:
    """What was done in this process so far."""

    compiled: int = 0
    """Functions compiled by LLVM."""
    from_disk: int = 0
    """Functions loaded from the cache of object code."""
    from_memory: int = 0
    """Requests for a function that was there already."""
    corrupt: int = 0
    """Cache entries that were dropped because they had been damaged."""
    compile_seconds: float = 0.0
    load_seconds: float = 0.0


class Source(NamedTuple):
    """A function to be generated: `write(*arguments, name)` gives the text of a module that defines it by that name.

    `write` belongs to this package, and what it writes depends on nothing but its arguments, the target and the
    package.
    """

    write: Callable[..., str]
    arguments: tuple[Hashable, ...]
    target: Target

    def text(self, name: str) -> str:
        """The module's."""
        return self.write(*self.arguments, name)


class Compiler:
    """Functions by what they are generated from. Any thread may ask; the code lives as long as the compiler."""

    def __init__(self, cache: ObjectCache | None, *, images: bool = True) -> None:
        """Without a cache nothing is kept on disk. `images` is whether objects are linked where they can be."""
        self.cache = cache
        self._images = images and supported()
        self._stats = CompileStats()
        self._addresses: dict[Source, int] = {}
        self._engines: dict[Target, Any] = {}
        self._areas: list[mmap] = []

    def address(self, source: Source) -> int:
        """That of one function, see `addresses`."""
        return self.addresses((source,))[0]

    def addresses(self, sources: Sequence[Source]) -> list[int]:
        """The addresses of functions, from their texts where this process has not loaded them yet.

        Those of a program are asked for together: what is missing is compiled on all processors.
        Raises RuntimeError (llvmlite's) for a text that is no module: an error of the generator.
        """
        found = [self._addresses.get(source, 0) for source in sources]
        missing = list(dict.fromkeys([source for source, address in zip(sources, found, strict=True) if not address]))
        with _COUNTING:
            self._stats.from_memory += len(sources) - len(missing)
        # Whoever finds everything there does not wait for others' functions to be compiled.
        if not missing:
            return found
        with _COMPILING:
            missing = [source for source in missing if source not in self._addresses]
            for target in dict.fromkeys([source.target for source in missing]):
                self._provide([source for source in missing if source.target == target], target)
        return [self._addresses[source] for source in sources]

    def stats(self) -> CompileStats:
        """A copy of the counts."""
        with _COUNTING:
            counts = CompileStats(**asdict(self._stats))
        counts.corrupt = self.cache.corrupt if self.cache is not None else 0
        return counts

    def _provide(self, sources: list[Source], target: Target) -> None:
        """Loads functions of one target."""
        keys = _keys(sources, f"{_made_for(target)}\0{'image' if self._images else 'object'}")
        # All objects of an engine share one space of names, and a name has to be the same in every process.
        names = [f"f{key[:32]}" for key in keys]
        if not _generator():
            keys = [_digest(f"{key}\0{each.text(name)}") for key, each, name in zip(keys, sources, names, strict=True)]
        objects = {}
        for name, key in zip(names, keys, strict=True):
            code = self.cache.get(key) if self.cache is not None else None
            if code is not None:
                objects[name] = code
        self._stats.from_disk += len(objects)
        missing = [place for place, name in enumerate(names) if name not in objects]
        if missing:
            texts = [partial(sources[place].text, names[place]) for place in missing]
            objects |= self._compiled(
                [names[place] for place in missing], [keys[place] for place in missing], texts, target
            )
        found = self._load(objects, target)
        self._addresses.update({each: found[name] for each, name in zip(sources, names, strict=True)})

    def _compiled(self, names: list[str], keys: list[str], texts: Sequence[Write], target: Target) -> dict[str, bytes]:
        """Object code by name, kept in the cache by key."""
        started = time.perf_counter()
        objects = {}
        with closing(emit_all(texts, target, together=MOST_TOGETHER if self._images else 1)) as modules:
            for numbers, code in modules:
                images = linked(code) if self._images else {}
                for number in numbers:
                    name = names[number]
                    # What is no image has an object of its own: engines load whole objects.
                    objects[name] = images.get(name) or (code if len(numbers) == 1 else _object(texts[number], target))
                    self._stats.compiled += 1
                    if self.cache is not None:
                        self.cache.put(keys[number], objects[name])
        self._stats.compile_seconds += time.perf_counter() - started
        return objects

    def _load(self, objects: dict[str, bytes], target: Target) -> dict[str, int]:
        """Where functions are once their object code is in memory."""
        started = time.perf_counter()
        images = [name for name, code in objects.items() if is_image(code)]
        found: dict[str, int] = {}
        if images:
            addresses, area = load([objects[name] for name in images])
            self._areas.append(area)
            found = dict(zip(images, addresses, strict=True))
        rest = {name: code for name, code in objects.items() if name not in found}
        if rest:
            found |= self._load_objects(rest, target)
        self._stats.load_seconds += time.perf_counter() - started
        return found

    def _load_objects(self, objects: dict[str, bytes], target: Target) -> dict[str, int]:
        """The same by LLVM."""
        binding = llvm()
        engine = self._engines.get(target)
        if engine is None:
            machine = target_machine(target.cpu, target.features)
            engine = self._engines[target] = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
        for code in objects.values():
            engine.add_object_file(binding.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return {name: int(engine.get_function_address(name)) for name in objects}


def _object(text: Write, target: Target) -> bytes:
    return emitted(text(), target_machine(target.cpu, target.features))


def _keys(sources: Sequence[Source], made: str) -> list[str]:
    """Of what decides the object code: the generator, what it is made for, and each function's arguments."""
    start, keys = hashlib.sha256(f"{_generator()}\0{made}\0".encode()), []
    for write, arguments, _ in sources:
        digest = start.copy()
        digest.update(repr((write.__name__, arguments)).encode())
        keys.append(digest.hexdigest())
    return keys


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=16)
def _made_for(target: Target) -> str:
    """What code is made for, and by which LLVM."""
    from llvmlite import __version__  # type: ignore[import-untyped]  # it has no types

    return f"{target}\0{__version__}"


@lru_cache(maxsize=1)
def _generator() -> str:
    """The digest of this package's files, which write the texts: with other code, other entries.

    Empty where there are none to read (an application in one file): then the texts themselves have to be looked at.
    """
    folder = Path(__file__).parent
    paths = sorted(folder.glob("*.py"))
    if paths:
        paths += [folder.parent / name for name in WRITTEN_WITH]
    contents = [path.name.encode() + hashlib.sha256(path.read_bytes()).digest() for path in paths]
    return hashlib.sha256(b"".join(contents)).hexdigest() if contents else ""


@lru_cache(maxsize=1)
def shared_compiler() -> Compiler:
    """The process's compiler, with the user's cache of object code."""
    folder = default_cache_folder()
    return Compiler(ObjectCache(folder) if folder is not None else None)
