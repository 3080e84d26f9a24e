"""CUDA C of what is read from a state and put into one. Sums are in float64 and in a fixed order.

Positions are bits of the index of an item on one device.
"""

SUMS = r"""
QLANG_INLINE u64 deposit(u64 bits, const i32* __restrict__ positions, int count) {
    u64 index = 0;
    for (int i = 0; i < count; ++i) index |= (bits >> i & 1) << positions[i];
    return index;
}

QLANG_INLINE u64 around(u64 rest, const u64* __restrict__ inserts, int count) {
    for (int i = 0; i < count; ++i) rest += rest & inserts[i];
    return rest;
}

QLANG_INLINE Wide wide(Stored stored) {
    const Complex a = unpack(stored);
    Wide w;
    w.x = a.x;
    w.y = a.y;
    return w;
}

// Sums of `2^lane_bits` neighbouring threads; the first of them writes it, so no other may read it without a barrier.
#define QLANG_SUM_LANES(sums)                                                           \
    for (u32 distance = (1u << lane_bits) >> 1; distance; distance >>= 1) {              \
        QLANG_BARRIER;                                                                   \
        QLANG_THREADS {                                                                  \
            if ((threadIdx.x & ((1u << lane_bits) - 1)) < distance) {                    \
                sums[threadIdx.x].x += sums[threadIdx.x + distance].x;                   \
                sums[threadIdx.x].y += sums[threadIdx.x + distance].y;                   \
            }                                                                            \
        }                                                                                \
    }

// out[item][bin << slice_bits | slice]: the weight where `positions` spell `bin`, of one slice of the others' values.
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) marginal(
    const Stored* __restrict__ state, u64 item_size, int rest_bits, const i32* __restrict__ positions,
    const u64* __restrict__ inserts, int count, int lane_bits, int slice_bits, double* __restrict__ out) {
    QLANG_SHARED_BUFFER(Wide, sums);
    const Stored* const item = state + blockIdx.y * item_size;
    const u64 cells = (u64)1 << (count + slice_bits);
    const u64 length = (u64)1 << (rest_bits - slice_bits);
    QLANG_THREADS {
        const u64 thread = (u64)blockIdx.x * READING_THREADS + threadIdx.x;
        const u64 cell = thread >> lane_bits;
        double sum = 0;
        if (cell < cells) {
            const u64 fixed = deposit(cell >> slice_bits, positions, count);
            const u64 start = (cell & (((u64)1 << slice_bits) - 1)) * length;
            for (u64 i = thread & ((1u << lane_bits) - 1); i < length; i += (u64)1 << lane_bits) {
                const Wide a = wide(item[fixed | around(start + i, inserts, count)]);
                sum += a.x * a.x + a.y * a.y;
            }
        }
        sums[threadIdx.x].x = sum;
        sums[threadIdx.x].y = 0;
    }
    QLANG_SUM_LANES(sums)
    QLANG_THREADS {
        const u64 cell = ((u64)blockIdx.x * READING_THREADS + threadIdx.x) >> lane_bits;
        const bool first = !(threadIdx.x & ((1u << lane_bits) - 1));
        if (first && cell < cells) out[blockIdx.y * cells + cell] = sums[threadIdx.x].x;
    }
}

// out[item][row << m | column]: the density matrix of m positions, ψ at the row's values times conj(ψ) at the column's.
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) density(
    const Stored* __restrict__ state, u64 item_size, int rest_bits, const i32* __restrict__ positions,
    const u64* __restrict__ inserts, int count, int lane_bits, Wide* __restrict__ out) {
    QLANG_SHARED_BUFFER(Wide, sums);
    const Stored* const item = state + blockIdx.y * item_size;
    const u64 cells = (u64)1 << 2 * count;
    QLANG_THREADS {
        const u64 thread = (u64)blockIdx.x * READING_THREADS + threadIdx.x;
        const u64 cell = thread >> lane_bits;
        Wide sum;
        sum.x = sum.y = 0;
        if (cell < cells) {
            const u64 row = deposit(cell >> count, positions, count);
            const u64 column = deposit(cell & (((u64)1 << count) - 1), positions, count);
            for (u64 i = thread & ((1u << lane_bits) - 1); i < (u64)1 << rest_bits; i += (u64)1 << lane_bits) {
                const u64 rest = around(i, inserts, count);
                const Wide a = wide(item[row | rest]), b = wide(item[column | rest]);
                sum.x += a.x * b.x + a.y * b.y;
                sum.y += a.y * b.x - a.x * b.y;
            }
        }
        sums[threadIdx.x] = sum;
    }
    QLANG_SUM_LANES(sums)
    QLANG_THREADS {
        const u64 cell = ((u64)blockIdx.x * READING_THREADS + threadIdx.x) >> lane_bits;
        const bool first = !(threadIdx.x & ((1u << lane_bits) - 1));
        if (first && cell < cells) out[blockIdx.y * cells + cell] = sums[threadIdx.x];
    }
}

// out[item][block]: a part of Σ conj(left[i ^ flips]) (−1)^|i & signs| right[i].
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) overlap(
    const Stored* __restrict__ left, const Stored* __restrict__ right, u64 item_size, u64 flips, u64 signs,
    Wide* __restrict__ out) {
    QLANG_SHARED_BUFFER(Wide, sums);
    const u64 first = blockIdx.y * item_size;
    const int lane_bits = READING_BITS;
    QLANG_THREADS {
        Wide sum;
        sum.x = sum.y = 0;
        const u64 step = (u64)gridDim.x * READING_THREADS;
        for (u64 i = (u64)blockIdx.x * READING_THREADS + threadIdx.x; i < item_size; i += step) {
            const Wide a = wide(right[first + i]), b = wide(left[first + (i ^ flips)]);
            const double x = a.x * b.x + a.y * b.y, y = a.y * b.x - a.x * b.y;
            const bool odd = __popcll(i & signs) & 1;
            sum.x += odd ? -x : x;
            sum.y += odd ? -y : y;
        }
        sums[threadIdx.x] = sum;
    }
    QLANG_SUM_LANES(sums)
    QLANG_THREADS {
        if (!threadIdx.x) out[(u64)blockIdx.y * gridDim.x + blockIdx.x] = sums[0];
    }
}
"""

SAMPLES = r"""
// For each shot the first index of its chunk whose running sum exceeds the shot's threshold.
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) sample(
    const Stored* __restrict__ state, int chunk_bits, const i64* __restrict__ chunks,
    const double* __restrict__ thresholds, u64 shots, i64* __restrict__ out) {
    QLANG_THREADS {
        const u64 shot = (u64)blockIdx.x * READING_THREADS + threadIdx.x;
        if (shot < shots) {
            const u64 start = (u64)chunks[shot] << chunk_bits;
            const double threshold = thresholds[shot];
            u64 chosen = start;
            double sum = 0;
            for (u64 i = 0; i < (u64)1 << chunk_bits; ++i) {
                const Wide a = wide(state[start + i]);
                const double weight = a.x * a.x + a.y * a.y;
                if (weight > 0) chosen = start + i;  // rounding may leave the threshold beyond the last sum
                sum += weight;
                if (sum > threshold) break;
            }
            out[shot] = (i64)chosen;
        }
    }
}
"""

CHANGES = r"""
// Zero in an item unless `index & mask == value`; the rest is multiplied by the item's factor.
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) project(
    Stored* __restrict__ state, u64 item_size, u64 mask, u64 value, const double* __restrict__ factors) {
    const Real factor = (Real)factors[blockIdx.y];
    QLANG_THREADS {
        const u64 i = (u64)blockIdx.x * READING_THREADS + threadIdx.x;
        if (i < item_size) {
            Complex a = unpack(state[blockIdx.y * item_size + i]);
            const Real kept = (i & mask) == value ? factor : (Real)0;
            a.x *= kept;
            a.y *= kept;
            state[blockIdx.y * item_size + i] = pack(a);
        }
    }
}

// out[k] = amplitude at the index whose `positions` spell `first + k`.
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) take(
    const Stored* __restrict__ state, u64 first, u64 number, const i32* __restrict__ positions, int count,
    Wide* __restrict__ out) {
    QLANG_THREADS {
        const u64 k = (u64)blockIdx.x * READING_THREADS + threadIdx.x;
        if (k < number) out[k] = wide(state[deposit(first + k, positions, count)]);
    }
}

// The opposite: that amplitude becomes given[k].
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) put(
    Stored* __restrict__ state, u64 first, u64 number, const i32* __restrict__ positions, int count,
    const Wide* __restrict__ given) {
    QLANG_THREADS {
        const u64 k = (u64)blockIdx.x * READING_THREADS + threadIdx.x;
        if (k < number) {
            Complex a;
            a.x = (Real)given[k].x;
            a.y = (Real)given[k].y;
            state[deposit(first + k, positions, count)] = pack(a);
        }
    }
}
"""
