// A stand-in for a GPU that looks for what only simultaneous threads do. Every thread of a block has a stack of its own
// and stops at barriers; every access to memory is seen, because the compiler is asked to instrument the kernels for a
// race detector (-fsanitize=thread) and this file is what it then calls.
//
// Reported are: accesses of two threads to one word without a barrier between them (of two blocks: at all), one of them
// a write, also of equal values; barriers that not all threads of a block reach; accesses outside the arrays that were
// passed and the shared memory that was asked for, or at addresses that are no multiple of their size; shared memory
// that is read before it is written.
#pragma once

extern "C" void sincos(double, double*, double*);
#define fma __builtin_fma
#define fmaf __builtin_fmaf
#define fabs __builtin_fabs

struct EmulatedIndex { unsigned x = 0, y = 0, z = 0; };
extern EmulatedIndex threadIdx, blockIdx, blockDim, gridDim;
extern unsigned char qlang_shared[];
void qlang_barrier(int line);

#define __restrict__ __restrict
#define QLANG_KERNEL extern "C" void
// The detector of GCC does not see what a call stores as its result.
#define QLANG_INLINE static inline __attribute__((always_inline))
#define QLANG_BOUNDS(threads, blocks)
#define QLANG_SHARED_BUFFER(type, name) type* const name = (type*)qlang_shared
#define QLANG_THREADS
#define QLANG_STORE_WORDS(target, a) *(Words*)(target) = a
#define QLANG_BARRIER qlang_barrier(__LINE__)

static inline int __popcll(unsigned long long value) { return __builtin_popcountll(value); }
static inline int __popc(unsigned value) { return __builtin_popcount(value); }
static inline unsigned __float_as_uint(float value) { unsigned bits; __builtin_memcpy(&bits, &value, 4); return bits; }
static inline float __uint_as_float(unsigned bits) { float value; __builtin_memcpy(&value, &bits, 4); return value; }
