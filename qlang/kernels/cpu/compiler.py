"""From LLVM text to functions: compiled once in a process, and once on a machine thanks to the cache of object code."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

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


class Compiler:
    """Functions by what they are generated from. Any thread may ask; the code lives as long as the compiler."""

    def __init__(self, cache: ObjectCache | None) -> None:
        """Without a cache nothing is kept on disk."""
        self.cache = cache
        self._stats = CompileStats()
        self._lock = threading.Lock()
        self._addresses: dict[Source, int] = {}
        self._machines: dict[Target, Any] = {}
        self._engines: dict[Target, Any] = {}

    def address(self, source: Source) -> int:
        """The address of a function, from its text where this process has not loaded it yet.

        Raises RuntimeError (llvmlite's) for a text that is no module: an error of the generator.
        """
        with self._lock:
            known = self._addresses.get(source)
            if known is not None:
                self._stats.from_memory += 1
                return known
            # All objects of an engine share one space of names, and a name has to be the same in every process.
            digest = hashlib.sha256(repr((source.write.__name__, source.arguments)).encode()).hexdigest()
            name = f"f{digest[:32]}"
            address = self._addresses[source] = self._load(self._object(source, name), name, source.target)
            return address

    def addresses(self, sources: Sequence[Source]) -> list[int]:
        """Those of several functions."""
        return [self.address(source) for source in sources]

    def stats(self) -> CompileStats:
        """A copy of the counts."""
        with self._lock:
            counts = CompileStats(**asdict(self._stats))
        counts.corrupt = self.cache.corrupt if self.cache is not None else 0
        return counts

    def _object(self, source: Source, name: str) -> bytes:
        """From the cache, where it is there, without the text."""
        started = time.perf_counter()
        key = _key(_generator() or source.write(*source.arguments, name), name, source.target)
        code = self.cache.get(key) if self.cache is not None else None
        if code is not None:
            self._stats.from_disk += 1
            return code
        code = self._compiled(source.write(*source.arguments, name), source.target)
        self._stats.compiled += 1
        self._stats.compile_seconds += time.perf_counter() - started
        if self.cache is not None:
            self.cache.put(key, code)
        return code

    def _compiled(self, text: str, target: Target) -> bytes:
        binding = _llvm()
        parsed = binding.parse_assembly(text)
        parsed.verify()
        code: bytes = self._machine(target).emit_object(parsed)
        return code

    def _machine(self, target: Target) -> Any:
        if target not in self._machines:
            self._machines[target] = _target_machine(target)
        return self._machines[target]

    def _load(self, code: bytes, function: str, target: Target) -> int:
        started = time.perf_counter()
        binding = _llvm()
        engine = self._engines.get(target)
        if engine is None:
            empty = binding.parse_assembly("")
            engine = self._engines[target] = binding.create_mcjit_compiler(empty, _target_machine(target))
        engine.add_object_file(binding.ObjectFileRef.from_data(code))
        engine.finalize_object()
        address = int(engine.get_function_address(function))
        self._stats.load_seconds += time.perf_counter() - started
        return address


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
def _llvm() -> Any:
    """llvmlite's binding, ready to compile for this machine."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


def _target_machine(target: Target) -> Any:
    """Level 1: level 2 takes a third longer, and then orders the same instructions in another way, not a better one."""
    chosen = _llvm().Target.from_default_triple()
    return chosen.create_target_machine(cpu=target.cpu, features=target.features, opt=1, jit=True)


@lru_cache(maxsize=1)
def shared_compiler() -> Compiler:
    """The process's compiler, with the user's cache of object code."""
    return Compiler(ObjectCache(default_cache_folder()))
