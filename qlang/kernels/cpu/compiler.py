"""From LLVM text to functions: compiled once in a process, and once on a machine thanks to the cache of object code."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from qlang.kernels.cpu.emitter import llvm, target_machine
from qlang.kernels.cpu.emitters import emit_all
from qlang.kernels.cpu.host import Target
from qlang.kernels.cpu.object_cache import ObjectCache, default_cache_folder


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


@dataclass(frozen=True, slots=True)
class Source:
    """A function to be generated: `write(*arguments, name)` gives the text of a module that defines it by that name.

    `write` belongs to this package, and what it writes depends on nothing but its arguments and the package.
    """

    write: Callable[..., str]
    arguments: tuple[Hashable, ...]
    target: Target

    def text(self, name: str) -> str:
        """The module's."""
        return self.write(*self.arguments, name)


class Compiler:
    """Functions by what they are generated from. Any thread may ask; the code lives as long as the compiler."""

    def __init__(self, cache: ObjectCache | None) -> None:
        """Without a cache nothing is kept on disk."""
        self.cache = cache
        self._stats = CompileStats()
        self._lock = threading.Lock()
        self._addresses: dict[Source, int] = {}
        self._engines: dict[Target, Any] = {}

    def address(self, source: Source) -> int:
        """That of one function, see `addresses`."""
        return self.addresses((source,))[0]

    def addresses(self, sources: Sequence[Source]) -> list[int]:
        """The addresses of functions, from their texts where this process has not loaded them yet.

        Those of a program are asked for together: what is missing is compiled on all processors.
        Raises RuntimeError (llvmlite's) for a text that is no module: an error of the generator.
        """
        with self._lock:
            missing = [source for source in dict.fromkeys(sources) if source not in self._addresses]
            self._stats.from_memory += len(sources) - len(missing)
            for target in {source.target for source in missing}:
                self._provide([source for source in missing if source.target == target], target)
            return [self._addresses[source] for source in sources]

    def stats(self) -> CompileStats:
        """A copy of the counts."""
        with self._lock:
            counts = CompileStats(**asdict(self._stats))
        counts.corrupt = self.cache.corrupt if self.cache is not None else 0
        return counts

    def _provide(self, sources: list[Source], target: Target) -> None:
        """Loads functions of one target."""
        # All objects of an engine share one space of names, and a name has to be the same in every process.
        digests = [hashlib.sha256(repr((each.write.__name__, each.arguments)).encode()) for each in sources]
        names = [f"f{digest.hexdigest()[:32]}" for digest in digests]
        keys = [_key(_generator() or each.text(name), name, target) for each, name in zip(sources, names, strict=True)]
        objects = {}
        for name, key in zip(names, keys, strict=True):
            code = self.cache.get(key) if self.cache is not None else None
            if code is not None:
                objects[name] = code
        self._stats.from_disk += len(objects)
        missing = [place for place, name in enumerate(names) if name not in objects]
        if missing:
            started = time.perf_counter()
            texts = [partial(sources[place].text, names[place]) for place in missing]
            with closing(emit_all(texts, target)) as emitted:
                for number, code in emitted:
                    self._stats.compiled += 1
                    objects[names[missing[number]]] = code
                    if self.cache is not None:
                        self.cache.put(keys[missing[number]], code)
            self._stats.compile_seconds += time.perf_counter() - started
        found = self._load([objects[name] for name in names], names, target)
        self._addresses.update(zip(sources, found, strict=True))

    def _load(self, codes: list[bytes], functions: list[str], target: Target) -> list[int]:
        """Where functions of object code are once it is in memory."""
        started = time.perf_counter()
        binding = llvm()
        engine = self._engines.get(target)
        if engine is None:
            machine = target_machine(target.cpu, target.features)
            engine = self._engines[target] = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
        for code in codes:
            engine.add_object_file(binding.ObjectFileRef.from_data(code))
        engine.finalize_object()
        found = [int(engine.get_function_address(function)) for function in functions]
        self._stats.load_seconds += time.perf_counter() - started
        return found


def _key(writer: str, name: str, target: Target) -> str:
    """Of what decides the object code: the name stands for the arguments, `writer` for what is made of them."""
    from llvmlite import __version__  # type: ignore[import-untyped]  # it has no types

    parts = (writer, name, target.cpu, target.features, __version__)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@lru_cache(maxsize=1)
def _generator() -> str:
    """The digest of this package's files, which write the texts: with other code, other entries.

    Empty where there are none to read (an application in one file): then the texts themselves have to be looked at.
    """
    paths = sorted(Path(__file__).parent.glob("*.py"))
    contents = [path.name.encode() + hashlib.sha256(path.read_bytes()).digest() for path in paths]
    return hashlib.sha256(b"".join(contents)).hexdigest() if contents else ""


@lru_cache(maxsize=1)
def shared_compiler() -> Compiler:
    """The process's compiler, with the user's cache of object code."""
    return Compiler(ObjectCache(default_cache_folder()))
