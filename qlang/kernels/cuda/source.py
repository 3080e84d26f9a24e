"""The CUDA C of one kernel shape, as a text for NVRTC."""

from functools import lru_cache

from qlang.kernels.cuda.layout import structures
from qlang.kernels.cuda.linear import bank_bits
from qlang.kernels.cuda.reading_source import CHANGES, SAMPLES, SUMS
from qlang.kernels.cuda.shape import READING_THREADS, REGISTERS, KernelShape
from qlang.kernels.cuda.sweep_source import PRODUCT, SWEEP, TABLES

KERNELS = (
    *("sweep", "phase_tables", "product_state", "join_state"),
    *("marginal", "density", "overlap", "sample", "project", "take", "put"),
)
"""The names of all kernels of a module."""

_LANGUAGE = r"""
typedef unsigned long long u64;
typedef unsigned int u32;
typedef long long i64;
typedef int i32;

#ifndef QLANG_KERNEL
#define QLANG_KERNEL extern "C" __global__ void
#define QLANG_INLINE static __device__ __forceinline__
#define QLANG_BOUNDS(threads, blocks) __launch_bounds__(threads, blocks)
#define QLANG_SHARED_BUFFER(type, name)                                     \
    extern __shared__ __align__(16) unsigned char qlang_shared_bytes[];     \
    type* const name = (type*)qlang_shared_bytes
#define QLANG_THREADS
#define QLANG_BARRIER __syncthreads()
#define QLANG_STORE_WORDS(target, a)                                        \
    asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::              \
                 "l"(target), "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w))
#endif
"""

_NUMBERS = r"""
#if DOUBLE
typedef double Real;
#define QLANG_FMA fma
#else
typedef float Real;
#define QLANG_FMA fmaf
#endif
struct alignas(2 * sizeof(Real)) Complex { Real x, y; };
struct alignas(16) Wide { double x, y; };
"""

_STORED = r"""
typedef Complex Stored;
QLANG_INLINE Complex unpack(Stored a) { return a; }
QLANG_INLINE Stored pack(Complex a) { return a; }
"""

_STORED_BFLOAT16 = r"""
// A bfloat16 is the upper half of a float32; the real part is the lower one of the two.
typedef u32 Stored;
QLANG_INLINE u32 rounded(float value) {
    const u32 bits = __float_as_uint(value);
    return bits + 0x7fff + (bits >> 16 & 1);  // to nearest, ties to even; amplitudes are finite
}
QLANG_INLINE Complex unpack(Stored a) {
    Complex value;
    value.x = __uint_as_float(a << 16);
    value.y = __uint_as_float(a & 0xffff0000u);
    return value;
}
QLANG_INLINE Stored pack(Complex a) { return rounded(a.x) >> 16 | (rounded(a.y) & 0xffff0000u); }
"""

_CHUNK = r"""
struct alignas(CHUNK * sizeof(Stored)) Chunk { Stored at[CHUNK]; };
struct alignas(16) Words { u32 x, y, z, w; };

// To be written at once: of an assignment nvcc 13 makes a store for each number, and each of these fills a quarter of
// the transactions that it takes.
QLANG_INLINE void write(Chunk* target, const Chunk& chunk) {
#if CHUNK_BYTES == 16
    const Words words = *(const Words*)&chunk;
    QLANG_STORE_WORDS(target, words);
#else
    *target = chunk;
#endif
}
"""


def _constants(shape: KernelShape) -> str:
    values = {
        "DOUBLE": int(shape.double),
        "PATTERNS": int(shape.patterns),
        "TILE_BITS": shape.tile_bits,
        "TILE": 1 << shape.tile_bits,
        "ROW_BITS": shape.row_bits,
        "ROW": 1 << shape.row_bits,
        "CHUNK": shape.chunk,
        "CHUNK_BYTES": shape.chunk * shape.stored_bytes,
        "REGISTERS": REGISTERS,
        "GROUP": 1 << REGISTERS,
        "LANES": 1 << min(5, shape.group_bits),
        "THREADS": shape.threads,
        "MIN_BLOCKS": shape.blocks,
        "BANK_BITS": bank_bits(shape.double),
        "READING_THREADS": READING_THREADS,
        "READING_BITS": READING_THREADS.bit_length() - 1,
    }
    return "".join(f"#define {name} {value}\n" for name, value in values.items())


@lru_cache(maxsize=64)
def cuda_source(shape: KernelShape) -> str:
    """The whole module: every kernel of `KERNELS`, with C names. Needs no header."""
    stored = _STORED_BFLOAT16 if shape.precision == "bfloat16" else _STORED
    parts = [_constants(shape), _LANGUAGE, _NUMBERS, stored, _CHUNK, structures(), SWEEP, TABLES, PRODUCT]
    return "\n".join([*parts, SUMS, SAMPLES, CHANGES])
