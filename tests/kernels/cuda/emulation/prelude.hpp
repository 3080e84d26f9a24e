// A stand-in for a GPU, for tests: runs the generated CUDA C on the CPU, one thread of a block after the other.
// Nothing that it prints or measures says anything about a GPU.
#pragma once

// No headers: they would take longer to read than the kernels.
extern "C" void sincos(double, double*, double*);
#define fma __builtin_fma
#define fmaf __builtin_fmaf
#define fabs __builtin_fabs

struct EmulatedIndex { unsigned x = 0, y = 0, z = 0; };
static EmulatedIndex threadIdx, blockIdx, blockDim, gridDim;
alignas(64) static unsigned char qlang_emulated_shared[1 << 18];

#define __restrict__ __restrict
#define QLANG_KERNEL extern "C" void
#define QLANG_INLINE static inline
#define QLANG_BOUNDS(threads, blocks)
#define QLANG_SHARED_BUFFER(type, name) type* const name = (type*)qlang_emulated_shared
// Threads of a block come in an order that is chosen (blocks have powers of two of them): nothing between two
// barriers may depend on it.
static unsigned qlang_stride = 1, qlang_turn;
#define QLANG_THREADS \
    for (qlang_turn = 0; threadIdx.x = qlang_turn * qlang_stride & (blockDim.x - 1), qlang_turn < blockDim.x; ++qlang_turn)
#define QLANG_STORE_WORDS(target, a) *(Words*)(target) = a
#define QLANG_BARRIER ((void)0)

static inline int __popcll(unsigned long long value) { return __builtin_popcountll(value); }
static inline int __popc(unsigned value) { return __builtin_popcount(value); }
static inline unsigned __float_as_uint(float value) { unsigned bits; __builtin_memcpy(&bits, &value, 4); return bits; }
static inline float __uint_as_float(unsigned bits) { float value; __builtin_memcpy(&value, &bits, 4); return value; }

extern "C" void qlang_block(
    unsigned x, unsigned y, unsigned grid_x, unsigned grid_y, unsigned threads, unsigned stride) {
    qlang_stride = stride;
    blockIdx.x = x;
    blockIdx.y = y;
    gridDim.x = grid_x;
    gridDim.y = grid_y;
    blockDim.x = threads;
    // Shared memory holds whatever was left there: no kernel may count on zeros.
    if (!x && !y) __builtin_memset(qlang_emulated_shared, 0xee, sizeof qlang_emulated_shared);
}
